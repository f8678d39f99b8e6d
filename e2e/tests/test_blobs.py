"""Blobs: stored, loaded, undone, packed and recovered, at a RAID with one server and at the secondary of two."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Tuple

import pytest
from persistent.mapping import PersistentMapping
from ZODB.blob import Blob
from ZODB.interfaces import IBlobStorage
from ZODB.POSException import POSKeyError
from ZODB.utils import p64

from zeoraid_e2e import compare
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.client import Client
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import FAILED, MISSING

pytestmark = [pytest.mark.raid, pytest.mark.timeout(180)]

MEGABYTE = 1 << 20


def cluster_of(size: int, **options: object) -> Cluster:
    return Cluster(size, backend_options={'blobs': True}, **options)


@pytest.fixture(scope='module', params=[(1, False), (1, True), (2, True)], ids=['pickle', 'msgpack', 'secondary'])
def service(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    servers, msgpack = request.param
    with cluster_of(2, msgpack=msgpack, servers=servers) as cluster:
        yield cluster.start()


@pytest.fixture
def clients(service: Cluster, tmp_path: Path) -> Iterator[Callable[[], Client]]:
    """The first one is at the secondary, if there is one."""
    primary = service.await_primary()
    addresses = [server.address for server in [*service.others(primary), primary]]
    opened: List[Client] = []

    def new() -> Client:
        address = addresses[min(len(opened), len(addresses) - 1)]
        opened.append(Client(address, blob_dir=str(tmp_path / f'client-{len(opened)}')))
        return opened[-1]

    yield new
    for client in opened:
        client.close()


def content(size: int, seed: int = 0) -> bytes:
    """Bytes that differ by place and seed."""
    block = hashlib.shake_256(b'%d' % seed).digest(min(size, MEGABYTE))
    return (block * (size // len(block) + 1))[:size] if block else b''


def put_blob(client: Client, key: str, data: bytes) -> Tuple[bytes, bytes]:
    """Commits a blob, new or known, under a key of the root; returns its oid and the transaction's tid."""
    root = client.begin()
    if key not in root:
        root[key] = Blob()
    with root[key].open('w') as file:
        file.write(data)
    tid = client.commit()
    return root[key]._p_oid, tid


def read_blob(client: Client, key: str) -> bytes:
    with client.begin()[key].open('r') as file:
        return file.read()


def blob_files(backend: Backend) -> Dict[str, str]:
    """{path: digest} of all blobs in a backend's folder, but for what it has not tidied up."""
    assert backend.blobs
    return compare.blob_files(backend.blobs)


def revisions(backend: Backend) -> List[Tuple[bytes, List[Tuple[bytes, bytes, bytes]]]]:
    """All transactions with their records, whose order within one is left out (docs/blobs.md)."""
    return [(each.tid, sorted((oid, tid, data or b'') for oid, tid, data in each.records))
            for each in compare.transactions(backend.data)]


def require_equal(cluster: Cluster) -> Dict[str, str]:
    """Stops everything; checks records and blobs of all backends, file by file, and returns the files."""
    cluster.stop()
    first, *others = cluster.backends
    files = blob_files(first)
    for other in others:
        assert blob_files(other) == files, f'{first.name} and {other.name} have other blobs'
        assert revisions(other) == revisions(first)
    return files


def test_offers_blobs(clients: Callable[[], Client]) -> None:
    assert IBlobStorage.providedBy(clients().storage)


@pytest.mark.parametrize('size', [0, 1, 58999, 59000, 59001, 5 * MEGABYTE])
def test_what_is_stored_is_loaded_by_others(clients: Callable[[], Client], size: int) -> None:
    writer, reader = clients(), clients()
    put_blob(writer, f'size-{size}', content(size))
    assert read_blob(reader, f'size-{size}') == content(size)


def test_each_revision_has_a_blob_of_its_own(clients: Callable[[], Client]) -> None:
    writer, reader = clients(), clients()
    oid, first = put_blob(writer, 'revisions', b'first')
    oid, second = put_blob(writer, 'revisions', b'second')
    for tid, expected in ((first, b'first'), (second, b'second')):
        assert Path(reader.storage.loadBlob(oid, tid)).read_bytes() == expected


def test_a_blob_that_is_not_there_is_an_error(clients: Callable[[], Client]) -> None:
    writer, reader = clients(), clients()
    oid, tid = put_blob(writer, 'there', b'there')
    for wrong_oid, wrong_tid in ((oid, p64(1)), (p64(1 << 40), tid), (oid, p64((1 << 63) - 1))):
        with pytest.raises(POSKeyError):
            reader.storage.loadBlob(wrong_oid, wrong_tid)
    assert read_blob(reader, 'there') == b'there'


