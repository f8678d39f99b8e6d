"""What a client lists and iterates over is what its backends hold, and nothing that is not announced."""

from __future__ import annotations

import base64
from contextlib import ExitStack
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Tuple

import pytest
import transaction
from ZEO.ClientStorage import ClientStorage
from ZODB.FileStorage import FileStorage
from ZODB.FileStorage.FileStorage import FileIterator
from ZODB.interfaces import IStorageCurrentRecordIteration, IStorageIteration
from ZODB.POSException import POSKeyError
from ZODB.utils import p64, u64, z64

from zeoraid_e2e import wire
from zeoraid_e2e.bank import open_database
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import BACKEND_TIMEOUT

MANY = 150

# The description of what a RAID commits by itself.
NO_OP = b'ZEORaid primary'


@pytest.fixture(scope='module', params=['pickle', 'msgpack'])
def service(request: pytest.FixtureRequest, new_cluster: Callable[..., Cluster]) -> Iterator[Cluster]:
    with new_cluster(request.param == 'msgpack', servers=2) as cluster:
        yield cluster.start()


@pytest.fixture
def raw(service: Cluster) -> Iterator[wire.Connection]:
    with wire.Connection(service.address) as connection:
        connection.register()
        yield connection


def commit(address: wire.Address, key: str, value: object, user: str = '', note: str = '') -> None:
    """A transaction of an application, as Zope makes it."""
    db = open_database(address)
    try:
        manager = transaction.TransactionManager(explicit=True)
        connection = db.open(manager)
        begun = manager.begin()
        begun.setUser(user, '/site')
        begun.note(note)
        begun.setExtendedInfo('ip', '192.0.2.1')
        connection.root()[key] = value
        manager.commit()
        connection.close()
    finally:
        db.close()


def records(transaction_: object) -> List[Tuple[bytes, bytes, Optional[bytes], Optional[bytes]]]:
    return [(record.oid, record.tid, record.data, record.data_txn) for record in transaction_]


def told(storage: ClientStorage) -> List[tuple]:
    """All transactions as a client gets them."""
    return [(each.tid, each.status, each.user, each.description, each.extension, records(each))
            for each in storage.iterator()]


def held(cluster: Cluster) -> List[tuple]:
    """All transactions as a backend's file has them, but those of the RAID's own, which no client is shown."""
    iterator = FileIterator(str(cluster.backends[0].data))
    try:
        all_held = [(each.tid, each.status, each.user, each.description, each.extension, records(each))
                    for each in iterator]
        return [each for each in all_held if each[3] != NO_OP or each[-1]]
    finally:
        iterator.close()


@pytest.fixture
def storages(service: Cluster) -> Iterator[List[ClientStorage]]:
    """A client at each server: the primary and the secondary."""
    opened = [ClientStorage(address, wait=True, wait_timeout=30) for address in service.addresses]
    yield opened
    for storage in opened:
        storage.close()


def test_iterates_over_what_the_backends_hold(service: Cluster, storages: List[ClientStorage]) -> None:
    for number in range(3):
        commit(service.address, f'iterated {number}', {'number': number}, 'ümit', f'Änderung {number}')
    for storage in storages:
        storage.ping()
        assert told(storage) == held(service)


@pytest.mark.raid
def test_back_pointers_are_told() -> None:
    """The backends have a transaction with a back-pointer, as an undo leaves it."""
    with Cluster(2) as cluster:
        cluster.start_backends()
        for backend in cluster.backends:
            with wire.Connection(backend.address) as connection:
                connection.register()
                oid, first, second, third = p64(7), p64(1 << 40), p64(2 << 40), p64(3 << 40)
                for tid, data, previous in ((first, b'one', None), (second, b'two', None), (third, b'one', first)):
                    connection.begin(u64(tid), tid)
                    connection.cast('restorea', oid, tid, data, previous, u64(tid))
                    connection.call('vote', u64(tid))
                    connection.call('tpc_finish', u64(tid))
        cluster.start_servers()
        with wire.Connection(cluster.address) as connection:
            connection.register()
            iterator = connection.call('iterator_start', third, third)
            assert connection.call('iterator_next', iterator)[0] == third
            record = connection.call('iterator_record_start', iterator, third)
            assert tuple(connection.call('iterator_record_next', record)) == (oid, third, b'one', first)


