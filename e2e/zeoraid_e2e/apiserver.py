"""A real Kubernetes API server with its etcd, which a test starts, hurts and ends. See e2e/kubernetes/apiserver."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import List

from zeoraid_e2e.process import LOCAL, Host, tail

_SCRIPT = Path(__file__).parents[1] / 'kubernetes' / 'apiserver'
_CRDS = Path(__file__).parents[2] / 'crds'

# The first start on a machine may have to build it: see the script.
UP_SECONDS = 1200.0
DOWN_SECONDS = 60.0
KUBECTL_SECONDS = 30.0

_PROCESSES = ('kube-apiserver', 'etcd')

_up: 'set[ApiServer]' = set()


class ApiServer:
    """An API server that knows our custom resources, if not told otherwise, with its data in a folder. Not thread-safe."""

    def __init__(self, folder: Path, host: Host = LOCAL, resources: bool = True):
        """With resources=False it does not know ours: somebody else installs them."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.kubeconfig = folder / 'kubeconfig'
        self._host = host
        self._port = host.ports(1)
        self._knows_resources = not resources

    def start(self) -> None:
        """Starts it with the data that it has, and returns when it is ready. Nothing happens if it is running."""
        if self.running:
            return
        _up.add(self)
        done = self._script('up', '--bind', self._host.ip, '--port', str(self._port), seconds=UP_SECONDS)
        if done.returncode:
            raise RuntimeError(f'no API server: {done.stdout}\n{self.describe()}')
        if not self._knows_resources:
            self._apply_resources()
            self._knows_resources = True

    def stop(self) -> None:
        """Ends it in good order; its data stay. It may be paused."""
        self.resume()
        self._script('down', seconds=DOWN_SECONDS)
        _up.discard(self)

    def kill(self) -> None:
        """SIGKILL; its data stay. Nothing happens if it is not running."""
        self._signal(signal.SIGKILL)
        self.stop()

    def pause(self) -> None:
        """SIGSTOP: it hangs, its connections stay open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT. Nothing happens if it is not running."""
        self._signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether its processes exist (they may be paused)."""
        return len(self._pids()) == len(_PROCESSES)

    def kubectl(self, *arguments: str) -> 'subprocess.CompletedProcess[str]':
        """Runs kubectl as an administrator."""
        return subprocess.run([str(_SCRIPT), 'kubectl', str(self.folder), *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=KUBECTL_SECONDS)

    def describe(self) -> str:
        """The ends of its logs."""
        return '\n'.join(f'--- {name}\n{tail(self.folder / f"{name}.log", 15)}' for name in _PROCESSES)

    def _apply_resources(self) -> None:
        files = [f'--filename={file}' for file in sorted(_CRDS.glob('*.yml'))]
        done = self.kubectl('apply', *files)
        if done.returncode == 0:
            done = self.kubectl('wait', '--for', 'condition=Established', '--timeout', '20s', *files)
        if done.returncode:
            raise RuntimeError(f'the API server does not take {_CRDS}: {done.stderr}')

    def _script(self, verb: str, *options: str, seconds: float) -> 'subprocess.CompletedProcess[str]':
        # Its servers outlive it and would keep a pipe open, so that its words go to a file.
        log = self.folder / 'apiserver.log'
        with open(log, 'w') as file:
            done = subprocess.run([*self._host.enter, str(_SCRIPT), verb, str(self.folder), *options],
                                  stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, timeout=seconds)
        return subprocess.CompletedProcess(done.args, done.returncode, log.read_text())

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _pids(self) -> List[int]:
        """The processes that the script noted, as far as they run (their numbers may have been given to others)."""
        pids = []
        for name in _PROCESSES:
            with contextlib.suppress(OSError, ValueError):
                pid = int((self.folder / f'{name}.pid').read_text())
                told = subprocess.run(['ps', '-ww', '-o', 'command=', '-p', str(pid)],
                                      stdout=subprocess.PIPE, text=True)
                if f'{self.folder}/' in told.stdout:
                    pids.append(pid)
        return pids


def _stop_all() -> None:
    for server in list(_up):
        server.kill()


atexit.register(_stop_all)
