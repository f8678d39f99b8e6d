"""What is in deploy/, as a test sees it: rendered by Helm and Kustomize, and taken or refused by an API server."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, List, Mapping

import yaml

from zeoraid_e2e.apiserver import ApiServer

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / 'deploy'
CHART = DEPLOY / 'helm' / 'zeoraid-operator'
NAMESPACE = 'zeoraid-system'
OPERATOR = f'system:serviceaccount:{NAMESPACE}:zeoraid-operator'

_HELM = ROOT / 'e2e' / 'kubernetes' / 'helm'
_APISERVER = ROOT / 'e2e' / 'kubernetes' / 'apiserver'

# The first time Helm may have to be built.
HELM_SECONDS = 900.0

Object = Dict[str, Any]


def helm(*arguments: str) -> 'subprocess.CompletedProcess[str]':
    """Runs Helm."""
    return subprocess.run([str(_HELM), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=HELM_SECONDS)


def template(*options: str, namespace: str = NAMESPACE) -> 'subprocess.CompletedProcess[str]':
    """The chart, rendered with options."""
    return helm('template', 'zeoraid-operator', str(CHART), '--namespace', namespace, *options)


def objects(text: str) -> Dict[str, Object]:
    """The objects of a YAML stream, by kind, namespace and name. Two of one name are an error."""
    found: Dict[str, Object] = {}
    for item in yaml.safe_load_all(text):
        if item:
            meta = item['metadata']
            key = f"{item['kind']} {meta.get('namespace', '')}/{meta['name']}"
            assert key not in found, f'{key} is there twice'
            found[key] = item
    return found


def rendered(*options: str) -> Dict[str, Object]:
    """The objects of the chart, rendered with options."""
    done = template(*options)
    assert done.returncode == 0, done.stderr
    return objects(done.stdout)


def kustomize(folder: Path) -> str:
    """What a Kustomization gives."""
    binaries = subprocess.run([str(_APISERVER), 'binaries'], stdout=subprocess.PIPE, text=True, check=True)
    done = subprocess.run([f'{binaries.stdout.strip()}/kubectl', 'kustomize', str(folder)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def manifests() -> ModuleType:
    """deploy/manifests, which is a program without .py."""
    loader = importlib.machinery.SourceFileLoader('zeoraid_manifests', str(DEPLOY / 'manifests'))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look themselves up there.
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


class Namespaces:
    """Namespaces that take only pods of the Pod Security Standard `restricted`, at a server without controllers."""

    def __init__(self, api: ApiServer, folder: Path):
        self._api = api
        self._folder = folder

    def create(self, *names: str) -> None:
        """Creates them, if they are not there."""
        for name in names:
            labels = {f'pod-security.kubernetes.io/{mode}': 'restricted' for mode in ('enforce', 'warn')}
            namespace = {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': name, 'labels': labels}}
            self.kubectl('apply', '--server-side', '-f', self._write(namespace))

    def kubectl(self, *arguments: str) -> str:
        """Runs kubectl; raises AssertionError with its words if it fails."""
        done = self._api.kubectl(*arguments)
        assert done.returncode == 0, f'kubectl {arguments}: {done.stderr}'
        return done.stdout

    def dry_run(self, namespace: str, text: str) -> str:
        """Lets the API server check objects; returns its complaints and warnings, empty if there are none."""
        file = self._folder / 'objects.yaml'
        file.write_text(text)
        done = self._api.kubectl('apply', '--dry-run=server', '--server-side', '--validate=strict', '-n', namespace, '-f', str(file))
        return done.stderr.strip() or ('' if done.returncode == 0 else 'refused without a word')

    def rights(self, user: str, namespace: str) -> List[Mapping[str, Any]]:
        """What a user may do in a namespace, beyond what any user may."""
        review = self._write({'apiVersion': 'authorization.k8s.io/v1', 'kind': 'SelfSubjectRulesReview',
                              'spec': {'namespace': namespace}})
        everybody, own = (
            json.loads(self.kubectl('create', '--validate=false', '-f', review, '-o', 'json', '--as', name))['status']['resourceRules']
            for name in ('system:serviceaccount:default:nobody', user))
        return [rule for rule in own if rule not in everybody]

    def kubeconfig(self, account: str) -> Path:
        """With which a program is a ServiceAccount of the operator's namespace."""
        file = self._folder / f'{account}.kubeconfig'
        config = yaml.safe_load(self._api.kubeconfig.read_text())
        config['users'] = [{'name': 'admin', 'user': {'token': self.kubectl('create', 'token', account, '-n', NAMESPACE).strip()}}]
        file.write_text(json.dumps(config))
        file.chmod(0o600)
        return file

    def can(self, user: str, namespace: str, verb: str, resource: str) -> bool:
        """kubectl auth can-i."""
        done = self._api.kubectl('auth', 'can-i', verb, resource, '-n', namespace, '--as', user)
        return done.stdout.strip() == 'yes'

    def _write(self, item: Mapping[str, Any]) -> str:
        file = self._folder / 'object.json'
        file.write_text(json.dumps(item))
        return str(file)
