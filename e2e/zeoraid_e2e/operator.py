"""The operator as a process, at an API server where the test is what kubelet and controllers would be."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

from zeoraid_e2e.apiserver import ApiServer
from zeoraid_e2e.java import run_jar
from zeoraid_e2e.process import LOCAL, Server

_ROOT = Path(__file__).parents[2]
_TREE_JAR = _ROOT / 'operator/target/quarkus-app/quarkus-run.jar'
NAMESPACE = 'plone'
RAID = 'db'


class Operator(Server):
    """The operator of this tree (ZEORAID_OPERATOR_JAR if it is elsewhere), with a leader election."""

    def __init__(self, folder: Path, api: ApiServer, kubeconfig: Optional[Path] = None, env: Optional[Mapping[str, str]] = None):
        """As an administrator, unless a kubeconfig is given."""
        folder.mkdir(parents=True, exist_ok=True)
        jar = Path(os.environ.get('ZEORAID_OPERATOR_JAR') or _TREE_JAR)
        if not jar.exists():
            raise FileNotFoundError(f'{jar} does not exist: run ./dev build')
        self._http = f'{LOCAL.ip}:{LOCAL.ports(1)}'
        host, port = self._http.split(':')
        super().__init__(
            'operator',
            run_jar(jar, f'-Dquarkus.http.host={host}', f'-Dquarkus.http.port={port}'),
            folder, env={'KUBECONFIG': str(kubeconfig or api.kubeconfig), **(env or {})})

    def start(self) -> None:
        """Starts it and waits until it says that it lives."""
        self.launch()
        self.await_answer(lambda: self.http('/q/health/live') == 200)

    def http(self, path: str) -> Optional[int]:
        """The status code of a page; None if it does not answer."""
        try:
            with urllib.request.urlopen(f'http://{self._http}{path}', timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None


class Kubernetes:
    """One namespace: applies, reads, and plays kubelet."""

    def __init__(self, api: ApiServer, folder: Path):
        self._api = api
        self._folder = folder
        for name in ('zeoraid-system', NAMESPACE):
            self.kubectl('create', 'namespace', name)

    def kubectl(self, *arguments: str) -> str:
        """Runs kubectl; raises AssertionError with its words if it fails."""
        done = self._api.kubectl(*arguments)
        assert done.returncode == 0, f'kubectl {arguments}: {done.stderr}'
        return done.stdout

    def get(self, kind: str, name: str) -> Mapping[str, Any]:
        """One object; empty if there is none."""
        return json.loads(
            self.kubectl('get', kind, name, '-n', NAMESPACE, '-o', 'json', '--ignore-not-found') or '{}')

    def apply(self, resource: Mapping[str, Any]) -> None:
        """kubectl apply."""
        file = self._folder / 'resource.json'
        file.write_text(json.dumps(resource))
        self.kubectl('apply', '-n', NAMESPACE, '-f', str(file))

    def create_raid(self, backends: List[str]) -> None:
        """A ZeoRaid of managed backends."""
        self.apply({'apiVersion': 'zeoraid.io/v1alpha1', 'kind': 'ZeoRaid', 'metadata': {'name': RAID},
                    'spec': {'backendTemplate': {'storage': {'size': '1Gi'}}, 'backends': [{'name': name} for name in backends]}})

    def status(self) -> Mapping[str, Any]:
        """The status of the ZeoRaid; empty if there is none yet."""
        return self.get('zeoraid', RAID).get('status', {})

    def condition(self, kind: str) -> str:
        """True, False or Unknown, and why."""
        for condition in self.status().get('conditions', []):
            if condition['type'] == kind:
                return f"{condition['status']} {condition['reason']} {condition['message']}"
        return ''

    def events(self) -> Dict[str, str]:
        """{reason: note} of all Events."""
        items = json.loads(self.kubectl('get', 'events.events.k8s.io', '-n', NAMESPACE, '-o', 'json'))['items']
        return {item['reason']: item['note'] for item in items}

    def run_pod(self, name: str, component: str, control: int = 0, backend: str = '') -> None:
        """A pod that is ready, at this machine."""
        labels = {'zeoraid.io/raid': RAID, 'app.kubernetes.io/component': component}
        container: Dict[str, Any] = {'name': 'main', 'image': 'none'}
        if backend:
            labels['zeoraid.io/backend'] = backend
        if control:
            container['ports'] = [{'name': 'control', 'containerPort': control}]
        self.apply({'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': name, 'labels': labels},
                    'spec': {'containers': [container]}})
        status = {'status': {'phase': 'Running', 'podIP': LOCAL.ip, 'podIPs': [{'ip': LOCAL.ip}],
                             'conditions': [{'type': 'Ready', 'status': 'True'}]}}
        self.kubectl('patch', 'pod', name, '-n', NAMESPACE, '--subresource', 'status', '--type', 'merge', '-p',
                     json.dumps(status))

    def delete_pod(self, name: str) -> None:
        """At once: there is no kubelet that would have to end it."""
        self.kubectl('delete', 'pod', name, '-n', NAMESPACE, '--grace-period', '0', '--force')
