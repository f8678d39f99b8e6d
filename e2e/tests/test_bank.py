"""The acceptance: eight threads move money while each backend in turn is killed, hung, restarted and recovered."""

from __future__ import annotations

import itertools
import time
from typing import Iterator

import pytest

from zeoraid_e2e.backends import Backend
from zeoraid_e2e.bank import Bank
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.raid import BACKEND_TIMEOUT, FAILED, MISSING, Raid

pytestmark = [pytest.mark.raid, pytest.mark.timeout(300)]

# What a failure may cost a commit in flight: that of a killed backend, and that of a hung one.
KILLED_SECONDS = 1.0
HUNG_SECONDS = BACKEND_TIMEOUT + 1.0

# Eight Python threads and all servers share a few cores: a commit queues behind seven others.
SLACK_SECONDS = 1.5

SHORT_SECONDS = 25.0
FULL_SECONDS = 60.0


def kill_and_restart(bank: Bank, raid: Raid, backend: Backend) -> None:
    started = time.monotonic()
    backend.kill()
    bank.wait_transfers(30)
    raid.await_state(backend.name, FAILED)
    longest = bank.longest_commit(started)
    assert longest < KILLED_SECONDS + SLACK_SECONDS, f'a commit took {longest:.2f} s after {backend.name} was killed'
    backend.start()


def hang_and_resume(bank: Bank, raid: Raid, backend: Backend) -> None:
    hang(bank, raid, backend)
    backend.resume()


def hang_and_restart(bank: Bank, raid: Raid, backend: Backend) -> None:
    hang(bank, raid, backend)
    backend.restart()


def hang(bank: Bank, raid: Raid, backend: Backend) -> None:
    started = time.monotonic()
    backend.pause()
    bank.wait_transfers(30)
    raid.await_state(backend.name, FAILED)
    longest = bank.longest_commit(started)
    assert longest < HUNG_SECONDS + SLACK_SECONDS, f'a commit took {longest:.2f} s after {backend.name} hung'


@pytest.mark.parametrize('msgpack', [False, True], ids=['pickle', 'msgpack'])
def test_every_backend_fails_in_turn(msgpack: bool, full: bool) -> None:
    with Cluster(3, msgpack) as cluster:
        cluster.start()
        raid = cluster.raid
        assert isinstance(raid, Raid)
        until = time.monotonic() + (FULL_SECONDS if full else SHORT_SECONDS)
        with Bank(cluster.address) as bank:
            for backend, hurt in troubles(cluster):
                bank.wait_transfers(50)
                cluster.note(f'{hurt.__name__} {backend.name}')
                hurt(bank, raid, backend)
                cluster.note(f'recover {backend.name}: {raid.details()}')
                raid.recover(backend.name)
                bank.require_open()
                if time.monotonic() > until:
                    break
            bank.wait_transfers(50)
            bank.wait_snapshots(3)
            report = bank.stop()
        print(report)
        cluster.note(str(report))
        report.require_no_errors()
        assert raid.status() == 'optimal'
        cluster.verify(report)


def troubles(cluster: Cluster) -> Iterator[tuple]:
    """Each backend in each way, over and over."""
    backends = itertools.cycle(cluster.backends)
    for hurt in itertools.cycle([kill_and_restart, hang_and_resume, kill_and_restart, hang_and_restart]):
        yield next(backends), hurt


@pytest.mark.parametrize('msgpack', [False, True], ids=['pickle', 'msgpack'])
def test_the_last_backend_carries_on_alone(msgpack: bool) -> None:
    """Two of three are lost at once, one comes back empty and one as it was; then the survivor is lost."""
    with Cluster(3, msgpack) as cluster:
        cluster.start()
        raid = cluster.raid
        assert isinstance(raid, Raid)
        with Bank(cluster.address) as bank:
            bank.wait_transfers(50)
            cluster['a'].kill()
            cluster['b'].pause()
            bank.wait_transfers(50)
            cluster['b'].kill()
            cluster['a'].wipe()
            cluster.start_backends()
            for name in 'ab':
                raid.await_state(name, FAILED, MISSING)
                raid.recover(name)
            cluster['c'].kill()
            bank.wait_transfers(50)
            cluster['c'].start()
            raid.recover('c')
            bank.wait_transfers(50)
            report = bank.stop()
        report.require_no_errors()
        cluster.verify(report)
