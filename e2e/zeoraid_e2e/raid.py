"""A ZEORaid server: its configuration, its process, and what it says of itself over ZEO, HTTP and the command line."""

from __future__ import annotations

import functools
import json
import os
import re
import shlex
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from zeoraid_e2e import wire
from zeoraid_e2e.backends import STORAGE, Backend
from zeoraid_e2e.java import learned, private_copy, run_jar, train
from zeoraid_e2e.process import LOCAL, START_SECONDS, Host, Server, wait_until
from zeoraid_e2e.stores import Store

# Seconds after which a silent backend counts as hung.
BACKEND_TIMEOUT = 3

# Tests look soon, and say themselves when a backend is to be recovered.
RAID_OPTIONS = (f'timeout {BACKEND_TIMEOUT}', 'ping-interval 1', 'check-interval 1', 'auto-recover no')

# Where several servers are at work, the primary shows so often that it is alive.
HEARTBEAT_SECONDS = 0.3

IN_SYNC = 'in-sync'
RECOVERING = 'recovering'
FAILED = 'failed'
MISSING = 'missing'
DIVERGED = 'diverged'
DISABLED = 'disabled'

_TREE_JAR = Path(__file__).parents[2] / 'dataplane/server/target/quarkus-app/quarkus-run.jar'

# How long one call of the command line may take: a JVM starts.
CLI_SECONDS = 30.0


@functools.lru_cache(maxsize=None)
def zeoraid_command() -> List[str]:
    """How to run `zeoraid`: the environment's ZEORAID_COMMAND, or the jar of this tree (ZEORAID_JAR if it is elsewhere)."""
    return given_command() or run_jar(private_copy(server_jar()), *learned(server_jar()))


def given_command() -> List[str]:
    """The environment's ZEORAID_COMMAND; empty if the jar of this tree is meant."""
    return shlex.split(os.environ.get('ZEORAID_COMMAND', ''))


def prepare() -> None:
    """For those who start many servers; before the first. Raises FileNotFoundError if there is no server to start."""
    if not given_command():
        train(server_jar())


def server_jar() -> Path:
    """The server's jar. Raises FileNotFoundError if it is not built."""
    jar = Path(os.environ.get('ZEORAID_JAR') or _TREE_JAR)
    if not jar.exists():
        raise FileNotFoundError(f'{jar} does not exist: run ./dev build, or set ZEORAID_COMMAND')
    return jar


def state_of(text: str) -> str:
    """The state that a text of raid_details begins with: `optimal`, or the state and its reason."""
    word = text.split(':')[0].split()[0] if text.strip() else ''
    return IN_SYNC if word == 'optimal' else word


@dataclass(frozen=True)
class View:
    """What one server sees of its RAID."""

    serving: bool
    primary: bool  # whether this server is the primary
    epoch: int
    states: Mapping[str, str]  # {backend: state}
    connected: Mapping[str, bool]  # {backend: whether this server is connected to it}


_METRIC = re.compile(r'(\w+)\{(.*)\} ([-+.\w]+)$')
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def read_metrics(text: str) -> Dict[Tuple[str, ...], float]:
    """{(name, backend and state, as far as there are such labels): value} of a page of Prometheus metrics."""
    metrics: Dict[Tuple[str, ...], float] = {}
    for match in filter(None, map(_METRIC.match, text.splitlines())):
        labels = dict(_LABEL.findall(match[2]))
        metrics[(match[1], *(labels[key] for key in ('backend', 'state') if key in labels))] = float(match[3])
    return metrics


def view_of(text: str) -> View:
    """The view that a page of metrics shows; with no backends if there is no storage yet."""
    metrics = read_metrics(text)
    return View(
        bool(metrics.get(('zeoraid_serving',))),
        bool(metrics.get(('zeoraid_primary',))),
        int(metrics.get(('zeoraid_epoch',), 0)),
        {key[1]: key[2] for key, value in metrics.items() if key[0] == 'zeoraid_backend_state' and value},
        {key[1]: bool(value) for key, value in metrics.items() if key[0] == 'zeoraid_backend_connected'})


