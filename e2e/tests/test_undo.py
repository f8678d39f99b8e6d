"""Undo and deletion, at a RAID with one server and at the secondary of two."""

from __future__ import annotations

from typing import Callable, Iterator, List

import pytest
from persistent.mapping import PersistentMapping
from ZODB.interfaces import IExternalGC, IStorageRestoreable, IStorageUndoable
from ZODB.POSException import ConflictError, MultipleUndoErrors, POSKeyError
from ZODB.utils import p64, u64, z64

from zeoraid_e2e import compare, wire
from zeoraid_e2e.client import Client, undo_id
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.raid import FAILED

pytestmark = [pytest.mark.raid, pytest.mark.timeout(120)]


@pytest.fixture(scope='module', params=[1, 2], ids=['one-server', 'secondary'])
def service(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with Cluster(2, msgpack=request.param == 2, servers=request.param) as cluster:
        yield cluster.start()


@pytest.fixture(scope='module')
def addresses(service: Cluster) -> List[wire.Address]:
    """Where those connect that change something, and those that watch."""
    primary = service.await_primary()
    others = service.others(primary) or [primary]
    return [others[0].address, primary.address]


@pytest.fixture
def clients(addresses: List[wire.Address]) -> Iterator[Callable[[], Client]]:
    opened: List[Client] = []

    def new() -> Client:
        opened.append(Client(addresses[len(opened) % 2]))
        return opened[-1]

    yield new
    for client in opened:
        client.close()


@pytest.fixture
def client(clients: Callable[[], Client]) -> Client:
    """At the secondary, if there is one."""
    return clients()


@pytest.fixture
def watcher(client: Client, clients: Callable[[], Client]) -> Client:
    """At the primary."""
    return clients()


def create(client: Client, key: str, **values: object) -> bytes:
    """Commits a new object under a key of the root; returns its oid."""
    created = PersistentMapping(**values)
    client.put(**{key: created})
    return created._p_oid


def test_says_what_it_can_do(client: Client) -> None:
    assert client.db.supportsUndo()
    for interface in (IStorageUndoable, IStorageRestoreable, IExternalGC):
        assert interface.providedBy(client.storage)


def test_an_undone_change_is_gone_for_everybody(client: Client, watcher: Client) -> None:
    client.put(undone='old')
    change = client.put(undone='new')
    assert watcher.begin()['undone'] == 'new'
    client.undo(change)
    assert watcher.begin()['undone'] == 'old'
    assert client.begin()['undone'] == 'old'


def test_an_undo_can_be_undone(client: Client, watcher: Client) -> None:
    client.put(twice='old')
    undo = client.undo(client.put(twice='new'))
    client.undo(undo)
    assert watcher.begin()['twice'] == 'new'


def test_the_oids_of_an_undo_are_announced(client: Client, addresses: List[wire.Address]) -> None:
    oid = create(client, 'announced')
    client.begin()['announced']['key'] = 'value'
    change = client.commit()
    with wire.Connection(addresses[0]) as beside, wire.Connection(addresses[1]) as elsewhere:
        for connection in (beside, elsewhere):
            connection.register()
        tid = client.undo(change)
        for connection in (beside, elsewhere):
            announced, oids = connection.wait_event('invalidateTransaction')
            assert (announced, list(oids)) == (tid, [oid])
            assert list(connection.call('getInvalidations', change)[1]) == [oid]
            assert connection.call('loadBefore', oid, p64(u64(tid) + 1))[1] == tid


def test_several_are_undone_in_one_transaction(client: Client, watcher: Client) -> None:
    create(client, 'one', value=0)
    create(client, 'other', value=0)
    changes = []
    for key, value in (('one', 1), ('other', 1), ('one', 2)):
        client.begin()[key]['value'] = value
        changes.append(client.commit())
    client.undo(*reversed(changes))
    root = watcher.begin()
    assert (root['one']['value'], root['other']['value']) == (0, 0)


def test_an_undone_creation_leaves_no_object(client: Client, watcher: Client) -> None:
    oid = create(client, 'created')
    creation = client.storage.lastTransaction()
    assert watcher.begin()['created'] == {}
    client.undo(creation)
    assert 'created' not in watcher.begin()
    for storage in (client.storage, watcher.storage):
        with pytest.raises(POSKeyError):
            storage.load(oid)


def test_what_was_changed_since_cannot_be_undone(client: Client, watcher: Client) -> None:
    oid = create(client, 'changed', value=0)
    client.begin()['changed']['value'] = 1
    change = client.commit()
    watcher.begin()['changed']['value'] = 2
    last = watcher.commit()
    with pytest.raises(MultipleUndoErrors) as caught:
        client.undo(change)
    assert [failed for failed, _ in caught.value._errs] == [oid]
    assert 'Some data were modified by a later transaction' in str(caught.value)
    assert client.storage.is_connected()
    assert client.begin()['changed']['value'] == 2
    assert client.storage.lastTransaction() == last


@pytest.mark.parametrize('undone', [undo_id(p64(0x1234)), b'nonsense', b''])
def test_what_is_no_transaction_cannot_be_undone(addresses: List[wire.Address], undone: bytes) -> None:
    with wire.Connection(addresses[0]) as connection:
        last = connection.register()
        connection.begin(1)
        connection.cast('undoa', undone, 1)
        with pytest.raises(wire.RemoteError) as caught:
            connection.call('vote', 1)
        assert caught.value.class_name
        connection.call('tpc_abort', 1)
        assert connection.commit(2) > last


def test_a_deleted_object_is_gone_for_everybody(addresses: List[wire.Address]) -> None:
    with wire.Connection(addresses[0]) as connection, wire.Connection(addresses[1]) as watcher:
        connection.register()
        watcher.register()
        oid = connection.call('new_oids')[0]
        created = connection.commit(1, (oid, z64, b'data'))
        watcher.wait_event('invalidateTransaction')
        connection.begin(2)
        connection.cast('deleteObject', oid, created, 2)
        connection.call('vote', 2)
        tid = connection.call('tpc_finish', 2)
        announced, oids = watcher.wait_event('invalidateTransaction')
        assert (announced, list(oids)) == (tid, [oid])
        for one in (connection, watcher):
            with pytest.raises(wire.RemoteError) as caught:
                one.call('loadBefore', oid, p64(u64(tid) + 1))
            assert caught.value.class_name == 'ZODB.POSException.POSKeyError'
            assert one.call('loadBefore', oid, tid) == (b'data', created, tid)


def test_what_was_changed_since_is_not_deleted(client: Client) -> None:
    oid = create(client, 'kept')
    created = client.storage.lastTransaction()
    client.begin()['kept']['key'] = 'value'
    client.commit()
    with pytest.raises(ConflictError):
        client.delete(oid, created)
    assert client.begin()['kept'] == {'key': 'value'}


def test_what_is_undone_while_a_backend_is_out_is_recovered(service: Cluster, client: Client, watcher: Client) -> None:
    raid = service.await_primary()
    create(client, 'stays', value=0)
    goes = create(client, 'goes')
    created = client.storage.lastTransaction()
    client.begin()['stays']['value'] = 1
    change = client.commit()
    service['b'].kill()
    raid.await_state('b', FAILED)
    undo = client.undo(change)
    client.undo(undo)
    client.begin()['stays']['value'] = 2
    last = client.undo(client.commit())
    client.delete(goes, created)
    service['b'].start()
    raid.recover('b')
    client.undo(last)  # both backends must find the same
    assert watcher.begin()['stays']['value'] == 2
    raid.await_optimal()


def test_all_backends_hold_the_same_at_the_end(service: Cluster) -> None:
    """Runs last in this module: it stops the servers."""
    assert service.require_equal() > 10
    first, second = (compare.pointers(file) for file in service.files().values())
    assert first == second
    assert any(first), 'no undo left a back-pointer'
