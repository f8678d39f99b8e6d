"""Server processes that a test starts, hurts and always ends; ports; waiting for a condition."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import random
import signal
import socket
import subprocess
import threading
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, IO, List, Optional, Tuple, TypeVar

T = TypeVar('T')

LOOPBACK = '127.0.0.1'

# How long a process may take to start or stop. Generous: the machine may be busy with other things.
START_SECONDS = 90.0
STOP_SECONDS = 15.0

# Outside the ephemeral range of Linux and macOS: a client that retries a dead port there can't meet itself.
PORTS = range(12000, 32000)

_held_ports: List[IO[str]] = []
_running: 'set[Server]' = set()


class Timeout(AssertionError):
    """A condition did not become true in time."""


def pass_time(seconds: float) -> None:
    """Lets time pass, where that is what is tested or measured; else wait_until."""
    threading.Event().wait(seconds)


def wait_until(
        what: str, condition: Callable[[], T], seconds: float = START_SECONDS,
        tell: Optional[Callable[[], object]] = None) -> T:
    """Returns the first true value of a condition, which is polled.

    Raises Timeout, naming `what` and the result of `tell` (the last value of the condition if there is none), if it
    takes longer. Exceptions of the condition are not caught.
    """
    deadline = time.monotonic() + seconds
    pause = 0.005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f'{what}: not within {seconds:.1f} s; last seen: {tell() if tell else value!r}')
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def free_ports(count: int) -> int:
    """The first of `count` consecutive free ports, which no other test run on this machine is given meanwhile."""
    folder = Path(tempfile.gettempdir()) / f'zeoraid-ports-{os.getuid()}'
    folder.mkdir(mode=0o700, exist_ok=True)
    for _ in range(1000):
        first = random.randrange(PORTS.start, PORTS.stop - count)
        held = _hold(folder, range(first, first + count))
        if held is not None:
            _held_ports.extend(held)
            return first
    raise RuntimeError('no free ports found')


def _hold(folder: Path, ports: range) -> Optional[List[IO[str]]]:
    locks: List[IO[str]] = []
    for port in ports:
        lock = open(folder / str(port), 'w')
        locks.append(lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((LOOPBACK, port))
        except OSError:
            for opened in locks:
                opened.close()
            return None
    return locks


@dataclass(frozen=True)
class Host:
    """Where a server runs: this machine, or a network namespace of its own (see `network`)."""

    ip: str = LOOPBACK
    enter: Tuple[str, ...] = ()  # what a command that runs there begins with
    first_port: int = 0  # 0: the ports are shared with everything else on this machine

    def ports(self, count: int) -> int:
        """The first of `count` consecutive ports for one server."""
        return self.first_port or free_ports(count)


LOCAL = Host()


def tail(path: Path, lines: int = 40) -> str:
    """The last lines of a file; a remark if there is none."""
    try:
        with open(path, 'rb') as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 200 * lines))
            return '\n'.join(file.read().decode('utf-8', 'replace').splitlines()[-lines:])
    except FileNotFoundError:
        return f'({path.name} does not exist)'


class Server:
    """One server process: at most one at a time, started over and over with the same command and log.

    Not thread-safe. Whatever still runs when Python exits is killed.
    """

    def __init__(self, name: str, command: List[str], folder: Path, env: Optional[Dict[str, str]] = None,
                 host: Host = LOCAL):
        self.name = name
        self.command = [*host.enter, *command]
        self.folder = folder
        self.log = folder / f'{name}.log'
        self._env = {**os.environ, **(env or {})}
        self._process: Optional[subprocess.Popen] = None

    @property
    def pid(self) -> int:
        """The id of the running process."""
        if self._process is None:
            raise RuntimeError(f'{self.name} is not running')
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process exists (it may be paused)."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Starts the process and does not wait for anything."""
        if self.running:
            raise RuntimeError(f'{self.name} is running already')
        with open(self.log, 'ab') as log:
            self._process = subprocess.Popen(
                self.command, cwd=self.folder, env=self._env, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        _running.add(self)

    def await_answer(self, answers: Callable[[], T], seconds: float = START_SECONDS) -> T:
        """Waits until `answers` returns a true value; raises with the log's tail if the process ends or it takes too long."""

        def ready() -> Optional[T]:
            if not self.running:
                raise AssertionError(
                    f'{self.name} ended with exit code {self._process and self._process.returncode}:\n{tail(self.log)}')
            return answers()

        return wait_until(f'{self.name} ready', ready, seconds, tell=lambda: tail(self.log))

    def kill(self) -> None:
        """SIGKILL, also to a paused process; returns when it is gone. Nothing happens if it is not running."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, so that it can tidy up; SIGKILL if that takes too long. Nothing happens if it is not running."""
        self.resume()
        self._end(signal.SIGTERM)

    def terminate(self) -> None:
        """SIGTERM, and does not wait for anything; `stop` does."""
        os.kill(self.pid, signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: the process hangs, its connections stay open."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT. Nothing happens if it is not running."""
        if self.running:
            os.kill(self.pid, signal.SIGCONT)

    def wait_end(self, seconds: float = STOP_SECONDS) -> int:
        """Waits until the process ends by itself; returns its exit code."""
        if self._process is None:
            raise RuntimeError(f'{self.name} was never started')
        code = self._process.wait(seconds)
        _running.discard(self)
        return code

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        _running.discard(self)


def kill_all() -> None:
    """Kills every server process that is still running."""
    for server in list(_running):
        with contextlib.suppress(ProcessLookupError):
            server.kill()


atexit.register(kill_all)
