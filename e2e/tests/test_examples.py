"""The examples, and the server beside Zope: what Kustomize makes of them, and whether an API server takes it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
import yaml

from zeoraid_e2e.apiserver import ApiServer
from zeoraid_e2e.deploy import DEPLOY, ROOT, Namespaces, kustomize, objects, template

pytestmark = pytest.mark.timeout(1200)

EXAMPLES = DEPLOY / 'examples'
NAMESPACE = 'plone'
GOLDEN = ROOT / 'operator/src/test/golden/out-sidecar.yaml'


@pytest.fixture(scope='module')
def namespaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespaces]:
    folder = tmp_path_factory.mktemp('kubernetes')
    api = ApiServer(folder / 'server')
    api.start()
    made = Namespaces(api, folder)
    made.create(NAMESPACE, 'argocd')
    # Enough of Argo CD to know an Application.
    (folder / 'application.yaml').write_text(APPLICATION)
    made.kubectl('apply', '-f', str(folder / 'application.yaml'))
    made.kubectl('wait', '--for', 'condition=Established', '--timeout', '20s', 'crd/applications.argoproj.io')
    yield made
    api.kill()


APPLICATION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: applications.argoproj.io}
spec:
  group: argoproj.io
  names: {kind: Application, plural: applications, singular: application}
  scope: Namespaced
  versions:
  - name: v1alpha1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""


def sources() -> List[Path]:
    """Each Kustomization, and each file that is in none."""
    folders = [file.parent for file in EXAMPLES.rglob('kustomization.yaml')]
    return sorted([*folders, *(file for file in EXAMPLES.rglob('*.yaml') if file.parent not in folders)])


def text(source: Path) -> str:
    return kustomize(source) if source.is_dir() else source.read_text()


@pytest.mark.parametrize('source', sources(), ids=lambda source: str(source.relative_to(EXAMPLES)))
def test_an_api_server_takes_the_example(namespaces: Namespaces, source: Path) -> None:
    namespace = 'argocd' if source.parent.name == 'argocd' else NAMESPACE
    assert namespaces.dry_run(namespace, text(source)) == ''


def test_a_wrong_example_would_be_noticed(namespaces: Namespaces) -> None:
    wrong = text(EXAMPLES / 'production').replace('storageClassName', 'storageClass')
    assert 'storageClass' in namespaces.dry_run(NAMESPACE, wrong)


def test_the_migration_is_a_way_that_the_definition_allows(namespaces: Namespaces) -> None:
    steps = sorted((EXAMPLES / 'migration').glob('*.yaml'))
    for step in steps[:-1]:
        namespaces.kubectl('apply', '--server-side', '-n', NAMESPACE, '-f', str(step))
    # Not before the copies are in sync: else all would be gone.
    in_sync(namespaces, 'old')
    assert 'must keep a backend that is in sync' in namespaces.dry_run(NAMESPACE, steps[-1].read_text())
    in_sync(namespaces, 'old', 'a', 'b')
    namespaces.kubectl('apply', '--server-side', '-n', NAMESPACE, '-f', str(steps[-1]))
    namespaces.kubectl('delete', 'zeoraid', 'db', '-n', NAMESPACE)


def in_sync(namespaces: Namespaces, *names: str) -> None:
    """What the operator would say."""
    status = {'status': {'backends': [{'name': name, 'state': 'InSync' if name in names else 'Recovering'} for name in ('old', 'a', 'b')]}}
    namespaces.kubectl('patch', 'zeoraid', 'db', '-n', NAMESPACE, '--subresource', 'status', '--type', 'merge', '-p', json.dumps(status))


def test_the_steps_of_the_migration_differ_only_in_their_backends() -> None:
    rest = []
    for step in sorted((EXAMPLES / 'migration').glob('*.yaml')):
        raid = yaml.safe_load(step.read_text())
        del raid['spec']['backends']
        rest.append(raid)
    assert len(rest) == 3 and rest[0] == rest[1] == rest[2]


def test_argo_cd_finds_what_its_applications_name() -> None:
    for file in (EXAMPLES / 'argocd').glob('*.yaml'):
        source = yaml.safe_load(file.read_text())['spec']['source']
        assert (ROOT / source['path']).is_dir()
        if 'helm' in source:
            done = template(*(part for key, value in source['helm']['valuesObject'].items()
                              for part in ('--set-json', f'{key}={json.dumps(value)}')))
            assert done.returncode == 0, done.stderr


def test_links_of_the_examples_lead_somewhere() -> None:
    for file in [*DEPLOY.rglob('*.md'), ROOT / 'docs/deploying.md', ROOT / 'docs/operator.md']:
        for link in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', file.read_text()):
            assert (file.parent / link).exists(), f'{file.name}: {link}'


# ---------------------------------------------------------------- the server beside Zope


def beside_zope(kind: str, folder: Path, raid: str = 'my-db', name: str = 'zope') -> Dict[str, Any]:
    """The workload with the component, made from the example's with another kind."""
    workload = yaml.safe_load((EXAMPLES / 'sidecar/zope.yaml').read_text())
    workload['kind'] = kind
    workload['metadata']['name'] = name
    if kind == 'StatefulSet':
        workload['spec']['serviceName'] = name
    other = json.loads(json.dumps(workload))
    other['metadata'] = {'name': 'other'}
    (folder / 'zope.yaml').write_text(yaml.safe_dump_all([workload, other]))
    local = {'disableNameSuffixHash': True, 'annotations': {'config.kubernetes.io/local-config': 'true'}}
    (folder / 'kustomization.yaml').write_text(yaml.safe_dump({
        'resources': ['zope.yaml'], 'components': [os.path.relpath(DEPLOY / 'sidecar', folder)],
        'configMapGenerator': [{'name': 'zeoraid-sidecar', 'literals': [f'raid={raid}', 'image=example/server:7'], 'options': local}]}))
    made = objects(kustomize(folder))
    assert set(made) == {f'{kind} /{name}', f'{kind} /other'}
    assert made[f'{kind} /other'] == other, 'a workload without the label was changed'
    return made[f'{kind} /{name}']


