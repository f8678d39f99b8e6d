"""Several ZEORaid servers on the same backends: one commits, all serve, and the failure of one is not everybody's."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, Iterator, List

import pytest
from ZODB.POSException import POSError
from ZODB.utils import p64, u64

from zeoraid_e2e import ledger, wire
from zeoraid_e2e.application import Application, require_reason
from zeoraid_e2e.bank import Bank, open_database
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.large import record
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import BACKEND_TIMEOUT, DISABLED, FAILED, IN_SYNC, RECOVERING, Raid

pytestmark = [pytest.mark.raid, pytest.mark.timeout(120)]

# After the death of the primary, commits go on through another server within this time.
TAKE_OVER_SECONDS = 2.0

SHORT_KILLS = 5
FULL_KILLS = 20

# If nothing is committed for so long, then commits wait for something.
QUIET_SECONDS = BACKEND_TIMEOUT + 1.0

# How long a server and its clients may take to find each other again; a client that was refused waits for ten seconds.
RETURN_SECONDS = 30.0

both_stores = pytest.mark.parametrize('kubernetes', [False, True], ids=['file', 'kubernetes'])


@pytest.fixture
def fleet() -> Iterator[Cluster]:
    """Two servers over three backends, with a shared file."""
    with Cluster(3, servers=2) as started:
        yield started.start()


def addresses(raids: List[Raid]) -> List[wire.Address]:
    return [raid.address for raid in raids]


def open_bank(cluster: Cluster) -> Bank:
    """Each client knows one server; two writers and a reader at each."""
    count = len(cluster.raids)
    return Bank(cluster.addresses, writers=2 * count, readers=count, server_may_die=True)


def require_undisturbed(bank: Bank, raids: List[Raid], since: float) -> None:
    """No client that only knows these servers has lost its connection since then."""
    lost = [lost for lost in bank.lost_at(addresses(raids)) if lost.at >= since]
    assert not lost, f'clients of {[raid.name for raid in raids]} were disturbed: {lost}'


def end(cluster: Cluster, bank: Bank) -> ledger.Report:
    """All backends are in sync; nothing that was acknowledged is missing anywhere."""
    report = bank.stop()
    print(report)
    cluster.note(str(report))
    report.require_no_errors()
    cluster.await_primary().recover_all()
    cluster.await_optimal()
    cluster.verify(report)
    return report


# ---------------------------------------------------------------- who is the primary


def test_one_is_the_primary_and_all_serve(fleet: Cluster) -> None:
    primary = fleet.await_primary()
    secondary, = fleet.others(primary)
    told = {raid.name: raid.cli_json('details') for raid in fleet.raids}
    assert told[primary.name]['primary'] == told[primary.name]['server'] == told[secondary.name]['primary']
    assert told[secondary.name]['server'] != told[primary.name]['server']
    assert all(details['serving'] and details['status'] == 'optimal' for details in told.values()), told
    assert fleet.store and fleet.store.record().primary == told[primary.name]['server']
    with Bank(fleet.addresses, writers=4, readers=2) as bank:
        bank.wait_everybody()
        bank.wait_transfers(50, at=[secondary.address])
        end(fleet, bank)


@both_stores
@pytest.mark.timeout(120 + FULL_KILLS * 30)
def test_the_primary_is_killed_again_and_again(kubernetes: bool, full: bool) -> None:
    kills = FULL_KILLS if full else SHORT_KILLS if not kubernetes else 2
    gaps: List[float] = []
    with Cluster(3, servers=3, kubernetes=kubernetes) as cluster:
        cluster.start()
        with open_bank(cluster) as bank:
            for _ in range(kills):
                bank.wait_everybody(RETURN_SECONDS)
                primary = cluster.await_primary()
                rest = cluster.others(primary)
                cluster.note(f'kill {primary.name}')
                killed = time.monotonic()
                primary.kill()
                bank.wait_transfers(10, at=addresses(rest))
                bank.wait_everybody(at=addresses(rest))
                gaps.append(ledger.longest_gap(bank.commits_at(addresses(rest)), killed, time.monotonic()))
                cluster.note(f'{cluster.await_primary(rest).name} is primary; no commit for {gaps[-1]:.2f} s')
                require_undisturbed(bank, rest, killed)
                primary.start()
            bank.wait_everybody(RETURN_SECONDS)
            report = end(cluster, bank)
    told = 'no commit for ' + ', '.join(f'{gap:.2f}' for gap in sorted(gaps)) + ' s'
    print(told)
    assert report.disconnects, 'the clients of the killed servers were never disconnected'
    assert max(gaps) < TAKE_OVER_SECONDS, told


def test_a_rolling_restart_disturbs_nobody_else(full: bool) -> None:
    """Each server is told to end and started again, first the primary, then those that took over, or not."""
    with Cluster(3, servers=3) as cluster:
        cluster.start()
        with open_bank(cluster) as bank:
            primary = cluster.await_primary()
            for raid in (primary, *cluster.others(primary)) * (3 if full else 1):
                bank.wait_everybody(RETURN_SECONDS)
                rest = cluster.others(raid)
                told = time.monotonic()
                cluster.note(f'stop {raid.name}, {cluster.views()}')
                raid.stop()
                bank.wait_transfers(10, at=addresses(rest))
                bank.wait_everybody(at=addresses(rest))
                gap = ledger.longest_gap(bank.commits_at(addresses(rest)), told, time.monotonic())
                cluster.note(f'no commit for {gap:.2f} s')
                require_undisturbed(bank, rest, told)
                assert gap < TAKE_OVER_SECONDS, 'handing over takes no longer than taking over'
                raid.start()
            bank.wait_everybody(RETURN_SECONDS)
            end(cluster, bank)


def test_all_servers_die_at_once(fleet: Cluster) -> None:
    with open_bank(fleet) as bank:
        bank.wait_everybody()
        for raid in fleet.raids:
            raid.kill()
        fleet.start_servers()
        bank.wait_everybody(RETURN_SECONDS)
        end(fleet, bank)


def test_a_hung_primary_is_replaced_and_steps_down(fleet: Cluster) -> None:
    """It hangs between two commits: within one, the locks on the backends would be its until it is killed."""
    hung = fleet.await_primary()
    other, = fleet.others(hung)
    application = Application(fleet, other.address)
    application.commit(5)
    hung.pause()
    fleet.note(f'{hung.name} hangs')
    fleet.await_primary([other])
    application.commit(5)
    hung.resume()
    wait_until('the former primary a secondary',
               lambda: (view := hung.view()) and view.serving and not view.primary, tell=fleet.views)
    at_former = open_database(hung.address)
    with at_former.transaction('after the hang') as connection:
        assert connection.root()['number'] == application.last
    at_former.close()
    application.commit(5)
    application.close()
    fleet.await_optimal()
    fleet.require_equal()


def test_clients_that_know_all_servers_go_on_while_one_is_dead(fleet: Cluster) -> None:
    """A ZEO client gives up an address that ends a connection before it is registered, as long as it tries another one
    (ZEO/asyncio/client.py, register_failed). So a server that does not serve yet has to hold the connection."""
    with Bank([fleet.addresses] * 4, writers=4, readers=2, server_may_die=True) as bank:
        for end_it in (Raid.kill, Raid.stop):
            bank.wait_everybody(RETURN_SECONDS)
            primary = fleet.await_primary()
            fleet.note(f'{end_it.__name__} {primary.name}')
            end_it(primary)
            bank.wait_everybody(RETURN_SECONDS)
            primary.start()
        bank.wait_everybody(RETURN_SECONDS)
        end(fleet, bank)


# ---------------------------------------------------------------- backends are lost


def test_one_backend_of_three_is_enough_for_all_servers(fleet: Cluster) -> None:
    with open_bank(fleet) as bank:
        bank.wait_everybody()
        for name in 'ab':
            fleet[name].kill()
        bank.wait_transfers(20, at=[fleet.raids[0].address])
        bank.wait_transfers(20, at=[fleet.raids[1].address])
        for raid in fleet.raids:
            assert raid.states() == {'a': FAILED, 'b': FAILED, 'c': IN_SYNC}
        fleet.start_backends()
        for name in 'ab':
            fleet.await_primary().recover(name)
        bank.wait_everybody()
        report = end(fleet, bank)
        assert not report.disconnects


def test_the_last_backend_is_lost_and_returns_and_returns_empty(fleet: Cluster) -> None:
    primary = fleet.await_primary()
    secondary, = fleet.others(primary)
    application = Application(fleet, secondary.address)
    application.commit(5)
    for name in 'ab':
        fleet[name].kill()
    application.commit(3)
    last = fleet['c']
    last.kill()

    def committed() -> bool:
        try:
            application.commit()
            return True
        except POSError as error:
            fleet.note(f'the client is told: {error}')
            assert str(error)
            return False

    with ThreadPoolExecutor(1) as pool:
        attempt = pool.submit(committed)  # waits, or gets an error in words
        last.start()
        attempt.result()
    wait_until('commits go on', committed)

    last.kill()
    last.save('all')
    last.wipe()
    last.start()
    for raid in fleet.raids:
        wait_until(f'{raid.name} refuses to serve',
                   lambda: (view := raid.view()) and not view.serving, tell=fleet.views)
        wait_until('the suspicion told', lambda: 'data loss' in raid.cli_json('details')['detail'],
                   tell=lambda: raid.cli_json('details'))
    last.kill()
    last.roll_back('all')
    last.start()
    wait_until('commits go on', committed, RETURN_SECONDS)
    fleet.start_backends()
    for name in 'ab':
        fleet.await_primary().recover(name)
    application.commit(3)
    application.close()
    assert fleet.require_equal() >= application.last


def test_a_recovery_goes_on_after_the_death_of_its_primary(fleet: Cluster) -> None:
    fill(fleet, 400, 50_000)
    target = fleet['c']
    primary = fleet.await_primary()
    target.kill()
    primary.await_state('c', FAILED)
    target.wipe()
    target.start()
    primary.ask('raid_recover', 'c')
    wait_until('some of it copied', lambda: target.data.stat().st_size > 1_000_000)
    target.pause()  # so that the recovery can't end before its primary does
    primary.kill()
    record = fleet.store and fleet.store.record()
    assert record and record.states['c'] == RECOVERING, record
    target.resume()
    other = fleet.await_primary(fleet.others(primary))
    other.await_state('c', IN_SYNC, seconds=RETURN_SECONDS)
    primary.start()
    assert fleet.require_equal() >= 400


def fill(cluster: Cluster, count: int, size: int) -> None:
    """Commits that many transactions of that many bytes."""
    with wire.Connection(cluster.address) as connection:
        connection.register()
        oids: List[bytes] = []
        for number in range(1, count + 1):
            oids = oids or list(connection.call('new_oids'))
            connection.commit(number, (oids.pop(), wire.Z64, record(padding=bytes(size))))


# ---------------------------------------------------------------- administration


@pytest.mark.parametrize('way', ['zeo', 'cli'])
def test_a_secondary_is_told_what_is_wished(fleet: Cluster, way: str) -> None:
    secondary, = fleet.others(fleet.await_primary())
    application = Application(fleet, secondary.address)
    application.commit(3)

    def wish(what: str) -> None:
        if way == 'zeo':
            secondary.ask(f'raid_{what}', 'b')
        else:
            done = secondary.cli(what, 'b')
            assert done.returncode == 0, done

    wish('disable')
    for raid in fleet.raids:
        require_reason(raid.await_state('b', DISABLED))
    application.commit(3)
    wish('recover')
    for raid in fleet.raids:
        raid.await_state('b', IN_SYNC)
    with pytest.raises(wire.RemoteError, match='nonesuch'):
        secondary.ask('raid_disable', 'nonesuch')
    application.commit(3)
    application.close()
    fleet.require_equal()


# ---------------------------------------------------------------- the store is lost


def test_without_its_store_the_raid_goes_on_until_it_needs_it() -> None:
    with Cluster(3, servers=2, kubernetes=True) as cluster:
        assert cluster.api_server
        cluster.start()
        with open_bank(cluster) as bank, Loads(cluster) as loads:
            bank.wait_everybody()
            cluster.api_server.kill()
            cluster.note('the store is away')
            bank.wait_transfers(100)
            bank.wait_everybody()
            loads.require_answers()
            cluster['c'].kill()
            bank.wait_stall(QUIET_SECONDS)
            loads.require_answers()
            cluster.note('commits wait, loads do not')
            cluster.api_server.start()
            bank.wait_everybody(RETURN_SECONDS)
            cluster.await_primary().await_state('c', FAILED)
            cluster['c'].start()
            cluster.await_primary().recover('c')
            report = end(cluster, bank)
            assert not report.disconnects


class Loads:
    """A connection to each server, to load an object by."""

    def __init__(self, cluster: Cluster):
        fill(cluster, 1, 1000)
        self._connections: Dict[str, wire.Connection] = {}
        for raid in cluster.raids:
            self._connections[raid.name] = wire.Connection(raid.address)
            self._last = self._connections[raid.name].register()

    def __enter__(self) -> 'Loads':
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections.values():
            connection.close()

    def require_answers(self) -> None:
        """Every server still answers a load of the root object."""
        for connection in self._connections.values():
            assert connection.call('loadBefore', p64(0), p64(u64(self._last) + 1))
