"""The facts about a stock ZEO server on which the replication protocol is built (docs/replication.md, F1-F8).

If one of these fails with a new release of ZEO, the protocol has to be thought over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator, List

import pytest
from ZODB.utils import newTid, p64, u64, z64

from zeoraid_e2e import compare, wire
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.process import wait_until

OID = p64(1)


@pytest.fixture(scope='module', params=['pickle', 'msgpack'])
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    server = Backend('stock', tmp_path_factory.mktemp('stock'), msgpack=request.param == 'msgpack')
    server.start()
    yield server
    server.kill()


@pytest.fixture
def connect(backend: Backend) -> Iterator[Callable[[], wire.Connection]]:
    opened: List[wire.Connection] = []

    def new() -> wire.Connection:
        opened.append(wire.Connection(backend.address))
        opened[-1].register()
        return opened[-1]

    yield new
    for connection in opened:
        connection.close()


def waits(connection: wire.Connection, message_id: int) -> bool:
    """Whether a call is still unanswered although the server has answered a later one."""
    connection.call('ping')
    return not connection.answered(message_id)


class Vote:
    """F3: a vote with lastTransaction right behind it. Transaction 1 must have begun."""

    def __init__(self, connection: wire.Connection):
        self._connection = connection
        del connection.events[:]
        self._vote = connection.send('vote', 1)
        self._last = connection.send('lastTransaction')
        self.waited = False  # known after `last_tid`

    def last_tid(self) -> bytes:
        """Waits for the vote; the exact last tid under the lock that it took."""
        self._connection.answer(self._vote)
        self.waited = self._connection.answered(self._last)
        seen = [args[0] for name, args in self._connection.events if name == 'invalidateTransaction']
        said = self._connection.answer(self._last)
        return seen[-1] if self.waited and seen else said


@pytest.mark.parametrize('end', ['tpc_finish', 'tpc_abort', 'disconnect'])
def test_f1_the_vote_takes_the_lock_and_waiters_queue(connect: Callable[[], wire.Connection], end: str) -> None:
    holder, waiter = connect(), connect()
    waiter.begin(1)
    waiter.cast('storea', OID, z64, b'waits', 1)  # only logged: no lock yet
    holder.begin(1)
    holder.call('vote', 1)
    vote = waiter.send('vote', 1)
    assert waits(waiter, vote)
    if end == 'disconnect':
        holder.close()
    else:
        holder.call(end, 1)
    try:
        waiter.answer(vote)
    except wire.RemoteError as error:  # its store was logged, and is checked only now
        assert error.class_name == 'ZODB.POSException.ConflictError'
    waiter.call('tpc_abort', 1)


@pytest.mark.parametrize('closed_by', ['transaction-timeout', 'a second tpc_begin', 'an unknown method'])
def test_f1_a_lock_outlives_a_connection_that_the_server_closes(tmp_path: Path, closed_by: str) -> None:
    """Not the end of the connection, but its loss: a stock server that closes a connection itself forgets to abort.

    (ZEO/asyncio/server.py: connection_lost skips notify_disconnected if close was called.) So a transaction-timeout does not
    free the lock, and only a restart of the server does.
    """
    server = Backend('leaky', tmp_path, transaction_timeout=1 if closed_by == 'transaction-timeout' else None)
    server.start()
    try:
        with wire.Connection(server.address) as holder, wire.Connection(server.address) as waiter:
            for connection in (holder, waiter):
                connection.register()
                connection.begin(1)
            holder.call('vote', 1)
            vote = waiter.send('vote', 1)
            if closed_by == 'a second tpc_begin':
                holder.begin(2)
            elif closed_by == 'an unknown method':
                holder.send('no_such_method')
            holder.wait_close()
            holder.close()
            assert waits(waiter, vote)
            status = wire.ruok(server.address)
            assert status and status['1']['lock_time'] and status['1']['waiting'] == 1
        server.restart()
        with wire.Connection(server.address) as next_one:
            next_one.register()
            next_one.commit(1)
    finally:
        server.kill()


def test_f2_a_tid_is_taken_as_it_is_even_an_old_one(connect: Callable[[], wire.Connection]) -> None:
    client = connect()
    newest = newTid(None)
    assert client.commit(1, tid=newest) == newest
    older = p64(u64(newest) - 1000)
    assert client.commit(2, tid=older) == older
    assert client.call('lastTransaction') == older, 'lastTransaction goes back'
    client.commit(3)


@pytest.mark.parametrize('moment', ['after', 'before', 'racing'])
def test_f3_the_last_tid_behind_a_vote_is_exact(
        backend: Backend, connect: Callable[[], wire.Connection], moment: str) -> None:
    """However a vote and another connection's finish fall together; the paused server makes the race likely."""
    committer, voter = connect(), connect()
    for attempt in range(8):
        committer.begin(1)
        committer.call('vote', 1)
        voter.begin(1)
        if moment == 'after':
            tid = committer.call('tpc_finish', 1)
            vote = Vote(voter)
            assert vote.last_tid() == tid
            assert not vote.waited
        elif moment == 'before':
            vote = Vote(voter)
            voter.call('ping')
            tid = committer.call('tpc_finish', 1)
            assert vote.last_tid() == tid
            assert vote.waited
        else:
            backend.pause()
            finish = committer.send('tpc_finish', 1) if attempt % 2 else 0
            vote = Vote(voter)
            finish = finish or committer.send('tpc_finish', 1)
            backend.resume()
            assert vote.last_tid() == committer.answer(finish)
        voter.call('tpc_abort', 1)


