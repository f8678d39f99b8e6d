"""Some backends with one or several ZEORaid servers before them, in one temporary folder."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Type, Union

from zeoraid_e2e import checks, compare, wire
from zeoraid_e2e.apiserver import ApiServer
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.ledger import Report, verify_files
from zeoraid_e2e.network import Network
from zeoraid_e2e.process import LOCAL, START_SECONDS, Host, Server, tail, wait_until
from zeoraid_e2e.raid import IN_SYNC, Raid, View
from zeoraid_e2e.stores import FileStore, KubernetesStore, Store

NAMES = 'abcdefgh'

# The party of a network that is the API server; those of backends and ZEORaid servers are called like them.
STORE = 'store'


def server_names(count: int) -> List[str]:
    """What several ZEORaid servers are called."""
    return [f's{number}' for number in range(1, count + 1)]


class Cluster:
    """`size` backends and some ZEORaid servers. A context manager: what was started is killed and deleted at its end.

    `msgpack` is the encoding of the servers' clients; `backend_options` go to each Backend, others to each Raid.

    With more than one of `servers` they share a membership record: in a file, or, with `kubernetes`, in an API server
    of their own. With a `network` each runs in the namespace of its name (backends: a, b, …; servers: s1, s2, …; the
    API server: STORE).
    """

    open: List['Cluster'] = []  # all that were made and not closed yet, for the report of a failing test
    failures: List[str] = []  # what those told that an exception closed

    def __init__(self, size: int = 3, msgpack: bool = False, backend_options: Optional[Dict[str, Any]] = None,
                 servers: int = 1, kubernetes: bool = False, network: Optional[Network] = None, **options: Any):
        self.folder = Path(tempfile.mkdtemp(prefix='zeoraid-e2e-'))
        self.network = network
        self.backends = [Backend(name, self.folder / name, host=self._host(name), **(backend_options or {}))
                         for name in NAMES[:size]]
        self.api_server = ApiServer(self.folder / STORE, self._host(STORE)) if kubernetes else None
        self.store: Optional[Store] = None
        self.raids: List[Raid] = []
        if kubernetes or servers > 1:
            self.store = KubernetesStore(self.api_server) if self.api_server else FileStore(self.folder / 'membership')
            self.raids = [Raid(self.folder / name, self.backends, msgpack, name=name, store=self.store,
                               host=self._host(name), **options) for name in server_names(servers)]
        self.raid: Union[Raid, Backend] = self.raids[0] if self.raids else self._new_server(msgpack, options)
        if not self.raids and isinstance(self.raid, Raid):
            self.raids = [self.raid]
        self._started = time.monotonic()
        self._timeline: List[str] = []
        Cluster.open.append(self)

    def _new_server(self, msgpack: bool, options: Dict[str, Any]) -> 'Union[Raid, Backend]':
        return Raid(self.folder / 'raid', self.backends, msgpack, host=self._host('s1'), **options)

    def _host(self, name: str) -> Host:
        return self.network.host(name) if self.network else LOCAL

    def __enter__(self) -> 'Cluster':
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], *_: object) -> None:
        if kind is not None:
            Cluster.failures.append(self.describe())
        self.close()

    def __getitem__(self, name: str) -> Backend:
        return next(backend for backend in self.backends if backend.name == name)

    @property
    def address(self) -> wire.Address:
        """Where clients connect to; with several servers, the first of them."""
        return self.raid.address

    @property
    def addresses(self) -> List[wire.Address]:
        """The addresses of all servers that clients may connect to."""
        return [raid.address for raid in self.raids] or [self.raid.address]

    def server(self, name: str) -> Raid:
        """The ZEORaid server of this name."""
        return next(raid for raid in self.raids if raid.name == name)

    def start(self) -> 'Cluster':
        """Starts all; returns when every server serves clients."""
        if self.api_server:
            self.api_server.start()
        self.start_backends()
        self.start_servers()
        return self

    def start_servers(self) -> None:
        """Starts all ZEORaid servers that are not running, and waits until they serve clients."""
        started = [server for server in (self.raids or [self.raid]) if not server.running]
        for server in started:
            server.launch()
        for server in started:
            server.await_ready()

    def start_backends(self) -> None:
        """Starts all backends that are not running, and waits until they answer."""
        started = [backend for backend in self.backends if not backend.running]
        for backend in started:
            backend.launch()
        for backend in started:
            backend.await_ready()

    def views(self) -> Dict[str, View]:
        """{server: what it sees}, of those that say so."""
        seen = {raid.name: raid.view() for raid in self.raids}
        return {name: view for name, view in seen.items() if view}

    def find_primary(self, among: Optional[Iterable[Raid]] = None) -> Optional[Raid]:
        """The primary, if one is serving. A former one that has not noticed yet has an earlier epoch."""
        views = self.views()
        names = {raid.name for raid in (self.raids if among is None else among)}
        primaries = [(view.epoch, name) for name, view in views.items()
                     if view.primary and view.serving and name in names]
        return self.server(max(primaries)[1]) if primaries else None

    def await_primary(self, among: Optional[Iterable[Raid]] = None, seconds: float = START_SECONDS) -> Raid:
        """Waits until one of the servers (all, if not told otherwise) serves as primary."""
        asked = list(self.raids if among is None else among)
        return wait_until('a primary', lambda: self.find_primary(asked), seconds, tell=self.views)

    def others(self, *those: Raid) -> List[Raid]:
        """All ZEORaid servers but those."""
        return [raid for raid in self.raids if raid not in those]

    def await_optimal(self, seconds: float = START_SECONDS) -> None:
        """Waits until the primary sees all backends in sync."""

        def optimal() -> bool:
            primary = self.find_primary()
            view = primary and primary.view()
            return bool(view) and set(view.states) == {backend.name for backend in self.backends} and \
                set(view.states.values()) == {IN_SYNC}

        wait_until('all backends in sync', optimal, seconds, tell=self.views)

    def note(self, text: str) -> None:
        """Keeps a remark for the report of a failing test. Any thread."""
        self._timeline.append(f'{time.monotonic() - self._started:7.3f} {text}')

    def stop(self) -> None:
        """Stops the servers, then the backends, so that their files are complete."""
        primary = self.find_primary() if len(self.raids) > 1 else None
        # The primary last: a successor that is killed while it takes over may leave a backend with a transaction more.
        for server in sorted(self._servers(), key=lambda each: (each in self.backends, each is primary)):
            server.stop()

    def require_equal(self) -> int:
        """Stops everything; checks that all files hold the same transactions, and returns how many."""
        self.stop()
        return compare.require_equal(self.files())

    def verify(self, report: Report) -> None:
        """Stops everything and checks all files by themselves, and against what the bank's customers were told."""
        self.stop()
        checks.require_sound(self.files())
        verify_files(self.files(), report)

    def files(self) -> Dict[str, Path]:
        """{backend: its Data.fs}."""
        return {backend.name: backend.data for backend in self.backends}

    def describe(self) -> str:
        """What happened, and the ends of all logs."""
        logs = [f'--- {server.log.name} ({"running" if server.running else "not running"})\n{tail(server.log)}'
                for server in self._servers()]
        if self.api_server:
            logs.append(self.api_server.describe())
        return '\n'.join(['--- timeline', *self._timeline, *logs])

    def close(self) -> None:
        """Kills what runs and deletes the folder."""
        if self in Cluster.open:
            Cluster.open.remove(self)
        for server in self._servers():
            server.kill()
        if self.api_server:
            self.api_server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _servers(self) -> List[Server]:
        return [*self.raids, *self.backends]


class StandIn(Cluster):
    """One stock ZEO server in the place of both the RAID and its backends: shows that a test can pass without ZEORaid."""

    def __init__(self, msgpack: bool = False):
        super().__init__(1, msgpack, {'msgpack': msgpack})

    def _new_server(self, msgpack: bool, options: Dict[str, Any]) -> 'Union[Raid, Backend]':
        return self.backends[0]
