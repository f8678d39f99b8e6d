"""The operator's chart and manifests: what they give, what they refuse, and what an API server makes of them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Set, Tuple

import pytest
import yaml

from zeoraid_e2e.apiserver import ApiServer
from zeoraid_e2e.deploy import (CHART, DEPLOY, NAMESPACE, OPERATOR, ROOT, Namespaces, helm, kustomize, manifests, objects,
                                rendered, template)
from zeoraid_e2e.operator import Operator
from zeoraid_e2e.process import wait_until

pytestmark = pytest.mark.timeout(1200)

# Each value, with another setting than its default, and what it needs to be of effect.
CHANGED: Dict[str, Tuple[str, ...]] = {
    'image.repository': ('image.repository=registry.example.com/operator',),
    'image.tag': ('image.tag=9.9.9',),
    'image.digest': ('image.digest=sha256:' + 'a' * 64,),
    'image.pullPolicy': ('image.pullPolicy=Always',),
    'imagePullSecrets': ('imagePullSecrets=[{"name":"registry"}]',),
    'defaultImages.server': ('defaultImages.server="registry.example.com/server:1"',),
    'defaultImages.backend': ('defaultImages.backend="registry.example.com/zeo:1"',),
    'watchNamespaces': ('watchNamespaces=["plone"]',),
    'replicas': ('replicas=3',),
    'leaderElection': ('leaderElection=false',),
    'serverDeadline': ('serverDeadline="5s"',),
    'controlTls.secretName': ('controlTls.secretName=operator-control',),
    'podDisruptionBudget.enabled': ('podDisruptionBudget.enabled=false', 'replicas=2'),
    'crds.install': ('crds.install=false',),
    'rbac.create': ('rbac.create=false',),
    'serviceAccount.annotations': ('serviceAccount.annotations={"a":"b"}',),
    'extraEnv': ('extraEnv=[{"name":"JAVA_TOOL_OPTIONS","value":"-Xmx300m"}]',),
    'resources': ('resources={"requests":{"cpu":"1"}}',),
    'nodeSelector': ('nodeSelector={"kubernetes.io/os":"linux"}',),
    'tolerations': ('tolerations=[{"operator":"Exists"}]',),
    'affinity': ('affinity={"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[]}}',),
    'topologySpreadConstraints': (
        'topologySpreadConstraints=[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway"}]',),
    'priorityClassName': ('priorityClassName=system-cluster-critical',),
    'podLabels': ('podLabels={"team":"db"}',),
    'podAnnotations': ('podAnnotations={"a":"b"}',),
    'podMonitor.enabled': ('podMonitor.enabled=true',),
    'podMonitor.labels': ('podMonitor.labels={"release":"prometheus"}', 'podMonitor.enabled=true'),
    'podMonitor.interval': ('podMonitor.interval="15s"', 'podMonitor.enabled=true'),
    'networkPolicy.enabled': ('networkPolicy.enabled=true',),
    'networkPolicy.allowFrom': ('networkPolicy.allowFrom=[{"podSelector":{}}]', 'networkPolicy.enabled=true'),
}

# What is refused, and a word of the complaint that tells which value it is about.
REFUSED: List[Tuple[str, str]] = [
    ('imgae={"tag":"1"}', 'imgae'),
    ('image.tga="1"', 'tga'),
    ('image.tag=1.2', 'image/tag'),
    ('image.digest="4f53"', 'image/digest'),
    ('image.pullPolicy="Sometimes"', 'image/pullPolicy'),
    ('imagePullSecrets=["registry"]', 'imagePullSecrets/0'),
    ('replicas="2"', 'replicas'),
    ('replicas=100', 'replicas'),
    ('watchNamespaces="plone"', 'watchNamespaces'),
    ('watchNamespaces=["Plone"]', 'watchNamespaces/0'),
    ('watchNamespaces=["plone","plone"]', 'watchNamespaces'),
    ('leaderElection="no"', 'leaderElection'),
    ('serverDeadline="soon"', 'serverDeadline'),
    ('controlTls.secretName="other/secret"', 'controlTls/secretName'),
    ('podLabels={"app.kubernetes.io/name":"mine"}', 'podLabels'),
    ('nodeSelector={"ssd":true}', 'nodeSelector/ssd'),
    ('crds.keep=false', 'keep'),
]


def settings(values: Tuple[str, ...]) -> List[str]:
    return [part for value in values for part in ('--set-json', value if _is_json(value) else _quoted(value))]


def _is_json(value: str) -> bool:
    try:
        json.loads(value.partition('=')[2])
    except ValueError:
        return False
    return True


def _quoted(value: str) -> str:
    path, _, text = value.partition('=')
    return f'{path}={json.dumps(text)}'


# ---------------------------------------------------------------- what the chart gives


def test_what_is_made_from_the_chart_is_up_to_date() -> None:
    made = manifests()
    stale = [str(file) for file, text in made.wanted().items() if not file.exists() or file.read_text() != text]
    assert not stale, 'run ./dev manifests'


def test_kustomize_gives_what_the_chart_gives() -> None:
    from_chart = rendered()
    for item in from_chart.values():
        if item['kind'] == 'CustomResourceDefinition':
            assert item['metadata'].pop('annotations') == {'helm.sh/resource-policy': 'keep'}
    by_kustomize = objects(kustomize(DEPLOY / 'operator'))
    assert by_kustomize.pop(f'Namespace /{NAMESPACE}')['metadata']['labels'] == {'pod-security.kubernetes.io/enforce': 'restricted'}
    assert by_kustomize == from_chart


def test_versions_are_those_of_the_tree() -> None:
    version = re.search(r'<artifactId>zeoraid-parent</artifactId>\s*<version>([^<]+)</version>', (ROOT / 'pom.xml').read_text())
    assert version
    chart = yaml.safe_load((CHART / 'Chart.yaml').read_text())
    assert chart['appVersion'] == chart['version'] == version[1].removesuffix('-SNAPSHOT')
    defaults = (ROOT / 'operator/src/main/resources/application.properties').read_text()
    for image in ('server', 'zeo'):
        assert f'zeoraid/{image}:{chart["appVersion"]}' in defaults
        for example in (DEPLOY / 'examples').rglob('*.yaml'):
            assert not re.search(rf'zeoraid/{image}:(?!{re.escape(chart["appVersion"])}\b)', example.read_text()), example


def test_lint_finds_nothing() -> None:
    done = helm('lint', '--strict', str(CHART), '--namespace', NAMESPACE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '0 chart(s) failed' in done.stdout


def test_each_value_is_explained_and_of_effect() -> None:
    assert {value.path for value in manifests().values()} == set(CHANGED)
    idle = []
    for path, changed in CHANGED.items():
        before, after = template(*settings(changed[1:])), template(*settings(changed))
        assert after.returncode == 0, f'{path}: {after.stderr}'
        if before.stdout == after.stdout:
            idle.append(path)
    assert not idle


def leaves(values: Any, path: str = '') -> Iterator[str]:
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, f'{path}.{key}' if path else key)
    else:
        yield path


def test_no_value_is_without_an_explanation() -> None:
    explained = [value.path for value in manifests().values()]
    for leaf in leaves(yaml.safe_load((CHART / 'values.yaml').read_text())):
        assert any(leaf == path or leaf.startswith(path + '.') for path in explained), leaf


@pytest.mark.parametrize('value, told', REFUSED)
def test_a_wrong_value_is_refused_by_its_name(value: str, told: str) -> None:
    done = template('--set-json', value)
    assert done.returncode, done.stdout[:500]
    assert "don't meet the specifications of the schema" in done.stderr
    assert told in done.stderr


def test_several_operators_without_a_leader_are_refused() -> None:
    done = template('--set', 'leaderElection=false,replicas=2')
    assert done.returncode and 'replicas' in done.stderr, done.stderr


def test_a_digest_goes_before_the_tag() -> None:
    digest = 'sha256:' + 'b' * 64
    deployment = rendered('--set', f'image.digest={digest},image.tag=v1')[f'Deployment {NAMESPACE}/zeoraid-operator']
    assert deployment['spec']['template']['spec']['containers'][0]['image'] == f'zeoraid/operator@{digest}'


# ---------------------------------------------------------------- what an API server makes of it


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer]:
    """One that does not know our resources yet."""
    running = ApiServer(tmp_path / 'kubernetes', resources=False)
    running.start()
    yield running
    running.kill()


@pytest.fixture
def namespaces(api: ApiServer, tmp_path: Path) -> Namespaces:
    return Namespaces(api, tmp_path)


def release(api: ApiServer, verb: str, *options: str) -> None:
    done = helm(verb, 'zeoraid-operator', *options, '--namespace', NAMESPACE, '--kubeconfig', str(api.kubeconfig))
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'Warning' not in done.stderr and 'would violate' not in done.stderr, done.stderr


def raid(namespaces: Namespaces, tmp_path: Path) -> None:
    file = tmp_path / 'raid.yaml'
    file.write_text((DEPLOY / 'examples/two-backends/zeoraid.yaml').read_text())
    namespaces.kubectl('wait', '--for', 'condition=Established', '--timeout', '20s', 'crd/zeoraids.zeoraid.io')
    namespaces.kubectl('apply', '-n', 'plone', '-f', str(file))


def names(namespaces: Namespaces, kind: str, *where: str) -> List[str]:
    return namespaces.kubectl('get', kind, '-o', 'name', *where).split()


def test_helm_installs_upgrades_and_leaves_the_raids(api: ApiServer, namespaces: Namespaces, tmp_path: Path) -> None:
    namespaces.create(NAMESPACE, 'plone')
    release(api, 'install', str(CHART))
    raid(namespaces, tmp_path)
    assert namespaces.can(OPERATOR, 'plone', 'patch', 'statefulsets')

    # A later version, whose definition has changed.
    later = tmp_path / 'later'
    shutil.copytree(CHART, later)
    definition = later / 'files/crds/zeoraids.zeoraid.io-v1.yml'
    changed = definition.read_text().replace('So many servers run', 'As of late, so many servers run')
    assert changed != definition.read_text()
    definition.write_text(changed)
    release(api, 'upgrade', str(later), '--set', 'replicas=2')
    assert 'As of late' in namespaces.kubectl('get', 'crd', 'zeoraids.zeoraid.io', '-o', 'yaml')
    assert names(namespaces, 'poddisruptionbudget', '-n', NAMESPACE)

    release(api, 'uninstall')
    assert names(namespaces, 'zeoraid', '-n', 'plone') == ['zeoraid.zeoraid.io/db']
    assert len(names(namespaces, 'crd')) == 2
    for kind in ('deployment', 'serviceaccount', 'poddisruptionbudget'):
        assert not names(namespaces, kind, '-n', NAMESPACE), kind
    assert not namespaces.can(OPERATOR, 'plone', 'get', 'zeoraids')

    # And again: what was left is taken over.
    release(api, 'install', str(CHART))
    assert names(namespaces, 'deployment', '-n', NAMESPACE)


def test_helm_takes_over_what_kustomize_installed(api: ApiServer, namespaces: Namespaces) -> None:
    namespaces.kubectl('apply', '--server-side', '-k', str(DEPLOY / 'operator'))
    release(api, 'install', str(CHART), '--take-ownership')
    release(api, 'uninstall')
    assert len(names(namespaces, 'crd')) == 2


def test_a_namespace_that_enforces_restricted_takes_the_operator(namespaces: Namespaces) -> None:
    namespaces.create(NAMESPACE)
    everything = template('--set', 'replicas=2,networkPolicy.enabled=true', '--set-json', 'networkPolicy.allowFrom=[{"podSelector":{}}]')
    for text in (kustomize(DEPLOY / 'operator'), everything.stdout):
        assert namespaces.dry_run(NAMESPACE, text) == ''


def test_a_careless_pod_would_be_noticed(namespaces: Namespaces) -> None:
    namespaces.create(NAMESPACE)
    careless = objects(kustomize(DEPLOY / 'operator'))[f'Deployment {NAMESPACE}/zeoraid-operator']
    del careless['spec']['template']['spec']['securityContext']
    assert 'would violate PodSecurity' in namespaces.dry_run(NAMESPACE, yaml.safe_dump(careless))


def comparable(rules: Iterable[Mapping[str, Any]]) -> Set[Tuple[str, str, str, str]]:
    """What rules allow, each verb of each resource for itself."""
    return {(group, resource, name, verb) for rule in rules for group in rule['apiGroups'] for resource in rule['resources']
            for name in rule.get('resourceNames') or [''] for verb in rule['verbs']}


def test_an_operator_for_some_namespaces_has_rights_in_these_alone(api: ApiServer, namespaces: Namespaces) -> None:
    namespaces.create(NAMESPACE, 'plone', 'zope', 'other')
    release(api, 'install', str(CHART), '--set', 'watchNamespaces={plone,zope}')
    rules = yaml.safe_load((CHART / 'files/rules.yaml').read_text())
    for namespace in ('plone', 'zope'):
        assert comparable(namespaces.rights(OPERATOR, namespace)) == comparable(rules)
        assert namespaces.can(OPERATOR, namespace, 'create', 'statefulsets.apps')
        assert not namespaces.can(OPERATOR, namespace, 'get', 'secrets')
    assert namespaces.rights(OPERATOR, 'other') == []
    assert not namespaces.can(OPERATOR, 'other', 'get', 'zeoraids.zeoraid.io')
    # Where it runs, its Lease and nothing else.
    assert comparable(namespaces.rights(OPERATOR, NAMESPACE)) == comparable([
        {'apiGroups': ['coordination.k8s.io'], 'resources': ['leases'], 'verbs': ['create']},
        {'apiGroups': ['coordination.k8s.io'], 'resources': ['leases'], 'resourceNames': ['zeoraid-operator'],
         'verbs': ['get', 'patch', 'update']}])
    assert namespaces.can(OPERATOR, NAMESPACE, 'update', 'leases.coordination.k8s.io/zeoraid-operator')
    assert not namespaces.can(OPERATOR, NAMESPACE, 'update', 'leases.coordination.k8s.io/other')
    for kind in ('clusterrolebinding', 'clusterrole'):
        assert not [name for name in names(namespaces, kind) if 'zeoraid' in name]


@pytest.mark.raid
def test_an_operator_with_rights_in_some_namespaces_works_there(api: ApiServer, namespaces: Namespaces, tmp_path: Path) -> None:
    namespaces.create(NAMESPACE, 'plone', 'zope', 'other')
    release(api, 'install', str(CHART), '--set', 'watchNamespaces={plone,zope}')
    namespaces.kubectl('wait', '--for', 'condition=Established', '--timeout', '20s', 'crd/zeoraids.zeoraid.io')
    env = {item['name']: item['value'] for item in json.loads(namespaces.kubectl(
        'get', 'deployment', 'zeoraid-operator', '-n', NAMESPACE, '-o', 'json'))['spec']['template']['spec']['containers'][0]['env']
        if 'value' in item}
    operator = Operator(tmp_path / 'operator', api, namespaces.kubeconfig('zeoraid-operator'),
                        {**env, 'POD_NAMESPACE': NAMESPACE, 'POD_NAME': 'zeoraid-operator-x'})
    for namespace in ('other', 'plone', 'zope'):
        namespaces.kubectl('apply', '-n', namespace, '-f', str(DEPLOY / 'examples/two-backends/zeoraid.yaml'))
    operator.start()
    try:
        for namespace in ('plone', 'zope'):
            wait_until(f'a status in {namespace}', lambda: json.loads(namespaces.kubectl(
                'get', 'zeoraid', 'db', '-n', namespace, '-o', 'json')).get('status', {}).get('conditions'))
            assert len(names(namespaces, 'statefulset', '-n', namespace)) == 2
            told = namespaces.kubectl('get', 'zeoraid', 'db', '-n', namespace, '-o', 'jsonpath={.status.conditions[?(@.type=="Stalled")]}')
            assert json.loads(told)['status'] == 'False', told
        assert names(namespaces, 'lease', '-n', NAMESPACE) == ['lease.coordination.k8s.io/zeoraid-operator']
        assert not names(namespaces, 'statefulset', '-n', 'other')
        assert operator.http('/q/health/live') == 200
    finally:
        operator.stop()