class Raid(Server):
    """A ZEORaid server over some backends.

    `options` are further lines for <zeo>, `raid_options` the ones for <raidstorage>. ZEO, control and HTTP are at three
    consecutive ports that the configuration names. Alone it has its membership record in its folder; with a `store` it
    shares that one with other servers, which reach it where clients do.
    """

    def __init__(self, folder: Path, backends: Sequence[Backend], msgpack: bool = False,
                 options: Sequence[str] = (), raid_options: Sequence[str] = RAID_OPTIONS, name: str = 'zeoraid',
                 store: Optional[Store] = None, host: Host = LOCAL):
        folder.mkdir(parents=True, exist_ok=True)
        self.port = host.ports(3)
        self.address = (host.ip, self.port)
        self.control = f'{host.ip}:{self.port + 1}'
        self.http_address = f'{host.ip}:{self.port + 2}'
        self.backends = list(backends)
        self.options = [f'msgpack {str(msgpack).lower()}', *options]
        self.raid_options = list(raid_options)
        if store:
            self.options.append(f'peer-address {host.ip}:{self.port}')
            self.raid_options += [*store.raid_options, f'heartbeat-interval {HEARTBEAT_SECONDS}']
        self._config = folder / 'raid.conf'
        super().__init__(name, [*zeoraid_command(), 'serve', '-C', str(self._config)], folder,
                         env=store.env if store else None, host=host)

    def configure(self) -> None:
        """Writes the configuration file; `raid_reload` or the next start reads it."""
        server = [f'address {self.address[0]}:{self.port}', f'control-address {self.control}',
                  f'http-address {self.http_address}', *self.options]
        lines = ['<zeo>', *(f'  {line}' for line in server), '</zeo>',
                 f'<raidstorage {STORAGE}>', *(f'  {line}' for line in self.raid_options)]
        for backend in self.backends:
            address = backend.address if isinstance(backend.address, str) else '%s:%d' % backend.address
            lines += [f'  <zeoclient {backend.name}>', f'    server {address}', f'    storage {STORAGE}']
            if backend.client_ssl:
                lines += ['    <ssl>', *backend.client_ssl, '    </ssl>']
            lines.append('  </zeoclient>')
        self._config.write_text('\n'.join([*lines, '</raidstorage>', '']))

    def launch(self) -> None:
        """Starts it and does not wait."""
        self.configure()
        super().launch()

    def await_ready(self) -> None:
        """Waits until it serves clients."""
        self.await_answer(lambda: wire.ruok(self.address), START_SECONDS)

    def start(self) -> None:
        """Starts it and waits until it serves clients."""
        self.launch()
        self.await_ready()

    def restart(self) -> None:
        """Kills it and starts it again."""
        self.kill()
        self.start()

    # ------------------------------------------------------------ over ZEO

    def ask(self, method: str, *args: Any) -> Any:
        """Calls a method as a read-only ZEO client. Raises wire.RemoteError with the server's words."""
        with wire.Connection(self.address) as connection:
            connection.register(STORAGE, True)
            return connection.call(method, *args)

    def status(self) -> str:
        """`optimal`, `degraded`, `recovering` or `failed`."""
        return self.ask('raid_status')

    def details(self) -> Dict[str, str]:
        """{backend: state and reason}."""
        return self.ask('raid_details')

    def states(self) -> Dict[str, str]:
        """{backend: state}."""
        return {name: state_of(text) for name, text in self.details().items()}

    def await_state(self, name: str, *states: str, seconds: float = 20.0) -> str:
        """Waits until a backend is in one of the states; returns the text that says so."""

        def text() -> str:
            said = self.details()[name]
            return said if state_of(said) in states else ''

        return wait_until(f'{name} {" or ".join(states)}', text, seconds, tell=self.details)

    def await_optimal(self, seconds: float = 20.0) -> None:
        """Waits until all backends are in sync."""
        wait_until('RAID optimal', lambda: self.status() == 'optimal', seconds, tell=self.details)

    def recover(self, name: str, seconds: float = 30.0) -> None:
        """Has a backend recovered unless it is in sync or being recovered already, and waits until it is in sync."""
        if state_of(self.details()[name]) not in (IN_SYNC, RECOVERING):
            self.ask('raid_recover', name)
        self.await_state(name, IN_SYNC, seconds=seconds)

    def recover_all(self) -> None:
        """Recovers every backend that is not in sync."""
        for name in self.states():
            self.recover(name)

    # ------------------------------------------------------------ by other ways

    def cli(self, *arguments: str, seconds: float = CLI_SECONDS) -> 'subprocess.CompletedProcess[str]':
        """Runs the command line against this server, for no longer than that."""
        return subprocess.run(
            [*zeoraid_command(), '--control', self.control, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=seconds)

    def cli_json(self, verb: str) -> Mapping[str, Any]:
        """What `zeoraid VERB --output json` prints; for status and details."""
        done = self.cli(verb, '--output', 'json')
        try:
            return json.loads(done.stdout)
        except ValueError as error:
            raise AssertionError(f'no JSON: {done}') from error

    def view(self, seconds: float = 1.0) -> Optional[View]:
        """What it sees; None if it does not run or does not say. Asks HTTP, so it need not serve clients."""
        if not self.running:
            return None
        try:
            return view_of(self.http('/q/metrics', seconds)[1])
        except OSError:
            return None

    def http(self, path: str, seconds: float = 5.0) -> 'tuple[int, str]':
        """GETs a page of its HTTP server: (status code, text). Raises OSError if it does not answer."""
        try:
            with urllib.request.urlopen(f'http://{self.http_address}{path}', timeout=seconds) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
