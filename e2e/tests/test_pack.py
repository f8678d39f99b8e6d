"""Pack, as clients ask for it: at a RAID with one server, and at the secondary of two."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import Callable, Iterator, List

import pytest
from persistent.mapping import PersistentMapping
from ZEO.Exceptions import ServerException
from ZODB.POSException import POSError
from ZODB.utils import z64

from zeoraid_e2e import wire
from zeoraid_e2e.client import Client
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import IN_SYNC, RAID_OPTIONS

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


def are_packed(service: Cluster, before: List[int]) -> bool:
    """Whether the file of every backend has lost more than half of what it had."""
    return all(now < was / 2 for now, was in zip(sizes(service), before))


def states(service: Cluster) -> set:
    return set(service.await_primary().view().states.values())


def test_all_backends_are_packed_alike(service: Cluster, client: Client) -> None:
    grow(client)
    before = sizes(service)
    client.storage.pack(time.time())
    assert are_packed(service, before), (before, sizes(service))
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
    wait_until('packed files', lambda: are_packed(service, before))


def test_one_that_only_reads_may_pack(service: Cluster, client: Client, address: wire.Address) -> None:
    grow(client)
    before = sizes(service)
    reader = Client(address, read_only=True)
    reader.storage.pack(time.time())
    reader.close()
    assert are_packed(service, before)


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


@pytest.fixture
def recovering() -> Iterator[Cluster]:
    """A RAID that recovers a backend unasked."""
    options = [option for option in RAID_OPTIONS if not option.startswith('auto-recover')]
    with Cluster(2, raid_options=(*options, 'auto-recover yes')) as cluster:
        yield cluster.start()


def in_thread(work: Callable[[], None]) -> 'Future[None]':
    """Runs it beside the test, which does not wait for it if it fails."""
    result: 'Future[None]' = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result


def test_a_pack_waits_for_a_backend_that_is_recovered(recovering: Cluster) -> None:
    client = Client(recovering.address)
    grow(client)
    recovering['b'].kill()
    client.put(without_b=1)
    before = sizes(recovering)
    pack = in_thread(lambda: client.storage.pack(time.time()))
    wait_until('that it waits', lambda: 'a pack waits until' in recovering.raids[0].log.read_text(), 30)
    assert sizes(recovering) == before
    recovering['b'].start()
    pack.result(60)
    assert are_packed(recovering, before), (before, sizes(recovering))
    client.close()
    recovering.require_equal()


def test_a_backend_that_is_lost_during_a_pack_is_packed_when_it_is_back(recovering: Cluster) -> None:
    client = Client(recovering.address)
    grow(client)
    then = time.time()
    client.put(after=1)  # so that nothing has to be committed for the pack, which would find out that b is hung
    before = sizes(recovering)
    recovering['b'].pause()
    pack = in_thread(lambda: client.storage.pack(then))
    wait_until('that a is packed', lambda: sizes(recovering)[0] < before[0] / 2, 60)
    recovering['b'].kill()
    recovering['b'].start()
    pack.result(60)
    assert are_packed(recovering, before), (before, sizes(recovering))
    client.close()
    recovering.require_equal()
