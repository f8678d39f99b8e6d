"""What a ZEORaid server makes of the backends that it finds when it starts, or when its configuration changes."""

from __future__ import annotations

import itertools
import re
import shutil
import time
from typing import List, Tuple

import pytest
from persistent.TimeStamp import TimeStamp
from ZODB.Connection import TransactionMetaData
from ZODB.FileStorage import FileStorage
from ZODB.utils import newTid, p64, u64, z64

from zeoraid_e2e import compare, wire
from zeoraid_e2e.application import Application, require_recovery
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import FAILED, IN_SYNC, MISSING, Raid

pytestmark = pytest.mark.raid


def test_a_restarted_server_knows_who_was_out(cluster: Cluster, raid: Raid, application: Application) -> None:
    cluster['a'].kill()
    raid.await_state('a', FAILED)
    application.commit(3)
    raid.kill()
    cluster['a'].start()
    raid.start()
    raid.await_state('a', FAILED, MISSING)
    application.commit(3)
    require_recovery(cluster, raid, application, 'a')


@pytest.mark.parametrize('finished_on', ['ac', 'b', ''], ids=['others', 'one', 'none'])
def test_a_crash_of_everything_between_two_finishes(
        cluster: Cluster, raid: Raid, application: Application, finished_on: str) -> None:
    """Server and backends lose power while a transaction is finished on some backends and only voted on the others.

    A backend that only voted claims the transaction's tid as its last one when it starts again (F8), but lacks it.
    """
    raid.kill()
    tid = newTid(cluster['a'].last_tid())
    oid = p64(0x1234)
    connections = []
    for backend in cluster.backends:
        connection = wire.Connection(backend.address)
        connections.append(connection)
        connection.register()
        connection.begin(1, tid, 'cut off')
        connection.cast('storea', oid, z64, b'cut off', 1)
        connection.call('vote', 1)
        if backend.name in finished_on:
            connection.call('tpc_finish', 1)
    for backend in cluster.backends:
        backend.kill()
    for connection in connections:
        connection.close()
    cluster.start_backends()
    raid.start()
    with wire.Connection(cluster.address) as reader:
        reader.register()
        if finished_on:
            assert reader.call('loadSerial', oid, tid) == b'cut off'
    application.commit(3)
    raid.recover_all()
    application.commit(3)
    application.close()
    cluster.require_equal()
    compare.require_tids_ascend(cluster['a'].data)
    tids = [item.tid for item in compare.transactions(cluster['b'].data)]
    assert (tid in tids) == bool(finished_on)


def test_backends_of_different_pasts_are_not_mixed() -> None:
    """A first start without a record: two non-empty backends without a common history."""
    with Cluster(2) as cluster:
        cluster.start_backends()
        for backend in cluster.backends:
            with wire.Connection(backend.address) as outsider:
                outsider.register()
                outsider.commit(1, description=f'only in {backend.name}')
        sizes = [backend.data.stat().st_size for backend in cluster.backends]
        cluster.raid.launch()

        raid = cluster.raid
        assert isinstance(raid, Raid)

        def refused() -> bool:
            log = raid.log.read_text()
            return bool(re.search(r'\ba\b.*common history|common history.*\ba\b', log))

        wait_until('the refusal in the log', refused, tell=cluster.describe)
        told = raid.cli_json('details')
        assert (told['status'], told['serving']) == ('failed', False)
        assert re.search(r'\ba\b', told['detail']) and re.search(r'\bb\b', told['detail']), told
        assert raid.http('/q/health/ready')[0] == 503
        assert wire.ruok(cluster.address) is None
        assert [backend.data.stat().st_size for backend in cluster.backends] == sizes, 'it changed something'


