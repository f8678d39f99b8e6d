"""Three ZEORaid servers, three backends, a Kubernetes API server: all suffer at random, and no money is lost.

    ZEORAID_SEED=5 ./dev e2e -k chaos          the faults of that seed; the seed of a run is in its report
    ZEORAID_CHAOS_RUNS=10 ./dev e2e -k chaos   ten runs, each with a seed of its own
    ZEORAID_FULL=1 ./dev e2e -k chaos          five minutes each
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import Dict, List, Optional

import pytest

from zeoraid_e2e.bank import Bank, Where
from zeoraid_e2e.chaos import CALM_SECONDS, LAST_SECONDS, MOST_FAULTS, WIPE_SECONDS, Chaos, Fault, Kind, plan, seed_of
from zeoraid_e2e.cluster import STORE, Cluster, server_names
from zeoraid_e2e.network import How, Network
from zeoraid_e2e.raid import RAID_OPTIONS
from zeoraid_e2e.stores import Record

SERVERS = server_names(3)
BACKENDS = ['a', 'b', 'c']

SHORT_SECONDS = 45.0
FULL_SECONDS = 300.0

# After all is well again: servers start, clients that were refused try again after ten seconds, backends are recovered
# while twelve clients commit all the time: one whose disk was emptied at the end has the whole history to copy.
HEAL_SECONDS = 240.0

RUNS = int(os.environ.get('ZEORAID_CHAOS_RUNS') or 1)
SEED = os.environ.get('ZEORAID_SEED')

OPTIONS = [*(option for option in RAID_OPTIONS if not option.startswith('auto-recover')), 'auto-recover yes']


def client_places(cluster: Cluster) -> List[Where]:
    """Twelve clients: half of them know all servers, each of the others only one."""
    everywhere: Where = list(cluster.addresses)
    return [place for index in range(6) for place in (cluster.addresses[index % 3], everywhere)]


@pytest.mark.raid
@pytest.mark.network
@pytest.mark.timeout(FULL_SECONDS + 2 * HEAL_SECONDS + 120)
@pytest.mark.parametrize('run', range(RUNS))
def test_chaos(run: int, full: bool) -> None:
    seconds = FULL_SECONDS if full else SHORT_SECONDS
    seed = seed_of(run, int(SEED) if SEED else None)
    print(f'ZEORAID_SEED={seed}')
    with Network([*SERVERS, *BACKENDS, STORE, 'clients']) as network, \
            Cluster(3, servers=3, kubernetes=True, network=network, raid_options=OPTIONS) as cluster:
        cluster.note(f'ZEORAID_SEED={seed}')
        cluster.start()
        with contextlib.ExitStack() as stack:
            with network.inside('clients'):
                bank = stack.enter_context(
                    Bank(client_places(cluster), writers=12, readers=2, seed=seed, server_may_die=True))
            bank.wait_transfers(50)
            chaos = Chaos(cluster, plan(seed, seconds, SERVERS, BACKENDS), bank.require_open)
            chaos.run()
            cluster.note('all is well again')
            # A stock ZEO server keeps its commit lock for a connection whose end it was never told: an administrator
            # restarts it.
            for backend in cluster.backends:
                backend.restart()
            healing = time.monotonic()
            cluster.await_optimal(HEAL_SECONDS)
            cluster.note(f'optimal after {time.monotonic() - healing:.1f} s')
            bank.wait_transfers(50, HEAL_SECONDS)
            bank.wait_snapshots(3)
            report = bank.stop()
        told = f'{sum(chaos.done.values())} faults, {chaos.wipes} disks emptied; {report}'
        print(told)
        cluster.note(told)
        report.require_no_errors()
        cluster.await_optimal(HEAL_SECONDS)
        cluster.verify(report)


# ---------------------------------------------------------------- the plan


@pytest.mark.parametrize('seconds', [SHORT_SECONDS, FULL_SECONDS])
def test_a_seed_determines_the_plan(seconds: float) -> None:
    plans = [plan(seed, seconds, SERVERS, BACKENDS) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]


@pytest.mark.parametrize('seed', range(50))
def test_a_plan_leaves_something_to_go_on_with(seed: int) -> None:
    faults = plan(seed, FULL_SECONDS, SERVERS, BACKENDS)
    assert faults == sorted(faults, key=lambda fault: fault.at)
    assert {fault.kind for fault in faults} == set(Kind)
    for fault in faults:
        assert fault.at >= CALM_SECONDS and fault.at + fault.seconds <= FULL_SECONDS - CALM_SECONDS + 1e-6
        assert 0 < fault.seconds <= LAST_SECONDS[1]
        assert {fault.party, fault.other} <= {*SERVERS, *BACKENDS, STORE, ''} and fault.party != fault.other
        assert fault.kind is not Kind.WIPE or fault.party in BACKENDS
        meanwhile = [other for other in faults if other.at <= fault.at < other.at + other.seconds]
        assert len(meanwhile) <= MOST_FAULTS
        names = [name for other in meanwhile for name in (other.party, other.other) if name]
        assert len(names) == len(set(names)), 'nobody suffers twice at a time'
    wipes = [fault.at for fault in faults if fault.kind is Kind.WIPE]
    assert all(later - earlier >= WIPE_SECONDS for earlier, later in zip(wipes, wipes[1:]))


def test_a_short_plan_has_many_kinds_of_faults() -> None:
    assert min(len({(fault.kind, fault.party) for fault in plan(seed, SHORT_SECONDS, SERVERS, BACKENDS)})
               for seed in range(50)) >= 7


def test_what_ends_at_a_moment_ends_before_something_else_begins() -> None:
    told: List[str] = []

    class Teller(FakeBackend):
        def kill(self) -> None:
            told.append('kill')

        def stop(self) -> None:
            told.append('stop')

        def launch(self) -> None:
            told.append('launch')

        def pause(self) -> None:
            told.append('pause')

        def resume(self) -> None:
            told.append('resume')

    cluster = FakeCluster()
    cluster.backends['a'] = Teller('a')
    # So much as a plan has it: the second begins at the sum that the first one ends at.
    first = Fault(0.01, Kind.KILL, 'a', '', How.DROP, 0.02)
    second = Fault(first.at + first.seconds, Kind.HANG, 'a', '', How.DROP, 0.01)
    chaos = Chaos(cluster, [first, second], lambda: None)  # type: ignore[arg-type]
    chaos._server = cluster.__getitem__  # type: ignore[assignment]
    chaos.heal = lambda: None  # type: ignore[method-assign]
    chaos.run()
    assert told == ['kill', 'stop', 'launch', 'pause', 'resume']


# ---------------------------------------------------------------- emptied disks


class FakeBackend:
    """A backend of which only the last tid and the disk matter."""

    def __init__(self, name: str):
        self.name = name
        self.tid = b'\0' * 7 + b'\5'
        self.running = True

    def kill(self) -> None:
        self.running = False

    def wipe(self) -> None:
        assert not self.running
        self.tid = bytes(8)

    def last_tid(self) -> bytes:
        return self.tid


class FakeCluster:
    """Backends a, b and c, and the record that a test says."""

    def __init__(self, **states: str):
        self.backends = {name: FakeBackend(name) for name in BACKENDS}
        self.network = self.api_server = self.store = self
        self.states: Optional[Dict[str, str]] = states

    def __getitem__(self, name: str) -> FakeBackend:
        return self.backends[name]

    def record(self) -> Optional[Record]:
        return self.states and Record(7, 'somebody', b'\0' * 7 + b'\3', self.states)

    def note(self, text: str) -> None:
        pass


def wipe(cluster: FakeCluster, chaos: Chaos, name: str) -> bool:
    """Whether the disk was emptied; the backend is killed in any case, and runs again."""
    before = chaos.wipes
    chaos._begin(Fault(0.0, Kind.WIPE, name, '', How.DROP, 1.0))
    assert not cluster[name].running
    cluster[name].running = True
    return chaos.wipes > before


def test_the_disk_of_the_last_one_in_sync_is_not_emptied() -> None:
    cluster = FakeCluster(a='in-sync', b='failed', c='recovering')
    chaos = Chaos(cluster, [], lambda: None)  # type: ignore[arg-type]
    assert not wipe(cluster, chaos, 'a') and cluster['a'].tid != bytes(8)
    assert wipe(cluster, chaos, 'b') and cluster['b'].tid == bytes(8)


def test_no_disk_is_emptied_without_a_record() -> None:
    cluster = FakeCluster(a='in-sync', b='in-sync', c='in-sync')
    chaos = Chaos(cluster, [], lambda: None)  # type: ignore[arg-type]
    cluster.states = None
    assert not wipe(cluster, chaos, 'a')


def test_the_next_disk_is_not_emptied_before_the_last_one_is_full_again() -> None:
    cluster = FakeCluster(a='in-sync', b='in-sync', c='in-sync')
    chaos = Chaos(cluster, [], lambda: None)  # type: ignore[arg-type]
    assert wipe(cluster, chaos, 'a')
    assert not wipe(cluster, chaos, 'b'), 'a is empty, and only the record does not know it yet'
    cluster.states = {'a': 'recovering', 'b': 'in-sync', 'c': 'in-sync'}
    cluster['a'].tid = b'\0' * 7 + b'\4'
    assert not wipe(cluster, chaos, 'b'), 'a is being recovered'
    cluster.states = {'a': 'in-sync', 'b': 'in-sync', 'c': 'in-sync'}
    assert wipe(cluster, chaos, 'b')
