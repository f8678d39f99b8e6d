"""The JVM in which the ZEORaid servers of a run of ZEO's suite live, one after another (ServerHost.java)."""

from __future__ import annotations

import functools
import itertools
import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Optional

from zeoraid_e2e.java import JVM_OPTIONS, java_program, private_copy
from zeoraid_e2e.process import tail
from zeoraid_e2e.raid import server_jar

_SOURCE = Path(__file__).with_name('ServerHost.java')

# It starts fast, and what it does is over before more would pay.
_LIGHT = ('-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m')


class StartError(Exception):
    """The server refused to start; says why."""


@functools.lru_cache(maxsize=None)
def class_path() -> str:
    """The class path of the server, with the compiled host in front. The classes are deleted when Python exits."""
    given = os.environ.get('ZEORAID_HOST_CLASS_PATH')
    if given:
        return given
    home = private_copy(server_jar()).parent
    jars = os.pathsep.join(f'{home / folder}{os.sep}*' for folder in ('app', 'lib/boot', 'lib/main'))
    classes = _classes().name
    subprocess.run([java_program('javac'), '-d', classes, '-cp', jars, str(_SOURCE)], check=True)
    return os.pathsep.join((classes, jars))


@functools.lru_cache(maxsize=None)
def _classes() -> 'tempfile.TemporaryDirectory[str]':
    return tempfile.TemporaryDirectory(prefix='zeoraid-host-')


class Servers:
    """Where servers run, and what they log."""

    def __init__(self, folder: Path):
        self.log = folder / 'zeoraid.log'

    def start(self, configuration: Path) -> int:
        """Starts a server; returns its number. Raises StartError if it refuses."""
        raise NotImplementedError

    def stop(self, number: int) -> None:
        """Stops a server; returns when it is gone."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends all that there is."""
        raise NotImplementedError

    def log_size(self) -> int:
        """How long their log is."""
        return self.log.stat().st_size if self.log.exists() else 0

    def log_since(self, size: int) -> str:
        """What they have logged since then."""
        with open(self.log, errors='replace') as log:
            log.seek(size)
            return log.read()


class Host(Servers):
    """One JVM. Any thread may ask; one waits for the other."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._process: Optional['subprocess.Popen[str]'] = None

    def start(self, configuration: Path) -> int:
        number = next(self._numbers)
        self._ask(f'start {number} {configuration}')
        return number

    def stop(self, number: int) -> None:
        self._ask(f'stop {number}')

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _ask(self, command: str) -> None:
        with self._lock:
            process = self._process or self._launch()
            assert process.stdin is not None
            process.stdin.write(command + '\n')
            process.stdin.flush()
            self._read(process)

    def _launch(self) -> 'subprocess.Popen[str]':
        command = [java_program('java'), *JVM_OPTIONS, *_LIGHT, '-cp', class_path(), 'io.zeoraid.server.ServerHost']
        with open(self.log, 'ab') as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self._read(self._process)
        return self._process

    def _read(self, process: 'subprocess.Popen[str]') -> None:
        assert process.stdout is not None
        answer = process.stdout.readline().strip()
        if answer != 'done':
            raise StartError(answer or f'the JVM ended:\n{tail(self.log)}')
