"""Recovery and verification of a large database, while commits go on: how fast, with how much memory, and how equal.

    ZEORAID_FULL=1 ./dev e2e -k size          2 GB of records, 0.6 GB of blobs
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Iterator, List

import pytest
import transaction

from zeoraid_e2e import compare
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.bank import open_database
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.large import write_database
from zeoraid_e2e.process import pass_time, wait_until
from zeoraid_e2e.raid import IN_SYNC, MISSING, RAID_OPTIONS

FULL = os.environ.get('ZEORAID_FULL', '') not in ('', '0')
TRANSACTIONS, RECORD_BYTES = (100_000, 10_000) if FULL else (10_000, 1_000)
MEGABYTE = 1 << 20
BLOB_SIZES = ([n * MEGABYTE for n in (100, 1, 50, 5, 20, 100, 2, 10, 60, 1, 30, 80, 3, 20)] if FULL else
              [0, 1, 58_999, 59_000, 59_001, *range(1000, 300_000, 20_000), 2 * MEGABYTE])
SECONDS = 3600 if FULL else 240
RSS_BYTES = 512 << 20
MEASURED_SECONDS = 3

pytestmark = [pytest.mark.raid, pytest.mark.timeout(2 * SECONDS)]


class Committer:
    """Commits without a pause, one after another, and counts."""

    def __init__(self, cluster: Cluster):
        self._db = open_database(cluster.address)
        self._stopping = threading.Event()
        self.count = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        manager = transaction.TransactionManager(explicit=True)
        connection = self._db.open(manager)
        while not self._stopping.is_set():
            manager.begin()
            connection.root()['counter']['value'] += 1
            manager.commit()
            self.count += 1
        connection.close()

    def rate(self, until) -> float:
        """Commits per second until the condition holds."""
        before, start = self.count, time.monotonic()
        until()
        return (self.count - before) / (time.monotonic() - start)

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._db.close()


def most_memory(pid: int) -> int:
    """The most bytes that a process ever had in memory."""
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmHWM:'):
            return int(line.split()[1]) << 10
    raise AssertionError('no VmHWM')


@pytest.fixture(scope='module')
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a Data.fs and its blobs."""
    folder = tmp_path_factory.mktemp('large')
    write_database(folder / 'Data.fs', TRANSACTIONS, RECORD_BYTES, folder / 'blobs', BLOB_SIZES)
    yield folder
    shutil.rmtree(folder)


def put_database(database: Path, backend: Backend) -> None:
    """Gives it to a backend in place of what that has. It must not be running."""
    backend.wipe()
    shutil.copyfile(database / 'Data.fs', backend.data)
    assert backend.blobs
    shutil.copytree(database / 'blobs', backend.blobs)


