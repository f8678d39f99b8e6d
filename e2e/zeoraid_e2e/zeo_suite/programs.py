"""The ZEORaid servers of a run of ZEO's suite where each is a process of its own (ZEORAID_COMMAND), as a native executable
starts fast enough."""

from __future__ import annotations

import itertools
import signal
import subprocess
from pathlib import Path
from typing import Dict, List

from zeoraid_e2e.process import START_SECONDS, STOP_SECONDS, wait_until
from zeoraid_e2e.raid import given_command
from zeoraid_e2e.zeo_suite.host import Host, Servers, StartError

# After SIGTERM: what it says itself, or what a JVM says.
ENDED_WELL = (0, 128 + signal.SIGTERM)

_LISTENS = 'ZEO clients are served at '


class Programs(Servers):
    """One process per server. They run in the session of the process that started them, so that they end with
    it. Confined to one thread."""

    def __init__(self, command: List[str], folder: Path):
        super().__init__(folder)
        self._command = command
        self._numbers = itertools.count(1)
        self._running: Dict[int, 'subprocess.Popen[bytes]'] = {}

    def start(self, configuration: Path) -> int:
        number = next(self._numbers)
        before = self.log_size()
        with open(self.log, 'ab') as log:
            process = subprocess.Popen([*self._command, 'serve', '-C', str(configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._running[number] = process

        def listens() -> bool:
            if process.poll() is not None:
                raise StartError(f'ended with exit code {process.returncode}: {self.log_since(before)}')
            return _LISTENS in self.log_since(before)

        wait_until('a ZEORaid server', listens, START_SECONDS, tell=lambda: self.log_since(before))
        return number

    def stop(self, number: int) -> None:
        """Also fails if the server has to be killed, or says that it failed."""
        process = self._running.pop(number)
        process.terminate()
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        if code not in ENDED_WELL:
            raise AssertionError(f'the server ended with exit code {code}')

    def close(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
        self._running.clear()


def servers_in(folder: Path) -> Servers:
    """Processes if the environment has a ZEORAID_COMMAND, else the JVM."""
    command = given_command()
    return Programs(command, folder) if command else Host(folder)