def test_an_aborted_upload_is_no_harm(clients: Callable[[], Client]) -> None:
    writer = clients()
    put_blob(writer, 'kept', b'kept')
    with writer.begin()['kept'].open('w') as file:
        file.write(content(MEGABYTE))
    writer.abort()
    put_blob(writer, 'after', b'after')
    assert read_blob(clients(), 'kept') == b'kept'


def test_undo_brings_back_the_blob_of_before(clients: Callable[[], Client]) -> None:
    writer, reader = clients(), clients()
    put_blob(writer, 'undone', b'old')
    _, change = put_blob(writer, 'undone', b'new')
    assert read_blob(reader, 'undone') == b'new'
    writer.undo(change)
    assert read_blob(reader, 'undone') == b'old'


def test_every_backend_holds_every_blob(service: Cluster, clients: Callable[[], Client]) -> None:
    put_blob(clients(), 'everywhere', content(200_000))
    first, second = service.backends
    assert blob_files(first) and blob_files(first) == blob_files(second)


# ---------------------------------------------------------------- losses


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tuple[Cluster, Client]]:
    with cluster_of(2) as cluster:
        cluster.start()
        client = Client(cluster.address, blob_dir=str(tmp_path / 'client'))
        yield cluster, client
        client.close()


def test_a_backend_that_was_emptied_gets_all_blobs_back(tree: Tuple[Cluster, Client]) -> None:
    cluster, client = tree
    raid = cluster.raids[0]
    for number in range(5):
        put_blob(client, f'blob-{number}', content(100_000, number))
    root = client.begin()
    root['several'] = PersistentMapping({'a': Blob(b'a'), 'b': Blob(b'b'), 'c': 'no blob'})
    client.commit()
    _, change = put_blob(client, 'blob-0', b'changed')
    client.undo(change)
    client.begin()['created'] = Blob(b'created')
    creation = client.commit()
    undone = client.undo(creation)
    client.undo(undone)  # the blob is there again
    _, _ = put_blob(client, 'blob-1', b'once more')
    put_blob(client, 'large', content(20 * MEGABYTE))
    second = cluster['b']
    second.kill()
    put_blob(client, 'blob-2', b'without b')
    second.wipe()
    second.start()
    raid.recover('b', seconds=60)
    put_blob(client, 'after', b'after')
    told = raid.cli('verify')
    assert told.returncode == 0, told
    files = require_equal(cluster)
    assert len(files) >= 15


def test_blobs_of_a_packed_storage_are_recovered(tree: Tuple[Cluster, Client]) -> None:
    cluster, client = tree
    raid = cluster.raids[0]
    oid, first = put_blob(client, 'packed', b'first')
    put_blob(client, 'packed', b'second')
    client.begin()['gone'] = Blob(b'gone')
    client.commit()
    del client.begin()['gone']
    client.commit()
    time.sleep(0.1)
    done = raid.cli('pack', '--days', '0')
    assert done.returncode == 0, done
    put_blob(client, 'later', b'later')
    second = cluster['b']
    second.kill()
    put_blob(client, 'packed', b'third')
    second.wipe()
    second.start()
    raid.recover('b', seconds=60)
    told = raid.cli('verify')
    assert told.returncode == 0, told
    files = require_equal(cluster)
    assert not any(first.hex().lstrip('0') in name for name in files)


def test_verify_finds_a_blob_that_was_changed_or_removed(tree: Tuple[Cluster, Client]) -> None:
    cluster, client = tree
    raid = cluster.raids[0]
    put_blob(client, 'first', content(100_000))
    put_blob(client, 'undone', b'old')
    _, change = put_blob(client, 'undone', b'new')
    put_blob(client, 'empty', b'')
    client.undo(change)  # a revision with a blob of its own
    put_blob(client, 'large', content(5 * MEGABYTE, 1))
    told = raid.cli('verify')
    assert told.returncode == 0 and ', 6 blobs, ' in told.stdout and 'file' not in told.stdout, told
    _, tid = put_blob(client, 'changed', content(2 * MEGABYTE, 2))
    file = next(path for path in cluster['b'].blobs.rglob('*.blob') if path.stat().st_size == 2 * MEGABYTE)
    file.chmod(0o600)
    with file.open('r+b') as changed:
        changed.seek(MEGABYTE + 7)
        byte = changed.read(1)[0]
        changed.seek(MEGABYTE + 7)
        changed.write(bytes([byte ^ 1]))
    told = raid.cli('verify')
    assert told.returncode == 1 and 'b has another blob of object' in told.stderr and tid.hex() in told.stderr, told
    with file.open('ab') as changed:
        changed.write(b'more')
    told = raid.cli('verify')
    assert told.returncode == 1 and f'({2 * MEGABYTE + 4} bytes instead of {2 * MEGABYTE})' in told.stderr, told
    file.unlink()
    told = raid.cli('verify')
    assert told.returncode == 1 and 'b lacks the blob of object' in told.stderr and tid.hex() in told.stderr, told


