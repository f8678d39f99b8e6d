"""Runs ZEO's suite in both encodings, in several processes at once, and sums up what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Callable, List, Optional, Sequence, Set

from zeoraid_e2e.process import tail
from zeoraid_e2e.raid import given_command
from zeoraid_e2e.zeo_suite import worker as worker_module
from zeoraid_e2e.zeo_suite.host import class_path
from zeoraid_e2e.zeo_suite.left_out import LeftOut, Line
from zeoraid_e2e.zeo_suite.worker import FAILED, PASSED, SKIPPED, ZEORAID, Outcome

PICKLE = 'pickle'
MSGPACK = 'msgpack'
ENCODINGS = (PICKLE, MSGPACK)

# So long may one test take, on a machine that is busy with other things.
TEST_SECONDS = 240.0

# And one that has to fail: some wait for what never comes.
NOT_YET_SECONDS = 20.0

# What is run for every change: each kind of test in one of the encodings, as much as takes three minutes on two idle cores.
HALF = {
    PICKLE: ('testZEO.BlobAdaptedFileStorageTests', 'testConnection.FileStorage*Tests'),
    MSGPACK: ('testZEO.MappingStorageTests', 'testZEO.ZRPCConnectionTests', 'testZEO.[a-z]*'),
}

# What is run for every change while backends fail: something of each kind, in less than a minute.
HALF_WITH_FAILURES = (
    'testZEO.BlobAdaptedFileStorageTests.checkIterator*', 'testZEO.BlobAdaptedFileStorageTests.testSimpleTransactionalUndo',
    'testZEO.FileStorageRecoveryTests.testRestoreWithMultiple*', 'testZEO.MappingStorageTests.test_race_*')

# What may not fail even once: a race that is lost now and then is a defect. One that was not over in time is not lost.
RACES = '*.test_race_*'
NOT_OVER = 'did not finish within'

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Job:
    """One test, in one encoding."""

    name: str
    encoding: str


@dataclass
class Verdict:
    """What came of one job. A test that is left out as `not yet` has to fail."""

    job: Job
    line: Optional[Line]  # why it is left out
    outcome: Optional[Outcome]  # None: it was not run
    again: bool = False  # whether it had failed before

    @property
    def kind(self) -> str:
        """`passed`, `skipped`, the group it is left out by, or `failed`."""
        if self.outcome is None:
            assert self.line is not None
            return self.line.group
        if self.line is not None:
            return self.line.group if self.outcome.outcome == FAILED else FAILED
        return self.outcome.outcome

    @property
    def may_be_run_again(self) -> bool:
        """Whether its failure may be the machine's."""
        if self.kind != FAILED or self.line is not None or self.again:
            return False
        return not fnmatchcase(self.job.name, RACES) or NOT_OVER in self.words

    @property
    def words(self) -> str:
        """What is wrong."""
        if self.line is not None:
            return f'it is left out by line {self.line.number} ({self.line.group}: {self.line.reason}), but passes'
        return self.outcome.text if self.outcome else ''


def in_one_jvm(servers: str) -> bool:
    """Whether a worker has these servers in a JVM of its own (host.py)."""
    return servers == ZEORAID and not given_command()