@pytest.fixture
def large(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A RAID of which one backend has the database, and the other one nothing."""
    monkeypatch.setenv('JAVA_TOOL_OPTIONS', '-Xmx256m')
    with Cluster(2, backend_options={'blobs': True}, raid_options=RAID_OPTIONS) as cluster:
        put_database(database, cluster['a'])
        yield cluster.start()


def files_of(backend: Backend) -> List[Path]:
    """Its Data.fs and its blobs."""
    assert backend.blobs
    return [backend.data, *sorted(backend.blobs.rglob('*.blob'))]


def plain_copy_seconds(sources: List[Path], target: Path) -> float:
    """How long it takes to copy the files, one after the other, each of them onto the disk."""
    start = time.monotonic()
    for source in sources:
        with source.open('rb') as reader, target.open('wb') as writer:
            shutil.copyfileobj(reader, writer, MEGABYTE)
            writer.flush()
            os.fsync(writer.fileno())
    taken = time.monotonic() - start
    target.unlink()
    return taken


def require_same_blobs(cluster: Cluster) -> None:
    """The backends hold the same blobs, byte by byte: all that were written."""
    first, second = [compare.blob_files(backend.blobs) for backend in cluster.backends if backend.blobs]
    assert first == second, 'the backends hold other blobs'
    assert len(first) == len(BLOB_SIZES) + 2, 'the one that was undone, and that undo, are two more'


def require_sound(cluster: Cluster) -> None:
    """ZODB's own fstest and fsrefs find nothing wrong in any file."""
    for name, data in cluster.files().items():
        for script in ('fstest', 'fsrefs'):
            done = subprocess.run([sys.executable, '-m', f'ZODB.scripts.{script}', str(data)], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
            assert done.returncode == 0 and not done.stdout.strip(), f'{script} of {name}: {done.stdout[-2000:]}'


def test_recovery_at_size(large: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raid = large.raids[0]
    raid.await_state('b', MISSING)
    committer = Committer(large)
    wait_until('the first commits', lambda: committer.count > 10, 30)
    alone = committer.rate(lambda: pass_time(MEASURED_SECONDS))
    start = time.monotonic()
    raid.ask('raid_recover', 'b')
    meanwhile = committer.rate(lambda: raid.await_state('b', IN_SYNC, seconds=SECONDS))
    taken = time.monotonic() - start
    files = files_of(large['a'])
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    verified = raid.cli('verify', seconds=SECONDS)
    memory = most_memory(raid.pid)
    copy = plain_copy_seconds(files, tmp_path / 'copy')
    committer.close()
    with capsys.disabled():
        print(f'\nrecovery of {megabytes:.0f} MB, {len(files) - 1} blobs among them,'
              f' at {megabytes / taken:.1f} MB/s (plain copy: {megabytes / copy:.0f} MB/s),'
              f' commits {alone:.0f}/s alone, {meanwhile:.0f}/s meanwhile, {memory >> 20} MiB of memory')
    assert verified.returncode == 0, verified
    assert memory < RSS_BYTES
    assert meanwhile >= alone / 2
    assert large.require_equal() > TRANSACTIONS
    assert compare.pointers(large['a'].data) == compare.pointers(large['b'].data)
    require_same_blobs(large)
    require_sound(large)


def test_recovery_goes_on_after_any_death(large: Cluster) -> None:
    """Source, target and primary die in turn; what was copied stays."""
    raid = large.raids[0]
    raid.await_state('b', MISSING)
    raid.ask('raid_recover', 'b')
    sizes = []

    def recoveries() -> List[str]:
        return [line for line in raid.log.read_text().splitlines() if 'begins after' in line]

    def copied(attempt: int) -> None:
        wait_until(f'attempt {attempt}', lambda: len(recoveries()) >= attempt, 60)
        begun = large['b'].data.stat().st_size
        wait_until('some of it copied', lambda: large['b'].data.stat().st_size > begun + (1 << 20), 60)
        sizes.append(large['b'].data.stat().st_size)

    copied(1)
    large['b'].restart()
    copied(2)
    large['a'].restart()
    copied(3)
    raid.restart()
    raid.recover('b', seconds=SECONDS)
    assert sizes == sorted(sizes)
    assert large.require_equal() > TRANSACTIONS
    require_same_blobs(large)
    assert len(recoveries()) >= 4 and '0000000000000000' not in recoveries()[-1], recoveries()


def test_a_difference_is_named(large: Cluster, database: Path) -> None:
    raid = large.raids[0]
    told = raid.cli('verify', 'a', 'b', seconds=SECONDS)
    assert told.returncode == 1 and 'b lacks transaction' in told.stderr, told
    large['b'].kill()
    put_database(database, large['b'])
    with large['b'].data.open('r+b') as file:
        content = file.read(1 << 20)
        place = content.rindex(b'padding', 0, -100)  # the bytes that follow it are among those that were read
        file.seek(place + 40)
        file.write(bytes([content[place + 40] ^ 1]))
    large['b'].start()
    told = raid.cli('verify', 'a', 'b', seconds=SECONDS)
    assert told.returncode == 1 and 'has other data in transaction' in told.stderr, told
