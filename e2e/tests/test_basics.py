"""What any ZEO client expects of its server, in both encodings."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest
from BTrees.Length import Length
from ZODB.POSException import ConflictError, POSKeyError, ReadConflictError
from ZODB.utils import p64, u64, z64

from zeoraid_e2e import compare, wire
from zeoraid_e2e.client import Client
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until


@pytest.fixture(scope='module', params=['pickle', 'msgpack'])
def service(request: pytest.FixtureRequest, new_cluster: Callable[[bool], Cluster]) -> Iterator[Cluster]:
    with new_cluster(request.param == 'msgpack') as cluster:
        yield cluster.start()


@pytest.fixture
def clients(service: Cluster) -> Iterator[Callable[..., Client]]:
    opened = []

    def new(**options: object) -> Client:
        opened.append(Client(service.address, **options))
        return opened[-1]

    yield new
    for client in opened:
        client.close()


@pytest.fixture
def raw(service: Cluster) -> Iterator[wire.Connection]:
    with wire.Connection(service.address) as connection:
        connection.register()
        yield connection


def put(client: Client, key: str, value: object) -> None:
    client.begin()[key] = value
    client.commit()


def test_greets_in_the_configured_encoding(service: Cluster, request: pytest.FixtureRequest) -> None:
    with wire.Connection(service.address) as connection:
        expected = b'M5' if 'msgpack' in request.node.name else b'Z5'
        assert connection.greeting == expected


@pytest.mark.parametrize('encoding', ['Z', 'M'])
def test_speaks_the_encoding_of_the_client(service: Cluster, encoding: str) -> None:
    with wire.Connection(service.address, encoding) as connection:
        connection.register()
        oid, = connection.call('new_oids')[:1]
        tid = connection.commit(1, (oid, z64, b'\x00\xff data'))
        assert connection.call('loadBefore', oid, p64(u64(tid) + 1)) == (b'\x00\xff data', tid, None)


def test_one_client_reads_what_another_has_committed(clients: Callable[..., Client]) -> None:
    writer, reader = clients(), clients()
    put(writer, 'greeting', 'Grüße')
    assert reader.begin()['greeting'] == 'Grüße'


def test_an_aborted_transaction_leaves_nothing(clients: Callable[..., Client]) -> None:
    writer, reader = clients(), clients()
    writer.begin()['aborted'] = True
    writer.abort()
    assert 'aborted' not in reader.begin()


def test_a_voted_transaction_can_be_aborted(raw: wire.Connection, service: Cluster) -> None:
    oid = raw.call('new_oids')[0]
    raw.begin(1)
    raw.cast('storea', oid, z64, b'never', 1)
    raw.call('vote', 1)
    assert raw.call('tpc_abort', 1) is None
    with pytest.raises(wire.RemoteError) as caught:
        raw.call('loadBefore', oid, b'\x7f' + b'\xff' * 7)
    assert caught.value.class_name == 'ZODB.POSException.POSKeyError'
    assert raw.commit(2, (oid, z64, b'now'))


def test_the_second_of_two_writers_gets_a_conflict(clients: Callable[..., Client]) -> None:
    first, second = clients(), clients()
    put(first, 'contended', 0)
    first.begin()['contended'] = 1
    second.begin()['contended'] = 2
    first.commit()
    with pytest.raises(ConflictError):
        second.commit()
    assert second.begin()['contended'] == 1
    second.connection.root()['contended'] = 3
    second.commit()
    assert first.begin()['contended'] == 3


def test_a_conflict_on_a_counter_is_resolved(clients: Callable[..., Client]) -> None:
    first, second = clients(), clients()
    put(first, 'counter', Length(10))
    first.begin()['counter'].change(1)
    second.begin()['counter'].change(2)
    first.commit()
    second.commit()
    assert second.begin()['counter']() == 13
    assert first.begin()['counter']() == 13


def test_a_snapshot_stays_while_others_commit(clients: Callable[..., Client]) -> None:
    writer, reader = clients(), clients()
    put(writer, 'first', {'value': 'old'})
    root = reader.begin()
    put(writer, 'first', {'value': 'new'})
    reader.connection.cacheMinimize()
    assert root['first'] == {'value': 'old'}
    assert reader.begin()['first'] == {'value': 'new'}


def test_invalidations_arrive_in_the_order_of_the_commits(raw: wire.Connection, service: Cluster) -> None:
    with wire.Connection(service.address) as watcher:
        watcher.register()
        oids = raw.call('new_oids')[:5]
        tids = [raw.commit(number, (oid, z64, b'x')) for number, oid in enumerate(oids, 1)]
        seen = [watcher.wait_event('invalidateTransaction') for _ in tids]
        assert [(tid, list(changed)) for tid, changed in seen] == [(tid, [oid]) for tid, oid in zip(tids, oids)]
        assert not [event for event in raw.events if event[0] == 'invalidateTransaction'], 'the committer got its own'


def test_a_transaction_without_records_is_announced(raw: wire.Connection, service: Cluster) -> None:
    with wire.Connection(service.address) as watcher:
        watcher.register()
        tid = raw.commit(1)
        announced, oids = watcher.wait_event('invalidateTransaction')
        assert (announced, list(oids)) == (tid, [])


def test_ping_is_answered_after_earlier_invalidations(raw: wire.Connection, service: Cluster) -> None:
    with wire.Connection(service.address) as watcher:
        watcher.register()
        for number in range(1, 11):
            tid = raw.commit(number)
            watcher.call('ping')
            assert watcher.events[-1] == ('invalidateTransaction', (tid, ())) or \
                watcher.events[-1] == ('invalidateTransaction', (tid, []))


def test_oids_are_never_handed_out_twice(service: Cluster) -> None:
    seen = set()
    for _ in range(3):
        with wire.Connection(service.address) as one, wire.Connection(service.address) as other:
            one.register()
            other.register()
            for _ in range(3):
                for connection in (one, other):
                    oids = connection.call('new_oids')
                    assert 0 < len(oids) <= 100
                    assert not seen.intersection(oids)
                    seen.update(oids)


def test_old_revisions_can_be_read(raw: wire.Connection) -> None:
    oid = raw.call('new_oids')[0]
    first = raw.commit(1, (oid, z64, b'first'))
    second = raw.commit(2, (oid, first, b'second'))
    assert raw.call('loadBefore', oid, p64(u64(second) + 1)) == (b'second', second, None)
    assert raw.call('loadBefore', oid, second) == (b'first', first, second)
    assert raw.call('loadBefore', oid, first) is None
    assert raw.call('loadSerial', oid, first) == b'first'
    assert raw.call('lastTransaction') == second


def test_an_unknown_object_is_a_key_error(clients: Callable[..., Client]) -> None:
    with pytest.raises(POSKeyError):
        clients().storage.load(b'\x00\xff\xff\xff\xff\xff\xff\xff')


def test_read_current_makes_a_read_count(clients: Callable[..., Client]) -> None:
    first, second = clients(), clients()
    root = first.begin()
    root['read'], root['written'] = Length(1), Length(1)
    first.commit()
    root = second.begin()
    assert root['read']() == 1
    second.connection.readCurrent(root['read'])
    root['written'].set(5)
    first.begin()['read'].set(2)
    first.commit()
    with pytest.raises(ReadConflictError):
        second.commit()
    root = second.begin()
    assert root['read']() == 2
    second.connection.readCurrent(root['read'])
    root['written'].set(6)
    second.commit()
    assert first.begin()['written']() == 6


def test_the_server_checks_current_serials(raw: wire.Connection) -> None:
    oid, other = raw.call('new_oids')[:2]
    old = raw.commit(1, (oid, z64, b'old'))
    raw.commit(2, (oid, old, b'new'))
    raw.begin(3)
    raw.cast('storea', other, z64, b'x', 3)
    raw.cast('checkCurrentSerialInTransaction', oid, old, 3)
    with pytest.raises(wire.RemoteError) as caught:
        raw.call('vote', 3)
    assert caught.value.class_name == 'ZODB.POSException.ReadConflictError'
    raw.call('tpc_abort', 3)


def test_the_vote_waits_for_the_transaction_before(raw: wire.Connection, service: Cluster) -> None:
    with wire.Connection(service.address) as waiting:
        waiting.register()
        oid, other = raw.call('new_oids')[:2]
        raw.begin(1)
        raw.cast('storea', oid, z64, b'one', 1)
        raw.call('vote', 1)
        waiting.begin(1)
        waiting.cast('storea', other, z64, b'two', 1)
        vote = waiting.send('vote', 1)
        first = raw.call('tpc_finish', 1)
        waiting.answer(vote)
        assert waiting.call('tpc_finish', 1) > first


def test_a_lost_connection_aborts_what_it_had_voted(raw: wire.Connection, service: Cluster) -> None:
    oid = raw.call('new_oids')[0]
    with wire.Connection(service.address) as lost:
        lost.register()
        lost.begin(1)
        lost.cast('storea', oid, z64, b'lost', 1)
        lost.call('vote', 1)
    tid = raw.commit(1, (oid, z64, b'kept'))
    assert raw.call('loadSerial', oid, tid) == b'kept'


def test_a_kept_cache_is_verified_when_the_client_comes_back(
        service: Cluster, clients: Callable[..., Client], tmp_path: Path) -> None:
    cache = str(tmp_path / 'cache.zec')
    writer = clients()
    root = writer.begin()
    root['changes'], root['stays'] = Length(1), Length(1)
    writer.commit()
    returning = Client(service.address, cache=cache)
    root = returning.begin()
    assert (root['changes'](), root['stays']()) == (1, 1)
    stays = root['stays']._p_oid
    returning.close()
    writer.begin()['changes'].set(2)
    writer.commit()
    returning = clients(cache=cache)
    root = returning.begin()
    assert (root['changes'](), root['stays']()) == (2, 1)
    assert returning.storage._cache.load(stays), 'what did not change was dropped from the cache'


def test_a_client_survives_a_restart_of_the_server(service: Cluster, clients: Callable[..., Client]) -> None:
    client = clients()
    put(client, 'restart', 'before')
    service.raid.restart()
    wait_until('client connected again', client.storage.is_connected)
    other = clients()
    put(other, 'restart', 'after')
    wait_until('client connected again', client.storage.is_connected)
    assert client.begin()['restart'] == 'after'
    put(client, 'restart', 'later')
    assert other.begin()['restart'] == 'later'


def test_a_big_object_goes_both_ways(clients: Callable[..., Client]) -> None:
    writer, reader = clients(), clients()
    big = bytes(range(256)) * 20_000
    put(writer, 'big', big)
    assert reader.begin()['big'] == big


def test_metadata_is_kept(service: Cluster, clients: Callable[..., Client]) -> None:
    client = clients()
    client.begin()['noted'] = 1
    transaction_ = client.manager.get()
    transaction_.setUser('ümit')
    transaction_.note('was geändert wurde')
    transaction_.setExtendedInfo('ip', '192.0.2.1')
    client.commit()
    last = list(compare.transactions(service.backends[0].data))[-1]
    assert last.user.decode() == ' ümit' or last.user.decode() == '/ ümit'
    assert last.description.decode() == 'was geändert wurde'
    assert b'192.0.2.1' in last.extension


def test_server_status_and_ruok(service: Cluster, raw: wire.Connection) -> None:
    last = raw.commit(1)
    status = raw.call('server_status')
    assert status['last-transaction'] == last.hex()
    assert status['connections'] >= 1
    answer = wire.ruok(service.address)
    assert answer and list(answer) == ['1']
    assert answer['1']['last-transaction'] == last.hex()


def test_get_info_tells_the_size(raw: wire.Connection) -> None:
    info = raw.call('get_info')
    assert {'length', 'size', 'name', 'supportsUndo', 'supports_record_iternext', 'interfaces'} <= set(info)
    assert info['length'] > 0 and info['size'] > 0


def test_an_unknown_storage_is_refused_in_words(service: Cluster) -> None:
    with wire.Connection(service.address) as connection:
        with pytest.raises(wire.RemoteError, match='nonesuch'):
            connection.register('nonesuch')


def test_an_unknown_method_closes_the_connection(raw: wire.Connection) -> None:
    raw.send('no_such_method')
    raw.wait_close()


@pytest.mark.parametrize('method, arguments', [
    ('history', (z64, 3)),
    ('getTid', (z64,)),
    ('undoLog', (0, 5)),
    ('undoInfo', (0, 5, None)),
    ('record_iternext', (None,)),
    ('iterator_start', (None, None)),
    ('sendBlob', (z64, z64)),
    ('pack', (0.0, True)),
])
def test_a_call_is_served_or_refused_in_words(raw: wire.Connection, clients: Callable[..., Client], method: str,
                                               arguments: tuple) -> None:
    clients()  # the root object exists
    try:
        raw.call(method, *arguments)
    except wire.RemoteError as error:
        require_words(error)
    assert raw.call('lastTransaction')


@pytest.mark.parametrize('method, arguments', [
    ('undoa', (b'AAAAAAAAAAE=',)),
    ('deleteObject', (p64(0xffffff), p64(1))),
    # Stock servers close the connection here.
    pytest.param('storeBlobShared', (p64(0xffffff), z64, b'data', 'nonesuch.blob'), marks=pytest.mark.raid),
    pytest.param('storeBlobEnd', (p64(0xffffff), z64, b'data'), marks=pytest.mark.raid),
])
def test_an_asynchronous_call_is_refused_at_the_vote(raw: wire.Connection, method: str, arguments: tuple) -> None:
    raw.begin(1)
    raw.cast(method, *arguments, 1)
    with pytest.raises(wire.RemoteError) as caught:
        raw.call('vote', 1)
    require_words(caught.value)
    assert raw.call('lastTransaction')


def require_words(error: wire.RemoteError) -> None:
    """An error that people see says something."""
    assert error.class_name and str(error.args_sent) not in ('', '()', '{}'), error


def test_all_backends_hold_the_same_at_the_end(service: Cluster) -> None:
    """Runs last in this module: it stops the servers."""
    assert service.require_equal() > 10