@pytest.mark.parametrize('kind', ['Deployment', 'StatefulSet'])
def test_the_component_puts_a_server_beside_zope(namespaces: Namespaces, kind: str, tmp_path: Path) -> None:
    made = beside_zope(kind, tmp_path)
    pod = made['spec']['template']['spec']
    assert [container['name'] for container in pod['initContainers']] == ['zeoraid', 'upgrade'], 'the server is first'
    assert pod['initContainers'][0]['restartPolicy'] == 'Always'
    assert pod['initContainers'][0]['image'] == 'example/server:7'
    assert 'RAID' not in json.dumps(made) and 'IMAGE' not in json.dumps(made)
    assert namespaces.dry_run(NAMESPACE, yaml.safe_dump(made)) == ''


def test_zope_gets_no_token(tmp_path: Path) -> None:
    pod = beside_zope('Deployment', tmp_path)['spec']['template']['spec']
    assert pod['automountServiceAccountToken'] is False
    mounted = {container['name'] for container in pod['containers'] + pod['initContainers']
               for mount in container.get('volumeMounts', []) if mount['name'] == 'zeoraid-token'}
    assert mounted == {'zeoraid'}


def test_the_component_fits_what_the_operator_makes(tmp_path: Path) -> None:
    made = objects(GOLDEN.read_text())
    raid = yaml.safe_load((GOLDEN.parent / 'in-sidecar.yaml').read_text())['metadata']
    workload = beside_zope('Deployment', tmp_path, raid['name'])['spec']['template']
    pod, server = workload['spec'], workload['spec']['initContainers'][0]
    assert f"ServiceAccount {raid['namespace']}/{pod['serviceAccountName']}" in made
    config = next(volume['configMap']['name'] for volume in pod['volumes'] if volume['name'] == 'zeoraid-config')
    conf = made[f"ConfigMap {raid['namespace']}/{config}"]['data']['zeo.conf']
    for port in server['ports']:
        assert re.search(rf'address :{port["containerPort"]}$', conf, re.MULTILINE), port
    for variable in re.findall(r'\$\((\w+)\)', conf):
        assert variable in [env['name'] for env in server['env']]
    policy = made[f"NetworkPolicy {raid['namespace']}/{raid['name']}-backends"]['spec']['ingress'][0]['from'][0]
    assert policy['podSelector']['matchLabels'].items() <= workload['metadata']['labels'].items(), 'the backends let it in'


def golden_server() -> Dict[str, Any]:
    deployment = next(item for key, item in objects((GOLDEN.parent / 'out-minimal.yaml').read_text()).items()
                      if key.startswith('Deployment'))
    return deployment['spec']['template']['spec']


def test_the_server_is_run_as_the_operator_runs_it(tmp_path: Path) -> None:
    pod = golden_server()
    theirs = pod['containers'][0]
    ours = beside_zope('Deployment', tmp_path, 'db')['spec']['template']['spec']['initContainers'][0]
    for key in ('args', 'env'):
        assert ours[key] == theirs[key]
    for probe in ('startupProbe', 'livenessProbe', 'readinessProbe'):
        here, there = ours[probe], theirs[probe]
        assert here['httpGet']['path'] == there['httpGet']['path']
        assert {k: v for k, v in here.items() if k != 'httpGet'} == {k: v for k, v in there.items() if k != 'httpGet'}
    # What the operator says for the whole pod is said for the container here: the rest of the pod is Zope's.
    whole = {key: value for key, value in pod['securityContext'].items() if not key.startswith('fsGroup')}
    assert ours['securityContext'] == {**whole, **theirs['securityContext']}
    assert {port['containerPort'] for port in ours['ports']} == {port['containerPort'] for port in theirs['ports']}