def test_f3_invalidations_come_in_commit_order(connect: Callable[[], wire.Connection]) -> None:
    committers, watcher = [connect() for _ in range(3)], connect()
    tids = [committer.commit(number) for number in range(1, 6) for committer in committers]
    assert [watcher.wait_event('invalidateTransaction')[0] for _ in tids] == tids


def test_f4_a_transaction_without_records_is_one_like_any_other(tmp_path: Path) -> None:
    server = Backend('empty', tmp_path)
    server.start()
    try:
        with wire.Connection(server.address) as client, wire.Connection(server.address) as watcher:
            client.register()
            watcher.register()
            tid = client.commit(1, description='nothing')
            announced, oids = watcher.wait_event('invalidateTransaction')
            assert (announced, list(oids)) == (tid, [])
        server.restart()
        with wire.Connection(server.address) as client:
            assert client.register() == tid
            iterator = client.call('iterator_start', None, None)
            assert client.call('iterator_next', iterator)[0] == tid
        kept, = compare.transactions(server.data)
        assert (kept.tid, kept.description, kept.records) == (tid, b'nothing', ())
    finally:
        server.kill()


def test_f5_restore_is_unchecked_and_not_announced(connect: Callable[[], wire.Connection]) -> None:
    client, watcher = connect(), connect()
    oid = client.call('new_oids')[0]
    before = client.commit(1)
    tid = newTid(before)
    watcher.wait_event('invalidateTransaction')
    client.begin(2, tid)
    client.cast('restorea', oid, tid, b'restored', None, 2)  # an object that was never created
    client.call('vote', 2)
    assert client.call('tpc_finish', 2) == tid
    assert client.call('loadSerial', oid, tid) == b'restored'
    announced, oids = watcher.wait_event('invalidateTransaction')
    assert (announced, list(oids)) == (tid, [])
    newest, changed = client.call('getInvalidations', before)
    assert newest == tid and oid not in changed


def test_f6_an_unknown_method_closes_the_connection(connect: Callable[[], wire.Connection]) -> None:
    client = connect()
    client.send('no_such_method')
    client.wait_close()


def test_f6_a_connection_has_one_transaction(connect: Callable[[], wire.Connection]) -> None:
    client = connect()
    client.begin(1)
    client.begin(2)
    client.wait_close()


def test_f7_a_finish_may_arrive_after_its_connection_was_lost(
        backend: Backend, connect: Callable[[], wire.Connection]) -> None:
    lost, asking = connect(), connect()
    tid = newTid(asking.call('lastTransaction'))
    lost.begin(1, tid)
    lost.call('vote', 1)
    backend.pause()
    lost.send('tpc_finish', 1)
    lost.close()
    backend.resume()
    asking.begin(1)
    assert Vote(asking).last_tid() == tid, 'under the lock, the outcome is certain'
    asking.call('tpc_abort', 1)


def test_f7_a_vote_is_forgotten_with_its_connection(connect: Callable[[], wire.Connection]) -> None:
    lost, asking = connect(), connect()
    before = asking.call('lastTransaction')
    lost.begin(1, newTid(before))
    lost.call('vote', 1)
    lost.close()
    asking.begin(1)
    assert Vote(asking).last_tid() == before
    asking.call('tpc_abort', 1)


def test_f8_after_a_crash_the_last_tid_may_be_of_a_transaction_that_is_not_there(tmp_path: Path) -> None:
    """A FileStorage that was killed between vote and finish cuts the transaction off when it starts again, but goes on
    to claim its tid as the last one, until a commit or the next restart. Only iteration tells.

    (ZODB/FileStorage/FileStorage.py: read_index notes the tid before it looks at the status.)
    """
    server = Backend('crashed', tmp_path)
    server.start()
    try:
        with wire.Connection(server.address) as client:
            client.register()
            kept = client.commit(1)
            lost = newTid(kept)
            client.begin(2, lost)
            client.cast('storea', OID, z64, b'lost', 2)
            client.call('vote', 2)
            server.restart()
        with wire.Connection(server.address) as client:
            assert client.register() == lost
            assert client.call('lastTransaction') == lost
            assert iterated(client, kept) == [kept]
            assert iterated(client, lost) == []
            with pytest.raises(wire.RemoteError, match='POSKeyError'):
                client.call('loadBefore', OID, p64(u64(lost) + 1))
        server.restart()
        assert server.last_tid() == kept
    finally:
        server.kill()


def iterated(connection: wire.Connection, start: bytes) -> List[bytes]:
    """The tids that an iterator from `start` shows."""
    iterator = connection.call('iterator_start', start, None)
    return [item[0] for item in iter(lambda: connection.call('iterator_next', iterator), None)]


def test_nothing_was_left_locked(backend: Backend) -> None:
    """Runs last: the tests above share a server."""

    def unlocked() -> bool:
        status = wire.ruok(backend.address)
        return bool(status) and status['1']['lock_time'] is None

    wait_until('the commit lock free', unlocked)