def test_verify_compares_records_only_without_blob_dirs(tree: Tuple[Cluster, Client]) -> None:
    cluster, client = tree
    raid = cluster.raids[0]
    put_blob(client, 'kept', b'kept')
    cluster.stop()
    for backend in cluster.backends:
        backend.blobs = None
    cluster.start()
    told = raid.cli('verify')
    assert told.returncode == 0 and 'records of blobs compared without files' in told.stdout, told


def test_a_backend_that_is_killed_during_an_upload_is_put_out(tree: Tuple[Cluster, Client]) -> None:
    cluster, client = tree
    raid = cluster.raids[0]
    put_blob(client, 'before', b'before')
    timer = threading.Timer(0.3, cluster['b'].kill)
    timer.start()
    for number in range(4):
        put_blob(client, f'blob-{number}', content(40 * MEGABYTE, number))
    timer.join()
    raid.await_state('b', FAILED, MISSING)
    cluster['b'].start()
    raid.recover('b', seconds=100)
    require_equal(cluster)


def test_a_download_goes_on_when_its_backend_is_killed(tree: Tuple[Cluster, Client], tmp_path: Path) -> None:
    cluster, client = tree
    data = content(200 * MEGABYTE)
    oid, tid = put_blob(client, 'large', data)
    loaded: List[str] = []
    reader = Client(cluster.address, blob_dir=str(tmp_path / 'reader'))
    try:
        loading = threading.Thread(target=lambda: loaded.append(reader.storage.loadBlob(oid, tid)))
        loading.start()
        part = wait_until('part of a blob', lambda: next(iter((tmp_path / 'reader').rglob('*.dl')), None), 30)
        wait_until('some of it', lambda: not part.exists() or part.stat().st_size > 5 * MEGABYTE, 30)
        sender = 'a' if busy(cluster['a']) else 'b'
        cluster[sender].kill()
        loading.join(60)
        assert loaded and hashlib.sha256(Path(loaded[0]).read_bytes()).digest() == hashlib.sha256(data).digest()
    finally:
        reader.close()


def busy(backend: Backend) -> bool:
    """Whether this backend works, rather than the other one."""
    def ticks() -> int:
        return sum(map(int, Path(f'/proc/{backend.pid}/stat').read_text().rsplit(')', 1)[1].split()[11:13]))

    before = ticks()
    time.sleep(0.1)
    return ticks() - before >= 3


@pytest.mark.timeout(600)
def test_a_large_blob_goes_through_little_memory(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path, full: bool) -> None:
    megabytes = 5200 if full else 300
    monkeypatch.setenv('JDK_JAVA_OPTIONS', '-Xmx64m -XX:MaxDirectMemorySize=64m')
    with cluster_of(2, raid_options=('timeout 10', 'max-transaction-size 8GB', 'transaction-memory 4MB',
                                     'cache-size 4MB', 'auto-recover no')) as cluster:
        cluster.start()
        source = tmp_path / 'source'
        digest = hashlib.sha256()
        with source.open('wb') as file:
            for number in range(megabytes):
                part = content(MEGABYTE, number)
                file.write(part)
                digest.update(part)
        writer = Client(cluster.address, blob_dir=str(tmp_path / 'writer'))
        blob = Blob()
        writer.begin()['large'] = blob
        blob.consumeFile(str(source))
        tid = writer.commit()
        oid = blob._p_oid
        writer.close()
        reader = Client(cluster.address, blob_dir=str(tmp_path / 'reader'))
        loaded = reader.storage.loadBlob(oid, tid)
        received = hashlib.sha256()
        with open(loaded, 'rb') as file:
            while part := file.read(MEGABYTE):
                received.update(part)
        assert received.digest() == digest.digest()
        reader.close()
        told = cluster.raids[0].cli('verify', seconds=240 if full else 120)
        assert told.returncode == 0 and ', 1 blobs, ' in told.stdout, told
        peak = next(line for line in Path(f'/proc/{cluster.raids[0].pid}/status').read_text().splitlines()
                    if line.startswith('VmHWM'))
        assert int(peak.split()[1]) < 400 * 1024, peak
