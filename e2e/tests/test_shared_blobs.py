"""A blob directory that clients share with a backend (docs/blobs.md): the folder of backend a, at one server and at the
secondary of two.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from pathlib import Path
from typing import Callable, Iterator, List, Set, Tuple

import pytest
from test_blobs import MEGABYTE, content, put_blob, read_blob, require_equal
from ZODB.blob import Blob, FilesystemHelper
from ZODB.POSException import ConflictError, POSKeyError
from ZODB.utils import z64

from zeoraid_e2e import wire
from zeoraid_e2e.client import Client
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import FAILED, MISSING

pytestmark = [pytest.mark.raid, pytest.mark.timeout(180)]

_transactions = itertools.count(1)


def sharing_cluster(servers: int = 1, msgpack: bool = False) -> Cluster:
    """Two backends; the blob directory of the first is that of the clients, too."""
    cluster = Cluster(2, msgpack=msgpack, servers=servers, backend_options={'blobs': True})
    for raid in cluster.raids:
        raid.raid_options += [f'blob-dir {cluster["a"].blobs}', 'shared-blob-dir yes']
    return cluster


def leftovers(cluster: Cluster) -> List[str]:
    """What clients, and the backends, have put down only for the time of a transaction."""
    return [str(path) for backend in cluster.backends if backend.blobs
            for path in backend.blobs.rglob('*') if path.is_file() and path.suffix not in ('.blob', '.layout')
            and path.name not in ('.layout', '.lock')]


def committed(cluster: Cluster) -> Set[Path]:
    """The blobs in the directory that clients share; they may be on their way out of it."""
    assert cluster['a'].blobs
    return set(cluster['a'].blobs.rglob('*.blob'))


def await_no_leftovers(cluster: Cluster) -> None:
    wait_until('nothing left over', lambda: not leftovers(cluster), 20, tell=lambda: leftovers(cluster))


@pytest.fixture(scope='module', params=[(1, False), (1, True), (2, True)], ids=['pickle', 'msgpack', 'secondary'])
def service(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with sharing_cluster(*request.param) as cluster:
        yield cluster.start()


@pytest.fixture
def address(service: Cluster) -> wire.Address:
    """Of the secondary, if there is one."""
    primary = service.await_primary()
    return [*service.others(primary), primary][0].address


@pytest.fixture
def clients(service: Cluster, address: wire.Address, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """New clients, which share the directory or have one of their own."""
    opened: List[Client] = []

    def new(shared: bool = True) -> Client:
        blob_dir = service['a'].blobs if shared else tmp_path / f'client-{len(opened)}'
        opened.append(Client(address, blob_dir=str(blob_dir), shared_blob_dir=shared))
        return opened[-1]

    yield new
    for client in opened:
        client.close()


@pytest.mark.parametrize('size', [0, 1, 59000, 5 * MEGABYTE])
def test_what_is_stored_is_loaded_by_all(service: Cluster, clients: Callable[..., Client], size: int) -> None:
    key = f'size-{size}'
    oid, tid = put_blob(clients(), key, content(size))
    assert read_blob(clients(), key) == content(size)
    assert read_blob(clients(shared=False), key) == content(size)
    file = FilesystemHelper(str(service['a'].blobs)).getBlobFilename(oid, tid)
    assert Path(file).read_bytes() == content(size)
    assert not leftovers(service)


def test_clients_that_share_nothing_may_write_as_well(clients: Callable[..., Client]) -> None:
    put_blob(clients(shared=False), 'other', b'stored over the connection')
    assert read_blob(clients(), 'other') == b'stored over the connection'


def test_several_blobs_in_one_transaction(service: Cluster, clients: Callable[..., Client]) -> None:
    writer = clients()
    writer.begin()['several'] = [Blob(b'one'), Blob(b''), Blob(content(200_000))]
    writer.commit()
    read = []
    for blob in clients(shared=False).begin()['several']:
        with blob.open('r') as file:
            read.append(file.read())
    assert read == [b'one', b'', content(200_000)]
    assert not leftovers(service)


def test_undo_brings_back_the_blob_of_before(clients: Callable[..., Client]) -> None:
    writer, reader = clients(), clients()
    put_blob(writer, 'undone', b'old')
    _, change = put_blob(writer, 'undone', b'new')
    assert read_blob(reader, 'undone') == b'new'
    writer.undo(change)
    assert read_blob(reader, 'undone') == b'old'


def test_a_conflict_leaves_nothing(service: Cluster, clients: Callable[..., Client]) -> None:
    first, second = clients(), clients()
    put_blob(first, 'contested', b'base')
    with second.begin()['contested'].open('w') as file:
        file.write(b'too late')
    put_blob(first, 'contested', b'first')
    with pytest.raises(ConflictError):
        second.commit()
    second.abort()
    await_no_leftovers(service)
    assert read_blob(clients(), 'contested') == b'first'


def handed_over(connection: wire.Connection, blobs: Path, data: bytes) -> Tuple[int, Path]:
    """Begins a transaction with a blob of a new object, as a client does; returns (transaction, file)."""
    oid = connection.call('new_oids')[0]
    fs = FilesystemHelper(str(blobs))
    fs.createPathForOID(oid)
    handle, name = fs.blob_mkstemp(oid, z64)
    os.write(handle, data)
    os.close(handle)
    transaction = next(_transactions)
    connection.begin(transaction)
    connection.cast('storea', oid, z64, b'record', transaction)
    connection.cast('storeBlobShared', oid, z64, b'record', os.path.basename(name), transaction)
    return transaction, Path(name)


@pytest.mark.parametrize('end', ['abort', 'abort after the vote', 'disconnect', 'disconnect after the vote'])
def test_a_transaction_that_is_given_up_leaves_no_file(service: Cluster, address: wire.Address, end: str) -> None:
    assert service['a'].blobs
    before = committed(service)
    with wire.Connection(address) as connection:
        connection.register()
        transaction, file = handed_over(connection, service['a'].blobs, content(MEGABYTE))
        if 'vote' in end:
            connection.call('vote', transaction)
        assert file.exists()
        if 'abort' in end:
            connection.call('tpc_abort', transaction)
            assert not file.exists()
    wait_until('the file gone', lambda: not file.exists(), 20)
    await_no_leftovers(service)
    wait_until('the blobs of before', lambda: committed(service) == before, 20)


@pytest.mark.parametrize('name', [
    '../x.tmp', '/etc/passwd', '../../../../../../../../.layout', 'x/../../y.tmp', '..', '', 'missing.tmp-', 'x.blob',
    'x\0.tmp', 'link.tmp-', 'pipe.tmp-', 'folder.tmp-', 'a' * 5000 + '.tmp'])
def test_a_hostile_name_is_refused_in_words(service: Cluster, address: wire.Address, name: str) -> None:
    assert service['a'].blobs
    secret = service.folder / 'secret'
    secret.write_bytes(b'secret')
    with wire.Connection(address) as connection:
        connection.register()
        oid = connection.call('new_oids')[0]
        objects = Path(FilesystemHelper(str(service['a'].blobs)).createPathForOID(oid))
        (objects / 'link.tmp-').symlink_to(secret)
        (objects / 'folder.tmp-').mkdir()
        os.mkfifo(objects / 'pipe.tmp-')
        transaction = next(_transactions)
        connection.begin(transaction)
        connection.cast('storea', oid, z64, b'record', transaction)
        connection.cast('storeBlobShared', oid, z64, b'record', name, transaction)
        with pytest.raises(wire.RemoteError, match='blob-dir'):
            connection.call('vote', transaction)
        assert connection.call('lastTransaction')
    for each in ('link.tmp-', 'pipe.tmp-'):
        (objects / each).unlink()
    assert secret.read_bytes() == b'secret'


def test_the_committer_knows_the_size_at_once(clients: Callable[..., Client], service: Cluster) -> None:
    writer = clients()
    sizes = []
    for number in range(3):
        writer.put(**{f'size-of-{number}': Blob(b'counted')})
        sizes.append((len(writer.storage), writer.storage.getSize()))
    assert [length for length, _ in sizes] == list(range(sizes[0][0], sizes[0][0] + 3))
    assert sizes[0][1] < sizes[1][1] < sizes[2][1]
    with wire.Connection(service['a'].address) as backend:
        backend.register(read_only=True)
        assert backend.call('get_info')['length'] == sizes[-1][0]


def test_every_backend_holds_every_blob(service: Cluster) -> None:
    """Runs last of those with this RAID: it stops the servers."""
    assert len(require_equal(service)) > 5


# ---------------------------------------------------------------- losses


@pytest.fixture
def tree() -> Iterator[Tuple[Cluster, Client]]:
    with sharing_cluster() as cluster:
        cluster.start()
        client = Client(cluster.address, blob_dir=str(cluster['a'].blobs), shared_blob_dir=True)
        yield cluster, client
        client.close()


@pytest.mark.parametrize('emptied', [False, True], ids=['behind', 'emptied'])
def test_a_recovered_owner_has_the_files_where_clients_look(tree: Tuple[Cluster, Client], emptied: bool) -> None:
    cluster, client = tree
    raid, owner = cluster.raids[0], cluster['a']
    put_blob(client, 'before', b'before')
    oid, first = put_blob(client, 'changed', b'first')
    owner.kill()
    oid, second = put_blob(client, 'changed', b'second')
    raid.await_state('a', FAILED, MISSING)
    with pytest.raises(POSKeyError):  # it looks nowhere else
        client.storage.loadBlob(oid, second)
    if emptied:
        owner.wipe()
    owner.start()
    raid.recover('a', seconds=60)
    for tid, data in ((first, b'first'), (second, b'second')):
        assert Path(client.storage.loadBlob(oid, tid)).read_bytes() == data
    assert read_blob(client, 'before') == b'before'
    put_blob(client, 'after', b'after')
    assert read_blob(client, 'after') == b'after'
    await_no_leftovers(cluster)
    require_equal(cluster)


def test_a_pack_removes_old_files(tree: Tuple[Cluster, Client]) -> None:
    cluster, client = tree
    oid, first = put_blob(client, 'packed', b'first')
    oid, second = put_blob(client, 'packed', b'second')
    put_blob(client, 'later', b'later')
    before = client.storage.getSize()
    time.sleep(0.1)
    done = cluster.raids[0].cli('pack', '--days', '0')
    assert done.returncode == 0, done
    wait_until('told of the new size', lambda: client.storage.getSize() < before, 20)
    with pytest.raises(POSKeyError):
        client.storage.loadBlob(oid, first)
    assert Path(client.storage.loadBlob(oid, second)).read_bytes() == b'second'
    require_equal(cluster)


def test_the_owner_is_killed_during_commits(tree: Tuple[Cluster, Client]) -> None:
    cluster, client = tree
    put_blob(client, 'before', b'before')
    timer = threading.Timer(0.3, cluster['a'].kill)
    timer.start()
    for number in range(4):
        put_blob(client, f'blob-{number}', content(30 * MEGABYTE, number))
    timer.join()
    cluster.raids[0].await_state('a', FAILED, MISSING)
    cluster['a'].start()
    cluster.raids[0].recover('a', seconds=100)
    for number in range(4):
        assert read_blob(client, f'blob-{number}') == content(30 * MEGABYTE, number)
    require_equal(cluster)
