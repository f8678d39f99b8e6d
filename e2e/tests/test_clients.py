"""What a server knows of its clients: who may only read, what they call themselves, and how long they may take."""

from __future__ import annotations

import re
import time
from typing import Iterator

import pytest
from ZEO.ClientStorage import ClientStorage
from ZODB.POSException import ReadOnlyError
from ZODB.utils import u64, z64

from zeoraid_e2e import wire
from zeoraid_e2e.client import Client
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until

pytestmark = [pytest.mark.raid, pytest.mark.timeout(120)]

TRANSACTION_TIMEOUT = 2


@pytest.fixture(scope='module')
def timed() -> Iterator[Cluster]:
    """Two servers that don't let a client hold the commit lock for long."""
    with Cluster(2, servers=2, options=[f'transaction-timeout {TRANSACTION_TIMEOUT}']) as cluster:
        yield cluster.start()


@pytest.fixture(params=['primary', 'secondary'])
def address(request: pytest.FixtureRequest, timed: Cluster) -> wire.Address:
    primary = timed.await_primary()
    return (primary if request.param == 'primary' else timed.others(primary)[0]).address


def test_who_holds_the_lock_for_too_long_is_disconnected(timed: Cluster, address: wire.Address) -> None:
    with wire.Connection(address) as slow, wire.Connection(timed.address) as other:
        before = slow.register()
        slow.cast('set_client_label', 'the slow one')
        other.register()
        oid = slow.call('new_oids')[0]
        slow.begin(1)
        slow.cast('storea', oid, z64, b'never committed', 1)
        slow.call('vote', 1)
        waiting = time.monotonic()
        tid = other.commit(1)
        assert time.monotonic() - waiting < TRANSACTION_TIMEOUT + 5
        slow.wait_close()
        assert tid > before
        with pytest.raises(wire.RemoteError, match='POSKeyError'):
            other.call('loadBefore', oid, b'\x7f' + b'\xff' * 7)
    logs = ''.join(raid.log.read_text() for raid in timed.raids)
    assert re.search(r'the slow one .* longer than 2000 ms', logs)


def test_who_hurries_is_not(timed: Cluster, address: wire.Address) -> None:
    with wire.Connection(address) as client:
        client.register()
        for number in range(1, 4):
            client.begin(number)
            client.call('vote', number)
            # As long as it may take, but for a moment, over several transactions.
            wait_until_passed(time.monotonic() + TRANSACTION_TIMEOUT / 2)
            assert client.call('tpc_finish', number)


def wait_until_passed(when: float) -> None:
    """Takes as long as a slow client does."""
    while time.monotonic() < when:
        time.sleep(0.05)


def test_the_status_is_that_of_a_zeo_server_and_of_a_raid(timed: Cluster) -> None:
    with wire.Connection(timed.address) as client:
        client.register()
        client.commit(1)
        status = client.call('server_status')
    assert status['commits'] >= 1 and status['active_txns'] == 0 and status['waiting'] == 0
    assert status['connections'] >= 1 and status['start'] and status['timeout-thread-is-alive'] is True


@pytest.fixture
def half_read_only() -> Iterator[Cluster]:
    """Two servers, of which the second one lets its clients only read."""
    with Cluster(2, servers=2) as cluster:
        cluster.raids[1].options.append('read-only yes')
        yield cluster.start()


def test_a_client_falls_back_to_reading_and_comes_back(half_read_only: Cluster) -> None:
    writable, read_only = half_read_only.raids
    client = Client(writable.address)
    client.put(written=1)
    client.close()

    fallback = ClientStorage([read_only.address, writable.address], read_only_fallback=True, wait_timeout=10)
    wait_until('a connection that may write', lambda: not fallback.is_read_only(), 30)
    writable.stop()
    wait_until('a connection that may only read', lambda: fallback.is_connected() and fallback.is_read_only(), 30)
    assert fallback.load(z64)
    with wire.Connection(read_only.address) as raw:
        with pytest.raises(wire.RemoteError, match='ReadOnlyError'):
            raw.register('1', False)
        raw.register('1', True)
        raw.begin(1)
        with pytest.raises(wire.RemoteError, match='ReadOnlyError'):
            raw.call('vote', 1)
    writable.start()
    wait_until('a connection that may write', lambda: fallback.is_connected() and not fallback.is_read_only(), 60)
    fallback.close()


def test_a_read_only_client_may_not_write(timed: Cluster) -> None:
    writer = Client(timed.address)
    writer.put(written=0)
    writer.close()
    client = Client(timed.address, read_only=True)
    with pytest.raises(ReadOnlyError):
        client.put(written=1)
    client.close()
    with wire.Connection(timed.address) as raw:
        raw.register('1', True)
        with pytest.raises(wire.RemoteError, match='ReadOnlyError'):
            raw.call('new_oids')


def test_a_restart_costs_clients_no_caches(timed: Cluster) -> None:
    """What they missed is known after a restart: not only that they missed something."""
    client = Client(timed.address)
    client.put(**{f'number {i}': i for i in range(3)})
    seen = client.storage.lastTransaction()
    client.close()
    writer = Client(timed.raids[1].address)
    writer.put(changed=1)
    writer.close()
    timed.raids[0].restart()
    with wire.Connection(timed.raids[0].address) as raw:
        raw.register()
        last, oids = raw.call('getInvalidations', seen)
    assert u64(last) > u64(seen) and list(oids) == [z64]
