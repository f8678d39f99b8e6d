"""A history is copied into a RAID: at its only server, and at the secondary of two."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest
import transaction
from persistent.mapping import PersistentMapping
from ZEO.ClientStorage import ClientStorage
from ZODB.Connection import TransactionMetaData
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage
from ZODB.POSException import StorageTransactionError
from ZODB.utils import p64, u64, z64

from zeoraid_e2e import compare, wire
from zeoraid_e2e.client import Client, undo_id
from zeoraid_e2e.cluster import Cluster

pytestmark = [pytest.mark.raid, pytest.mark.timeout(120)]


@pytest.fixture(params=[1, 2], ids=['one-server', 'secondary'])
def service(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with Cluster(2, msgpack=request.param == 2, servers=request.param) as cluster:
        yield cluster.start()


@pytest.fixture
def address(service: Cluster) -> wire.Address:
    primary = service.await_primary()
    return (service.others(primary) or [primary])[0].address


@pytest.fixture
def source(tmp_path: Path) -> Iterator[FileStorage]:
    """A storage with some past: changes, metadata, an undo, an undone creation, a deletion."""
    storage = FileStorage(str(tmp_path / 'Source.fs'))
    db = DB(storage)
    manager = transaction.TransactionManager(explicit=True)
    connection = db.open(manager)

    def commit(note: str) -> bytes:
        manager.get().note(note)
        manager.get().setExtendedInfo('place', note.upper())
        manager.commit()
        return storage.lastTransaction()

    manager.begin()
    counter, deleted = PersistentMapping(value=0), PersistentMapping()
    connection.root().update(counter=counter, deleted=deleted)
    created = commit('created')
    for value in range(1, 20):
        manager.begin()
        connection.root()['counter']['value'] = value
        last = commit(f'value {value}')
    manager.begin()
    connection.root()['passing'] = PersistentMapping()
    passing = commit('passing')
    for undone in (passing, last):
        manager.begin()
        db.undo(undo_id(undone), manager.get())
        commit('undo')
    meta = TransactionMetaData()
    storage.tpc_begin(meta)
    storage.deleteObject(deleted._p_oid, created, meta)
    storage.tpc_vote(meta)
    storage.tpc_finish(meta)
    connection.close()
    yield storage
    db.close()


def contents(data: Path) -> List[Tuple]:
    """The transactions with records, with what is in their extensions: the pickles of these may differ."""
    return [(item.tid, item.status, item.user, item.description, item.extension and pickle.loads(item.extension),
             item.records) for item in compare.transactions(data) if item.records]


def test_a_storage_is_copied(service: Cluster, address: wire.Address, source: FileStorage) -> None:
    with wire.Connection(service.await_primary().address) as watcher:
        watcher.register()
        storage = ClientStorage(address)
        storage.copyTransactionsFrom(source)
        assert storage.lastTransaction() == source.lastTransaction()
        tid = b''
        while tid != source.lastTransaction():
            tid, oids = watcher.wait_event('invalidateTransaction')
            assert list(oids) == [record.oid for record in next(source.iterator(tid, tid))]
        greatest = max(u64(record.oid) for item in source.iterator() for record in item)
        assert u64(storage.new_oid()) > greatest, 'an oid was handed out that came with the copy'
        storage.close()
    client = Client(address)
    assert client.begin()['counter']['value'] == 18
    client.put(after='the copy')
    client.close()
    service.require_equal()
    copied = contents(service['a'].data)
    assert copied[:-1] == contents(Path(source.getName()))
    first, second = (compare.pointers(file) for file in service.files().values())
    assert first == second
    assert [item for item in first if item] == [item for item in compare.pointers(Path(source.getName())) if item]


def test_a_raid_is_copied_into_another(service: Cluster, address: wire.Address) -> None:
    with Cluster(2) as other:
        other.start()
        client = Client(other.address)
        client.put(counter=1)
        last = client.put(counter=2)
        storage = ClientStorage(address)
        storage.copyTransactionsFrom(client.storage)
        assert storage.lastTransaction() == last
        storage.close()
        client.close()
        other.stop()
        service.require_equal()
        assert contents(service['a'].data) == contents(other['a'].data)


def test_an_earlier_transaction_is_refused_in_words(service: Cluster, address: wire.Address,
                                                    source: FileStorage) -> None:
    client = Client(address)
    last = client.put(already='something')
    with pytest.raises(StorageTransactionError, match='not later than the last transaction'):
        client.storage.copyTransactionsFrom(source)
    client.close()
    with wire.Connection(address) as connection:
        connection.register()
        connection.begin(1, source.lastTransaction())
        connection.cast('storea', p64(0xffff), z64, b'data', 1)
        with pytest.raises(wire.RemoteError, match='not later than the last transaction') as caught:
            connection.call('vote', 1)
        assert last.hex() in str(caught.value.args_sent)
        # It is served as before.
        assert connection.commit(2, (p64(0xffff), z64, b'data')) > last
    service.require_equal()


@pytest.mark.parametrize('status', ['u', 'c'])
def test_no_transaction_gets_a_status_that_a_backend_would_cut_off(
        service: Cluster, address: wire.Address, status: str) -> None:
    with wire.Connection(address) as connection:
        connection.register()
        connection.cast('tpc_begin', 1, b'', b'', b'', None, status)
        connection.cast('storea', p64(0xffff), z64, b'data', 1)
        with pytest.raises(wire.RemoteError, match='status'):
            connection.call('vote', 1)


def test_a_revision_is_restored_only_in_its_own_transaction(service: Cluster, address: wire.Address) -> None:
    with wire.Connection(address) as connection:
        last = connection.register()
        later = p64(u64(last) + 0x100000)
        for number, tid in ((1, None), (2, later)):
            connection.begin(number, tid)
            connection.cast('restorea', p64(0xffff), p64(u64(later) + 1), b'data', None, number)
            with pytest.raises(wire.RemoteError, match='restored'):
                connection.call('vote', number)
        connection.begin(3, later)
        connection.cast('restorea', p64(0xffff), later, b'data', None, 3)
        connection.call('vote', 3)
        assert connection.call('tpc_finish', 3) == later
        assert connection.call('loadSerial', p64(0xffff), later) == b'data'