class Worker:
    """The process that runs tests in one encoding; started anew after a test that took too long."""

    def __init__(self, folder: Path, encoding: str, servers: str, seed: Optional[int] = None):
        self.encoding = encoding
        self._seed = [] if seed is None else [str(seed)]
        self._folder = folder
        self._servers = servers
        self._env = {**os.environ, 'PYTHONPATH': str(_ROOT)}
        self._env.pop('ZEO_MSGPACK', None)
        if encoding == MSGPACK:
            self._env['ZEO_MSGPACK'] = '1'
        if in_one_jvm(servers):
            self._env['ZEORAID_HOST_CLASS_PATH'] = class_path()
        self._process: Optional['subprocess.Popen[bytes]'] = None
        folder.mkdir(exist_ok=True)

    def run(self, name: str, seconds: float) -> Outcome:
        """Runs a test; one that does not end in time is a failure."""
        process = self._process or self._launch()
        begun = time.monotonic()
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(f'{name} {seconds}\n'.encode())
            process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            ready = selector.select(seconds + 2)
        answer = process.stdout.readline() if ready else b''
        if answer:
            return Outcome(**json.loads(answer))
        self.close()
        what = 'its process ended' if ready else f'it did not end within {seconds:.0f} s'
        return Outcome(name, FAILED, time.monotonic() - begun, f'{what}:\n{tail(self._folder / "output.log", 100)}')

    def kill(self) -> None:
        """Kills the process, and the servers that it has started. Any thread."""
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kills it and waits for its end."""
        self.kill()
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _launch(self) -> 'subprocess.Popen[bytes]':
        self._process = subprocess.Popen(
            [sys.executable, '-m', worker_module.__name__, str(self._folder), self._servers, *self._seed],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self._env, start_new_session=True)
        return self._process


def select(names: Sequence[str], patterns: Sequence[str]) -> List[str]:
    """The names that match one of the patterns, or whose class or module does; all if there are no patterns."""
    return [name for name in names if not patterns or any(
        fnmatchcase(name, pattern) or fnmatchcase(name, pattern + '.*') for pattern in patterns)]


class Run:
    """One run. `tell` is called with each verdict, by one thread at a time. With a `seed` backends fail by it."""

    def __init__(self, left_out: LeftOut, servers: str, workers: int, tell: Callable[[Verdict], None],
                 seed: Optional[int] = None):
        self._seed = seed
        self._left_out = left_out
        self._servers = servers
        self._workers = workers
        self._tell = tell
        self._told = threading.Lock()
        self._jobs: 'queue.SimpleQueue[Job]' = queue.SimpleQueue()
        self._started: List[Worker] = []
        self._again: Set[Job] = set()
        self.verdicts: List[Verdict] = []

    def run(self, jobs: Sequence[Job]) -> List[Verdict]:
        """Runs these tests, and returns when all are done.

        What fails is run once more, alone, when all are done: the suite has many waits of a second or two, which a busy
        machine makes too short. Not so what has to fail, and races.
        """
        for job in jobs:
            line = self._left_out.line_of(job.name)
            if line and not line.runs and self._servers == ZEORAID:
                self._told_of(Verdict(job, line, None))
            else:
                self._jobs.put(job)
        folder = Path(tempfile.mkdtemp(prefix='zeoraid-zeo-suite-'))
        try:
            if in_one_jvm(self._servers):
                class_path()
            self._run_all(folder, self._workers)
            doubtful = [verdict for verdict in self.verdicts if verdict.may_be_run_again]
            for verdict in doubtful:
                self.verdicts.remove(verdict)
                self._again.add(verdict.job)
                self._jobs.put(verdict.job)
            if doubtful:
                self._run_all(folder / 'again', 1)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return self.verdicts

    def _run_all(self, folder: Path, workers: int) -> None:
        folder.mkdir(exist_ok=True)
        with ThreadPoolExecutor(workers) as pool:
            works = [pool.submit(self._work, folder / str(number)) for number in range(workers)]
            try:
                for work in as_completed(works):
                    work.result()
            except BaseException:
                self._abandon()
                raise

    def _abandon(self) -> None:
        """Has all threads end soon."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
        for each in list(self._started):
            each.kill()

    def _work(self, folder: Path) -> None:
        folder.mkdir()
        worker: Optional[Worker] = None
        try:
            while True:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    return
                if worker is None or worker.encoding != job.encoding:
                    if worker is not None:
                        worker.close()
                    worker = Worker(folder / job.encoding, job.encoding, self._servers, self._seed)
                    self._started.append(worker)
                line = self._left_out.line_of(job.name) if self._servers == ZEORAID else None
                outcome = worker.run(job.name, NOT_YET_SECONDS if line else TEST_SECONDS)
                self._told_of(Verdict(job, line, outcome, job in self._again))
        finally:
            if worker is not None:
                worker.close()

    def _told_of(self, verdict: Verdict) -> None:
        with self._told:
            self.verdicts.append(verdict)
            self._tell(verdict)


def summary(verdicts: Sequence[Verdict], seconds: float) -> str:
    """A line for each encoding and each group."""
    lines = []
    for encoding in ENCODINGS:
        mine = [verdict for verdict in verdicts if verdict.job.encoding == encoding]
        if not mine:
            continue
        counts = Counter(verdict.kind for verdict in mine)
        busy = sum(verdict.outcome.seconds for verdict in mine if verdict.outcome)
        lines.append(f'{encoding}: {len(mine)} tests; {counts.pop(PASSED, 0)} passed, {counts.pop(FAILED, 0)} failed, '
                     f'{counts.pop(SKIPPED, 0)} skipped by the suite itself; {busy:.0f} s of tests')
        killed, recovered = (sum(getattr(verdict.outcome, what) for verdict in mine if verdict.outcome)
                             for what in ('killed', 'recovered'))
        if killed:
            lines.append(f'    backends were killed {killed} times, and recovered {recovered} times')
        lines += [f'    {count:4} left out: {group}' for group, count in sorted(counts.items())]
    lines += [f'passed only when it was run again, alone: {verdict.job.name} ({verdict.job.encoding})'
              for verdict in verdicts if verdict.again and verdict.kind == PASSED]
    failed = [verdict for verdict in verdicts if verdict.kind == FAILED]
    lines += [f'FAILED {verdict.job.name} ({verdict.job.encoding})' for verdict in failed]
    lines.append(f'{"failed" if failed else "all is well"}, in {seconds:.0f} s')
    return '\n'.join(lines)
