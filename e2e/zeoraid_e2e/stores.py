"""Where ZEORaid servers keep the membership record that they share: a file, or a Kubernetes API server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Protocol

from zeoraid_e2e.apiserver import ApiServer

NAMESPACE = 'default'
NAME = 'raid'
RESOURCE = 'zeoraidmemberships.zeoraid.io'


@dataclass(frozen=True)
class Record:
    """The membership record, as far as tests look at it."""

    epoch: int
    primary: str  # the id of a server; empty: none
    last_tid: bytes
    states: Mapping[str, str]  # {backend: in-sync, recovering, or the reason for which it is out}

    @property
    def in_sync(self) -> List[str]:
        """The backends that hold every acknowledged transaction."""
        return sorted(name for name, state in self.states.items() if state == 'in-sync')


def read_record(fields: Mapping[str, Any]) -> Record:
    """The record in the form of the membership file, or of the custom resource, with its list and its spelling."""
    backends = fields['backends']
    if isinstance(backends, list):
        backends = {backend['name']: backend for backend in backends}
    return Record(fields['epoch'], fields['primary'], bytes.fromhex(fields['lastTid']),
                  {name: _state(backend) for name, backend in backends.items()})


def _state(backend: Mapping[str, str]) -> str:
    word = backend.get('reason') or backend['state']
    return 'in-sync' if word == 'InSync' else word.lower()


class Store(Protocol):
    """A place for one record."""

    @property
    def raid_options(self) -> List[str]:
        """The lines of <raidstorage> that name it."""

    @property
    def env(self) -> Dict[str, str]:
        """What a server needs in its environment to reach it."""

    def record(self) -> Optional[Record]:
        """What is written there now, past any cache; None if there is none yet, or if the store doesn't answer."""


class FileStore:
    """A file that servers on one machine share."""

    def __init__(self, path: Path):
        self.path = path

    @property
    def raid_options(self) -> List[str]:
        return [f'membership-file {self.path}']

    @property
    def env(self) -> Dict[str, str]:
        return {}

    def record(self) -> Optional[Record]:
        try:
            return read_record(json.loads(self.path.read_text()))
        except FileNotFoundError:
            return None


class KubernetesStore:
    """A custom resource of a Kubernetes API server, with a Lease beside it."""

    def __init__(self, server: ApiServer, namespace: str = NAMESPACE, name: str = NAME):
        self.server = server
        self._namespace = namespace
        self._name = name

    @property
    def raid_options(self) -> List[str]:
        return [f'membership-kubernetes {self._namespace}/{self._name}']

    @property
    def env(self) -> Dict[str, str]:
        return {'KUBECONFIG': str(self.server.kubeconfig)}

    def record(self) -> Optional[Record]:
        told = self.server.kubectl('get', RESOURCE, self._name, '--namespace', self._namespace, '--output', 'json',
                                   '--request-timeout', '3s')
        return read_record(json.loads(told.stdout)['spec']) if told.returncode == 0 else None
