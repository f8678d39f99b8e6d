"""The network parts two ZEORaid servers, each with one backend: never do both go on, and nothing is lost."""

from __future__ import annotations

import contextlib
import time
from typing import Iterator, List

import pytest

from zeoraid_e2e.bank import Bank
from zeoraid_e2e.cluster import STORE, Cluster
from zeoraid_e2e.network import How, Network
from zeoraid_e2e.raid import BACKEND_TIMEOUT, DIVERGED, IN_SYNC, RECOVERING, Raid, state_of

pytestmark = [pytest.mark.raid, pytest.mark.network, pytest.mark.timeout(150)]

# A cut is noticed by pings; then one backend is put out, or another server takes over.
GO_ON_SECONDS = 4 * BACKEND_TIMEOUT

# If nothing is committed for so long, then commits wait for something.
QUIET_SECONDS = 2 * BACKEND_TIMEOUT

RETURN_SECONDS = 40.0


@contextlib.contextmanager
def split_cluster() -> Iterator[Cluster]:
    with Network(['s1', 's2', 'a', 'b', STORE, 'clients']) as network, \
            Cluster(2, servers=2, kubernetes=True, network=network) as cluster:
        yield cluster.start()


@contextlib.contextmanager
def open_bank(cluster: Cluster) -> Iterator[Bank]:
    """Two clients at each server."""
    assert cluster.network
    with contextlib.ExitStack() as stack:
        with cluster.network.inside('clients'):
            bank = stack.enter_context(Bank(cluster.addresses, writers=4, readers=2, server_may_die=True))
        bank.wait_everybody()
        yield bank


def split(cluster: Cluster, primary: Raid, secondary: Raid, cut_off: List[Raid], how: How) -> None:
    """The primary has a, the secondary b; those named don't see the store either."""
    network = cluster.network
    assert network
    for one, other in ((primary.name, secondary.name), (primary.name, 'b'), (secondary.name, 'a'),
                       *((raid.name, STORE) for raid in cut_off)):
        network.cut(one, other, how)
    cluster.note(f'{primary.name} with a, {secondary.name} with b; {[raid.name for raid in cut_off]} without the store')


def heal(cluster: Cluster, bank: Bank) -> None:
    """All see each other again. All goes on, and nothing is missing anywhere."""
    assert cluster.network
    cluster.network.heal_all()
    cluster.note('healed')
    bank.wait_everybody(RETURN_SECONDS)
    primary = cluster.await_primary()
    for name in 'ab':
        if primary.states()[name] != IN_SYNC:
            bring_back(cluster, primary, name)
    bank.wait_everybody(RETURN_SECONDS)
    report = bank.stop()
    print(report)
    cluster.note(str(report))
    report.require_no_errors()
    cluster.await_primary().recover_all()
    cluster.await_optimal()
    cluster.verify(report)


def bring_back(cluster: Cluster, primary: Raid, name: str) -> None:
    """What an administrator does for a backend that is out of sync (docs/failure-modes.md).

    One that finished a transaction of the loser's, which the winner lacks and nobody was told of, needs a fresh volume.
    """
    release_locks(cluster, name)
    if primary.states()[name] not in (IN_SYNC, RECOVERING):
        primary.ask('raid_recover', name)
    if state_of(primary.await_state(name, IN_SYNC, DIVERGED, seconds=RETURN_SECONDS)) == DIVERGED:
        cluster.note(f'{name} has what only the loser knew: it gets a fresh volume')
        cluster[name].kill()
        cluster[name].wipe()
        cluster[name].start()
        primary.recover(name)


def release_locks(cluster: Cluster, *names: str) -> None:
    """A stock ZEO server does not notice that a primary whose packets vanish is gone, nor that a firewall has reset the
    primary's side of a connection; it keeps its commit lock for it, if it had voted just then. What an administrator has
    to do is to restart it."""
    for name in names:
        cluster[name].restart()


@pytest.mark.parametrize('how', list(How), ids=[how.value for how in How])
@pytest.mark.parametrize('cut_off', ['nobody', 'the primary', 'the secondary'])
def test_exactly_one_side_goes_on(cut_off: str, how: How, full: bool) -> None:
    if how is How.REJECT and cut_off != 'nobody' and not full:
        pytest.skip('one way to cut is enough for the short run')
    with split_cluster() as cluster, open_bank(cluster) as bank:
        primary = cluster.await_primary()
        secondary, = cluster.others(primary)
        blind = {'nobody': [], 'the primary': [primary], 'the secondary': [secondary]}[cut_off]
        split(cluster, primary, secondary, blind, how)
        parted = time.monotonic()
        if cut_off == 'the primary':
            release_locks(cluster, 'b')
        # Without the store the primary can't put out b, nor the secondary take over.
        expected = {'nobody': [primary, secondary], 'the primary': [secondary], 'the secondary': [primary]}[cut_off]
        bank.wait_transfers(50, GO_ON_SECONDS, at=[raid.address for raid in expected])
        winner, = {raid for raid in expected if bank.made_since(parted, [raid.address]) >= 10}
        loser, = cluster.others(winner)
        settled = time.monotonic()
        bank.wait_transfers(50, at=[winner.address])
        cluster.note(f'{winner.name} goes on')
        assert not bank.made_since(settled, [loser.address]), f'{loser.name} goes on, too'
        heal(cluster, bank)


def test_nobody_goes_on_without_the_store() -> None:
    with split_cluster() as cluster, open_bank(cluster) as bank:
        primary = cluster.await_primary()
        secondary, = cluster.others(primary)
        split(cluster, primary, secondary, [primary, secondary], How.DROP)
        bank.wait_stall(QUIET_SECONDS)
        heal(cluster, bank)


def test_a_server_that_sees_nobody_serves_nobody_and_comes_back() -> None:
    """The primary alone is cut off from everything but its clients; the other one has all backends."""
    with split_cluster() as cluster, open_bank(cluster) as bank:
        assert cluster.network
        primary = cluster.await_primary()
        secondary, = cluster.others(primary)
        cluster.network.isolate(primary.name, [secondary.name, 'a', 'b', STORE])
        parted = time.monotonic()
        release_locks(cluster, 'a', 'b')
        bank.wait_transfers(50, GO_ON_SECONDS, at=[secondary.address])
        lost = [lost for lost in bank.lost_at([secondary.address]) if lost.at > parted]
        assert not lost, f'clients of the secondary were disturbed: {lost}'
        assert cluster.find_primary() is secondary
        heal(cluster, bank)