@pytest.mark.raid
def test_no_ops_are_hidden_and_nothing_that_looks_like_one(service: Cluster, raw: wire.Connection) -> None:
    iterator = FileIterator(str(service.backends[0].data))
    assert any(each.description == NO_OP for each in iterator)
    iterator.close()
    raw.cast('tpc_begin', 1, b'', NO_OP, b'', None, ' ')
    raw.cast('storea', raw.call('new_oids')[0], z64, b'a record', 1)
    raw.call('vote', 1)
    tid = raw.call('tpc_finish', 1)
    iterator = raw.call('iterator_start', None, None)
    shown = list(iter(lambda: raw.call('iterator_next', iterator), None))
    assert [each[0] for each in shown if each[3] == NO_OP] == [tid]
    undoable = raw.call('undoLog', 0, 1000)
    assert [base64.decodebytes(each['id']) for each in undoable if each['description'] == NO_OP] == [tid]


def test_iterates_from_and_to_a_tid(service: Cluster, raw: wire.Connection, storages: List[ClientStorage]) -> None:
    oids = raw.call('new_oids')[:3]
    tids = [raw.commit(number, (oid, z64, b'x')) for number, oid in enumerate(oids, 1)]
    for storage in storages:
        storage.ping()
        assert [each.tid for each in storage.iterator(tids[0])] == tids
        assert [each.tid for each in storage.iterator(tids[0], tids[1])] == tids[:2]
        assert [each.tid for each in storage.iterator(tids[1], tids[0])] == []
        ending = list(storage.iterator(tids[2], tids[2]))
        assert [each.tid for each in ending] == [tids[2]]


@pytest.mark.raid  # a stock server closes the file
def test_the_records_of_the_last_transaction_are_read_after_the_end(raw: wire.Connection) -> None:
    tid = raw.commit(1, (raw.call('new_oids')[0], z64, b'last'))
    raw.commit(2)
    for stop in (tid, p64(u64(tid) + 1)):
        iterator = raw.call('iterator_start', tid, stop)
        assert raw.call('iterator_next', iterator)[0] == tid
        record = raw.call('iterator_record_start', iterator, tid)
        assert raw.call('iterator_next', iterator) is None
        assert raw.call('iterator_record_next', record)[2] == b'last'
        assert raw.call('iterator_record_next', record) is None


def test_errors_of_iterators_are_those_of_zeo(raw: wire.Connection) -> None:
    tid = raw.commit(1, (raw.call('new_oids')[0], z64, b'x'))

    def error(method: str, *arguments: object) -> Tuple[str, tuple]:
        with pytest.raises(wire.RemoteError) as caught:
            raw.call(method, *arguments)
        return caught.value.class_name, tuple(caught.value.args_sent)

    assert raw.call('iterator_start', tid, None) == 0
    assert error('iterator_record_start', 0, tid) == ('builtins.KeyError', (0,))
    raw.call('iterator_next', 0)
    assert error('iterator_record_start', 0, z64) == (
        'builtins.Exception', ('Out-of-order request for record iterator for transaction %r' % z64,))
    assert raw.call('iterator_record_start', 0, tid) == 3
    raw.cast('iterator_gc', [3])
    assert error('iterator_record_next', 3) == ('builtins.KeyError', (3,))
    assert raw.call('iterator_next', 0) is None
    assert error('iterator_next', 0) == ('builtins.KeyError', (0,))


@pytest.mark.raid
def test_a_client_may_hold_only_so_many_iterators(raw: wire.Connection) -> None:
    with pytest.raises(wire.RemoteError, match='200 iterators'):
        for _ in range(201):
            raw.call('iterator_start', None, None)
    raw.cast('iterator_gc', list(range(200)))
    assert raw.call('iterator_start', None, None)


