"""Some backends with a ZEORaid server before them, in one temporary folder."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

from zeoraid_e2e import compare, wire
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.ledger import Report, verify_files
from zeoraid_e2e.process import Server, tail
from zeoraid_e2e.raid import Raid

NAMES = 'abcdefgh'


class Cluster:
    """`size` backends and one ZEORaid server. A context manager: what was started is killed and deleted at its end.

    `msgpack` is the encoding of the server's clients; `backend_options` go to each Backend, others to the Raid.
    """

    open: List['Cluster'] = []  # all that were made and not closed yet, for the report of a failing test

    def __init__(self, size: int = 3, msgpack: bool = False, backend_options: Optional[Dict[str, Any]] = None,
                 **options: Any):
        self.folder = Path(tempfile.mkdtemp(prefix='zeoraid-e2e-'))
        self.backends = [Backend(name, self.folder / name, **(backend_options or {})) for name in NAMES[:size]]
        self.raid: Union[Raid, Backend] = self._new_server(msgpack, options)
        self._started = time.monotonic()
        self._timeline: List[str] = []
        Cluster.open.append(self)

    def _new_server(self, msgpack: bool, options: Dict[str, Any]) -> 'Union[Raid, Backend]':
        return Raid(self.folder / 'raid', self.backends, msgpack, **options)

    def __enter__(self) -> 'Cluster':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getitem__(self, name: str) -> Backend:
        return next(backend for backend in self.backends if backend.name == name)

    @property
    def address(self) -> wire.Address:
        """Where clients connect to."""
        return self.raid.address

    def start(self) -> 'Cluster':
        """Starts all; returns when the RAID serves clients."""
        self.start_backends()
        if not self.raid.running:
            self.raid.start()
        return self

    def start_backends(self) -> None:
        """Starts all backends that are not running, and waits until they answer."""
        started = [backend for backend in self.backends if not backend.running]
        for backend in started:
            backend.launch()
        for backend in started:
            backend.await_ready()

    def note(self, text: str) -> None:
        """Keeps a remark for the report of a failing test."""
        self._timeline.append(f'{time.monotonic() - self._started:7.3f} {text}')

    def stop(self) -> None:
        """Stops the server, then the backends, so that their files are complete."""
        for server in self._servers():
            server.stop()

    def require_equal(self) -> int:
        """Stops everything; checks that all files hold the same transactions, and returns how many."""
        self.stop()
        return compare.require_equal(self.files())

    def verify(self, report: Report) -> None:
        """Stops everything and checks all files against what the bank's customers were told."""
        self.stop()
        verify_files(self.files(), report)

    def files(self) -> Dict[str, Path]:
        """{backend: its Data.fs}."""
        return {backend.name: backend.data for backend in self.backends}

    def describe(self) -> str:
        """What happened, and the ends of all logs."""
        logs = [f'--- {server.log.name} ({"running" if server.running else "not running"})\n{tail(server.log)}'
                for server in self._servers()]
        return '\n'.join(['--- timeline', *self._timeline, *logs])

    def close(self) -> None:
        """Kills what runs and deletes the folder."""
        if self in Cluster.open:
            Cluster.open.remove(self)
        for server in self._servers():
            server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _servers(self) -> List[Server]:
        return [self.raid, *(backend for backend in self.backends if backend is not self.raid)]


class StandIn(Cluster):
    """One stock ZEO server in the place of both the RAID and its backends: shows that a test can pass without ZEORaid."""

    def __init__(self, msgpack: bool = False):
        super().__init__(1, msgpack, {'msgpack': msgpack})

    def _new_server(self, msgpack: bool, options: Dict[str, Any]) -> 'Union[Raid, Backend]':
        return self.backends[0]
