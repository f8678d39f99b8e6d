"""The ZEORaid server itself is killed at random moments under load. No acknowledged transaction may be lost by it."""

from __future__ import annotations

import os
import random
import threading

import pytest

from zeoraid_e2e.bank import Bank
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.raid import IN_SYNC, Raid

pytestmark = [pytest.mark.raid, pytest.mark.timeout(300)]

SHORT_KILLS = 5
FULL_KILLS = 20

SEED = int(os.environ.get('ZEORAID_SEED', '20260101'))


@pytest.mark.parametrize('msgpack', [False, True], ids=['pickle', 'msgpack'])
def test_kills_of_the_server_lose_nothing(msgpack: bool, full: bool) -> None:
    chance = random.Random(f'{SEED} {msgpack}')
    if msgpack and not full:
        pytest.skip('one encoding is enough for the short run')
    with Cluster(3, msgpack) as cluster:
        cluster.note(f'ZEORAID_SEED={SEED}')
        cluster.start()
        raid = cluster.raid
        assert isinstance(raid, Raid)
        with Bank(cluster.address, server_may_die=True, seed=SEED) as bank:
            for _ in range(FULL_KILLS if full else SHORT_KILLS):
                bank.wait_transfers(chance.randint(1, 60))
                # Not a wait for something: it makes the kill hit any step of a commit.
                threading.Event().wait(chance.uniform(0, 0.05))
                raid.kill()
                raid.start()
                cluster.note(f'restarted: {raid.details()}')
                assert IN_SYNC in raid.states().values()
                if chance.random() < 0.5:  # else the next server finds it as it is
                    raid.recover_all()
            bank.wait_transfers(20)
            raid.recover_all()
            report = bank.stop()
        print(report)
        cluster.note(str(report))
        report.require_no_errors()
        assert report.disconnects
        cluster.verify(report)


def test_a_kill_in_a_recovery_leaves_a_prefix() -> None:
    with Cluster(2) as cluster:
        cluster.start()
        raid = cluster.raid
        assert isinstance(raid, Raid)
        with Bank(cluster.address, server_may_die=True) as bank:
            bank.wait_transfers(50)
            cluster['b'].kill()
            bank.wait_transfers(200)
            cluster['b'].wipe()
            cluster['b'].start()
            raid.ask('raid_recover', 'b')
            raid.restart()
            raid.recover('b')
            bank.wait_transfers(20)
            report = bank.stop()
        report.require_no_errors()
        cluster.verify(report)