def test_history_tells_the_revisions_of_an_object(service: Cluster, storages: List[ClientStorage]) -> None:
    for number in range(4):
        commit(service.address, 'changed', number, 'me', f'revision {number}')
    for address in service.addresses:
        db = open_database(address)
        entries = db.history(z64, 3)
        assert [entry['description'] for entry in entries] == ['revision 3', 'revision 2', 'revision 1']
        assert all(entry['user_name'] == '/site me' and entry['ip'] == '192.0.2.1' for entry in entries)
        db.close()
    with pytest.raises(POSKeyError):
        storages[0].history(p64(0xffffff), 1)


def test_undo_log_lists_transactions(service: Cluster) -> None:
    for number in range(5):
        commit(service.address, 'logged', number, 'me', f'logged {number}')
    tids = [each[0] for each in held(service)][::-1]
    for address in service.addresses:
        db = open_database(address)
        storage = db.storage
        for first, last in ((0, 3), (0, -3), (2, 5), (2, -3), (0, 10 ** 9), (3, 2), (1, 1)):
            end = first - last if last < 0 else last
            listed = [base64.decodebytes(entry['id']) for entry in storage._call('undoLog', first, last)]
            assert listed == tids[first:end], (first, last)
        entry = storage._call('undoLog', 0, 1)[0]
        assert (entry['description'], entry['user_name'], entry['ip']) == (b'logged 4', b'/site me', '192.0.2.1')
        db.close()


def test_undo_info_finds_what_it_is_told_to(service: Cluster) -> None:
    commit(service.address, 'found', 1, 'somebody', 'wanted')
    commit(service.address, 'found', 2, 'somebody else', 'not wanted')
    for address in service.addresses:
        with wire.Connection(address) as connection:
            connection.register()
            entry, = connection.call('undoInfo', 0, 10, {'description': b'wanted'})
            assert entry['user_name'] == b'/site somebody'
            assert len(connection.call('undoInfo', 0, 2, {})) == 2
            assert len(connection.call('undoInfo', 1, 2, None)) == 1
            assert not connection.call('undoInfo', 0, 10, {'description': b'nothing like it'})


@pytest.mark.raid
def test_what_undo_info_is_to_find_is_bounded(raw: wire.Connection) -> None:
    with pytest.raises(wire.RemoteError, match='too large'):
        raw.call('undoInfo', 0, 10, {'description': b'x' * 100_000})


def test_all_objects_are_walked_over(service: Cluster, raw: wire.Connection, storages: List[ClientStorage]) -> None:
    oids = raw.call('new_oids')[:3]
    raw.commit(1, *((oid, z64, b'walked ' + oid) for oid in oids))
    current = {}
    for *_, changed in held(service):
        current.update({oid: (tid, data) for oid, tid, data, _ in changed})
    for storage in storages:
        storage.ping()
        found, following = {}, None
        while True:
            oid, tid, data, following = storage.record_iternext(following)
            found[oid] = (tid, data)
            if following is None:
                break
        assert found == current


def test_the_interfaces_tell(storages: List[ClientStorage]) -> None:
    for storage in storages:
        assert IStorageIteration.providedBy(storage) and IStorageCurrentRecordIteration.providedBy(storage)
        assert storage._info['supports_record_iternext']


def test_copies_into_a_file(service: Cluster, storages: List[ClientStorage], tmp_path: Path) -> None:
    """What people iterate for."""
    copy = FileStorage(str(tmp_path / 'copy.fs'))
    copy.copyTransactionsFrom(storages[0])
    assert [(each.tid, records(each)) for each in copy.iterator()] == [(each[0], each[-1]) for each in held(service)]
    copy.close()


@pytest.mark.raid
def test_a_list_that_is_longer_than_a_message_is_refused_in_words() -> None:
    with Cluster(2, options=['max-message-size 64KB']) as cluster:
        cluster.start()
        with wire.Connection(cluster.address) as connection, wire.Connection(cluster.address) as other:
            connection.register()
            other.register()
            oid = connection.call('new_oids')[0]
            tid = z64
            for number in range(1, 5):
                tid = connection.commit(number, (oid, tid, b'%d' % number), description='x' * 20_000)
            with pytest.raises(wire.RemoteError, match='max-message-size'):
                connection.call('undoLog', 0, 4)
            with pytest.raises(wire.RemoteError, match='max-message-size'):
                connection.call('history', oid, 4)
            assert len(connection.call('history', oid, 2)) == len(connection.call('undoLog', 0, 2)) == 2
            assert other.call('loadBefore', oid, p64(u64(tid) + 1))[1] == tid


