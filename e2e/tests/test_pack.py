"""Pack, as clients ask for it: at a RAID with one server, and at the secondary of two."""

from __future__ import annotations

import threading
import time
from typing import Iterator, List

import pytest
from persistent.mapping import PersistentMapping
from ZEO.Exceptions import ServerException
from ZODB.POSException import POSError
from ZODB.utils import z64

from zeoraid_e2e import wire
from zeoraid_e2e.client import Client
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import IN_SYNC

pytestmark = [pytest.mark.raid, pytest.mark.timeout(120)]

# What a pack takes away shows in the files' sizes.
LARGE = 'x' * 100_000


@pytest.fixture(params=[1, 2], ids=['one-server', 'secondary'])
def service(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with Cluster(2, msgpack=request.param == 2, servers=request.param) as cluster:
        yield cluster.start()


@pytest.fixture
def address(service: Cluster) -> wire.Address:
    """Of the secondary, if there is one."""
    primary = service.await_primary()
    return (service.others(primary) or [primary])[0].address


@pytest.fixture
def client(address: wire.Address) -> Iterator[Client]:
    opened = Client(address)
    yield opened
    opened.close()


def grow(client: Client, times: int = 10) -> List[bytes]:
    return [client.put(large=LARGE + str(number)) for number in range(times)]


def sizes(service: Cluster) -> List[int]:
    return [backend.data.stat().st_size for backend in service.backends]


def states(service: Cluster) -> set:
    return set(service.await_primary().view().states.values())


def test_all_backends_are_packed_alike(service: Cluster, client: Client) -> None:
    grow(client)
    before = sizes(service)
    client.storage.pack(time.time())
    assert all(now < was / 2 for now, was in zip(sizes(service), before)), (before, sizes(service))
    assert len(client.storage.history(z64, 100)) < 5
    assert client.begin()['large'] == LARGE + '9'
    client.put(after=1)
    assert states(service) == {IN_SYNC}
    service.require_equal()


def test_who_does_not_wait_is_answered_at_once(service: Cluster, client: Client) -> None:
    grow(client)
    before = sizes(service)
    client.storage.pack(time.time(), wait=False)
    client.put(meanwhile=1)
    wait_until('packed files', lambda: all(now < was / 2 for now, was in zip(sizes(service), before)))


def test_one_that_only_reads_may_pack(service: Cluster, client: Client, address: wire.Address) -> None:
    grow(client)
    before = sizes(service)
    reader = Client(address, read_only=True)
    reader.storage.pack(time.time())
    reader.close()
    assert all(now < was / 2 for now, was in zip(sizes(service), before))


def test_writing_goes_on(service: Cluster, client: Client, address: wire.Address) -> None:
    client.put(own=PersistentMapping())
    writer = Client(address)
    done = threading.Event()
    written: List[int] = []

    def write() -> None:
        while not done.is_set():
            writer.begin()['own']['written'] = len(written)
            writer.commit()
            written.append(len(written))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(5):
            grow(client, 3)
            client.storage.pack(time.time())
    finally:
        done.set()
        thread.join()
    writer.close()
    assert client.begin()['own']['written'] == len(written) - 1
    assert states(service) == {IN_SYNC}
    service.require_equal()


def test_a_pack_that_fails_halfway_puts_nobody_out_for_good(service: Cluster, client: Client) -> None:
    changes = grow(client)
    service['b'].pause()
    try:
        with pytest.raises(ServerException, match='b'):
            client.storage.pack(time.time())
    finally:
        service['b'].resume()
    primary = service.await_primary()
    if primary.states()['b'] != IN_SYNC:
        primary.recover('b')
    service.await_optimal()

    # Only b can undo this now.
    with pytest.raises(POSError):
        client.undo(changes[3])
    assert states(service) == {IN_SYNC}
    client.put(after=1)
    client.storage.pack(time.time())
    service.require_equal()