def test_backends_of_different_length_are_told_apart_at_the_first_start() -> None:
    with Cluster(2) as cluster:
        cluster.start_backends()
        first, second = cluster.backends
        fill(first, 5)
        first.save('start')
        for backend in cluster.backends:
            backend.kill()
        second.folder.joinpath('saved-start.fs').write_bytes(first.folder.joinpath('saved-start.fs').read_bytes())
        second.roll_back('start')
        cluster.start_backends()
        fill(first, 3)
        cluster.start()
        raid = cluster.raid
        assert isinstance(raid, Raid)
        assert raid.states() == {'a': IN_SYNC, 'b': MISSING}, raid.details()
        raid.recover('b')
        assert cluster.require_equal() >= 8


def fill(backend: Backend, count: int) -> None:
    """Commits transactions to a backend behind the RAID's back."""
    with wire.Connection(backend.address) as connection:
        connection.register()
        for number in range(1, count + 1):
            connection.commit(number, description=f'number {number}')


def takes_blobs(raid: Raid) -> bool:
    with wire.Connection(raid.address) as connection:
        connection.register()
        return ['ZODB.interfaces', 'IBlobStorage'] in [list(name) for name in connection.call('get_info')['interfaces']]


def test_a_reload_adds_and_removes_backends() -> None:
    """What the one that goes could not do, the others can: it is forgotten."""
    with Cluster(3, backend_options={'blobs': True}) as cluster:
        raid = cluster.raid
        assert isinstance(raid, Raid)
        cluster['a'].blobs = None
        newcomer = raid.backends.pop()
        cluster.start()
        application = Application(cluster)
        application.commit(5)
        assert raid.states() == {'a': IN_SYNC, 'b': IN_SYNC}
        raid.backends.append(newcomer)
        raid.configure()
        raid.ask('raid_reload')
        raid.await_state('c', MISSING)
        raid.recover('c')
        application.commit(3)
        assert not takes_blobs(raid)
        gone = raid.backends.pop(0)
        raid.configure()
        raid.ask('raid_reload')
        assert raid.states() == {'b': IN_SYNC, 'c': IN_SYNC}
        assert takes_blobs(raid)
        gone.kill()
        application.commit(3)
        application.close()
        cluster.stop()
        compare.require_equal({'b': cluster['b'].data, 'c': cluster['c'].data})


def test_a_reload_takes_another_timeout(cluster: Cluster, raid: Raid) -> None:
    raid.raid_options = [line for line in raid.raid_options if not line.startswith('timeout ')] + ['timeout 7']
    raid.configure()
    assert raid.ask('raid_reload') == 'the backends are the same as before'


def test_a_server_starts_over_an_old_database() -> None:
    """The invalidation queue is rebuilt from transactions of today, of last month and of years ago, several objects each.

    What is asked for beyond the last one of a time closes the file that its records are still read from (F9).
    """
    with Cluster(2) as cluster:
        first, *others = cluster.backends
        write_history(first, [(days, 5) for days in (1500, 700, 40, 40, 39, 2, 0)])
        for other in others:
            shutil.copyfile(first.data, other.data)
        cluster.start()
        with wire.Connection(cluster.address) as connection:
            last = connection.register()
            assert last >= cluster['a'].last_tid()
            newest, oids = connection.call('getInvalidations', tid_of(days_ago(1000)))
            assert len(set(oids)) == 6 * 5 and newest == last


def days_ago(days: float) -> float:
    return time.time() - days * 86_400


def tid_of(moment: float) -> bytes:
    return TimeStamp(*time.gmtime(moment)[:5], moment % 60).raw()


def write_history(backend: Backend, transactions: List[Tuple[float, int]]) -> None:
    """Writes (how many days ago, number of objects); the backend must not be running."""
    storage = FileStorage(str(backend.data))
    oids = itertools.count(1)
    last = z64
    for days, count in transactions:
        last = max(tid_of(days_ago(days)), p64(u64(last) + 1))
        change = TransactionMetaData('', f'{days} days ago')
        storage.tpc_begin(change, last)
        for _ in range(count):
            storage.store(p64(next(oids)), z64, b'old', '', change)
        storage.tpc_vote(change)
        storage.tpc_finish(change)
    storage.close()