# ---------------------------------------------------------------- when backends fail


@pytest.mark.raid
@pytest.mark.timeout(120)
def test_an_iteration_goes_on_while_backends_are_killed(cluster: Cluster) -> None:
    with wire.Connection(cluster.address) as connection:
        connection.register()
        for number in range(1, MANY):
            oids = connection.call('new_oids')[:3]
            connection.commit(number, *((oid, z64, b'%d' % number) for oid in oids))
        expected = [(each[0], each[-1]) for each in held(cluster)]
        iterator = connection.call('iterator_start', None, None)
        found: List[Tuple[bytes, list]] = []
        alive = list(cluster.backends)
        while True:
            header = connection.call('iterator_next', iterator)
            if header is None:
                break
            found.append((header[0], []))
            record = connection.call('iterator_record_start', iterator, header[0])
            while True:
                if len(found) % 50 == 25 and len(found[-1][1]) == 1 and len(alive) > 1:
                    alive.pop(0).kill()
                item = connection.call('iterator_record_next', record)
                if item is None:
                    break
                found[-1][1].append(tuple(item))
        assert len(alive) == 1, 'two backends were killed meanwhile'
        assert found == expected


@pytest.mark.raid
def test_nothing_is_shown_before_it_is_announced(cluster: Cluster) -> None:
    """While one backend hangs, the others have committed what nobody was told of."""
    with ExitStack() as stack:
        writer, *readers = [stack.enter_context(wire.Connection(cluster.address)) for _ in range(4)]
        for connection in (writer, *readers):
            connection.register()
        oid, created = writer.call('new_oids')[:2]
        first = writer.commit(1, (oid, z64, b'announced'))
        for reader in readers:
            reader.wait_event('invalidateTransaction')
            assert reader.call('undoLog', 0, 1)  # it has a connection to browse by, each to another backend
        writer.begin(2)
        writer.cast('storea', oid, first, b'not announced', 2)
        writer.cast('storea', created, z64, b'not announced', 2)
        writer.call('vote', 2)
        hung = cluster.backends[2]
        hung.pause()
        try:
            finish = writer.send('tpc_finish', 2)
            wait_until('the others have committed', lambda: held(cluster)[-1][0] > first, BACKEND_TIMEOUT)
            reader = next(reader for reader in readers if answers(reader))
            require_shown(reader, oid, created, first)
            assert not reader.events, 'it was announced before it was looked for'
        finally:
            hung.resume()
        second = writer.answer(finish)
        reader.wait_event('invalidateTransaction')
        assert [entry['tid'] for entry in reader.call('history', oid, 5)] == [second, first]
        assert tuple(reader.call('record_iternext', oid)) == (oid, second, b'not announced', created)


def answers(reader: wire.Connection) -> bool:
    """Whether the backend that it browses is not the one that hangs."""
    call = reader.send('undoLog', 0, 1)
    try:
        return bool(reader.answer(call, 0.3))
    except TimeoutError:
        return False


def require_shown(reader: wire.Connection, oid: bytes, created: bytes, last: bytes) -> None:
    assert [entry['tid'] for entry in reader.call('history', oid, 1)] == [last]
    assert base64.decodebytes(reader.call('undoLog', 0, 1)[0]['id']) == last
    assert base64.decodebytes(reader.call('undoInfo', 0, 1, {})[0]['id']) == last
    assert tuple(reader.call('record_iternext', oid)) == (oid, last, b'announced', None)
    with pytest.raises(wire.RemoteError, match='POSKeyError'):
        reader.call('history', created, 1)
    iterator = reader.call('iterator_start', last, None)
    assert reader.call('iterator_next', iterator)[0] == last
    assert reader.call('iterator_next', iterator) is None
