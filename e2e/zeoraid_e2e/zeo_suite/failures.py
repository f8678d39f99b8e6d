"""The second backend of a test's RAID when it is to fail: killed and started again, over and over, by a seed."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Optional, Tuple

from zeoraid_e2e import wire
from zeoraid_e2e.process import LOOPBACK, START_SECONDS, STOP_SECONDS, wait_until

# How long it runs at first, how long it is away, and how long it runs after that. A RAID notices within a second that it is
# back (RAID_OPTIONS), and recovers it: some recoveries come to their end, some do not.
FIRST_SECONDS = (0.0, 0.8)
AWAY_SECONDS = (0.0, 0.7)
ALIVE_SECONDS = (0.1, 4.0)


class FailingBackend:
    """A stock ZEO server of which only the files last.

    It runs in the session of the process that started it, so that it ends with it.
    """

    def __init__(self, configuration: str, port: int, folder: Path, name: str, seed: str):
        self.killed = 0  # so many times it was killed to fail
        self.address: Tuple[str, int] = (LOOPBACK, port)
        self._random = random.Random(seed)
        self._log = folder / f'{name}.log'
        self._file = folder / f'{name}.conf'
        self._file.write_text(f'<zeo>\naddress {LOOPBACK}:{port}\n</zeo>\n{configuration}\n')
        self._process: Optional['subprocess.Popen[bytes]'] = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._fail, name=name, daemon=True)

    def start(self) -> None:
        """Starts it, and waits until it answers. It does not fail yet."""
        self._launch()
        wait_until('the second backend', lambda: wire.ruok(self.address), START_SECONDS)

    def begin(self) -> None:
        """From now on it fails."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it for good."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._kill()

    def _fail(self) -> None:
        self._wait(FIRST_SECONDS)
        while not self._ending.is_set():
            self._kill()
            self.killed += 1
            self._wait(AWAY_SECONDS)
            self._launch()
            wait_until('the second backend', lambda: self._ending.is_set() or wire.ruok(self.address), START_SECONDS)
            self._wait(ALIVE_SECONDS)

    def _wait(self, seconds: Tuple[float, float]) -> None:
        self._ending.wait(self._random.uniform(*seconds))

    def _launch(self) -> None:
        with open(self._log, 'ab') as log:
            self._process = subprocess.Popen([sys.executable, '-m', 'ZEO.runzeo', '-C', str(self._file)],
                                             cwd=self._file.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
