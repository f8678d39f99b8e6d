"""The operator in a cluster with real pods, while a client writes all the time: what is lost comes back by itself, and no
acknowledged transaction is ever missing. One RAID goes through all of it, as one in production would.

    ZEORAID_FULL=1 ./dev e2e -k kubernetes      the API server away for a minute, a minute of idleness, more kills of the operator
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import time
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import pytest

from zeoraid_e2e.certificates import Authority
from zeoraid_e2e.kube import OPERATOR_NAMESPACE, SERVER_IMAGE, ZEORAID, KubeCluster, Site, traces
from zeoraid_e2e.process import pass_time, wait_until

pytestmark = [pytest.mark.raid, pytest.mark.cluster, pytest.mark.timeout(600)]

BACKENDS = ['a', 'b', 'c']

# What else the manifest says by now.
MANIFEST: Dict[str, object] = {}

# Of namespaces.
NUMBERS = itertools.count(1)

# How the operator is installed.
CHART = ('--set', 'controlTls.secretName=operator-control')

FULL = os.environ.get('ZEORAID_FULL', '') not in ('', '0')
READY_SECONDS = 60.0
BACK_SECONDS = 3.0  # of a native server that was killed
AWAY_SECONDS = 60.0 if FULL else 30.0
IDLE_SECONDS = 60.0 if FULL else 30.0


@pytest.fixture(scope='module')
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeCluster]:
    running = KubeCluster(tmp_path_factory.mktemp('cluster') / 'node')
    before = traces()
    running.up()
    try:
        running.load_images()
        running.install(*CHART)
        yield running
    finally:
        running.down()
    assert not running.ours or traces() <= before, 'a cluster that is down leaves nothing on the machine'


@pytest.fixture(scope='module')
def site(cluster: KubeCluster) -> Iterator[Site]:
    made = Site(cluster, 'zodb')
    begun = time.monotonic()
    made.apply(made.manifest(BACKENDS, **MANIFEST))
    made.await_optimal(3, seconds=4 * READY_SECONDS)
    made.ready_seconds = time.monotonic() - begun
    made.start_writer()
    yield made
    made.require_nothing_lost_in(*BACKENDS)


@pytest.fixture(autouse=True)
def nothing_lost(site: Site) -> Iterator[None]:
    """Each test begins and ends with a RAID that is whole, and a writer that had no error. At the end of all every
    acknowledged transaction is looked up, in each backend."""
    yield
    site.await_optimal(len(BACKENDS))
    site.await_commits()
    assert not (report := site.report())['errors'], report


def test_it_is_ready_within_a_minute_and_kubectl_shows_it(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    shown = site.kubectl('get', 'zr').splitlines()
    assert shown[0].split() == ['NAME', 'STATUS', 'OPTIMAL', 'SERVERS', 'RECOVERING', 'AGE']
    assert shown[1].split()[:4] == ['main', 'Optimal', '3/3', '2/2']
    with capsys.disabled():
        print(f'\nready {site.ready_seconds:.0f} s after kubectl apply')
    if FULL:  # on a machine that has nothing else to do
        assert site.ready_seconds < READY_SECONDS


def test_a_machine_has_room_for_one_cluster(cluster: KubeCluster, tmp_path: Path) -> None:
    if not cluster.ours:
        pytest.skip('the cluster is another machine\'s')
    with pytest.raises(AssertionError, match=f'a cluster is running in {cluster.folder} already'):
        KubeCluster(tmp_path / 'second').up()


def test_a_backend_pod_that_is_deleted_comes_back(site: Site) -> None:
    before = site.pod_uid('main-b-0')
    site.kubectl('delete', 'pod', 'main-b-0')
    wait_until('another pod', lambda: site.pod_uid('main-b-0') not in (None, before), 60)


def test_a_backend_that_loses_pod_and_volume_is_rebuilt(site: Site) -> None:
    volume = site.volume('b')
    site.kubectl('delete', 'pvc', 'data-main-b-0', '--wait=false')
    site.kubectl('delete', 'pod', 'main-b-0')
    site.await_not('InSync', 'b')
    site.await_optimal(3)
    assert site.volume('b') != volume
    events = [event['reason'] for event in site.all('events')]
    # That it is recovering is told only if somebody looks meanwhile: what there is to copy here takes a moment.
    assert {'Degraded', 'BackendInSync', 'Optimal'} <= set(events), events


def test_a_backend_whose_process_is_killed_comes_back(site: Site) -> None:
    before = restarts(site, 'main-c-0')
    site.cluster.kill_container('main-c-0')
    wait_until('a restart', lambda: restarts(site, 'main-c-0') > before, 60)


def test_a_volume_that_is_emptied_behind_the_same_claim_is_filled_again(site: Site) -> None:
    volume = site.volume('a')
    for path in volume.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    site.cluster.kill_container('main-a-0')
    site.await_not('InSync', 'a')
    site.await_optimal(3)
    assert site.volume('a') == volume and (volume / 'Data.fs').stat().st_size > 0


def test_two_of_three_backends_may_be_lost_at_once(site: Site) -> None:
    site.kubectl('delete', 'pvc', 'data-main-a-0', 'data-main-b-0', '--wait=false')
    site.kubectl('delete', 'pod', 'main-a-0', 'main-b-0', '--wait=false')
    for name in 'ab':
        site.await_not('InSync', name)
    site.await_optimal(3)
    site.require_nothing_lost_in(*BACKENDS)


def test_servers_that_die_one_after_another_are_replaced(site: Site) -> None:
    for pod in site.server_pods():
        site.kubectl('delete', 'pod', pod)
        wait_until('a replacement', lambda: pod not in site.server_pods() and site.status().get('servers') == '2/2', 120,
                   tell=site.describe)
        site.await_commits()


def test_killed_servers_are_started_again(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    for pod in site.server_pods():
        ready, served = site.served_after_kill(pod)
        with capsys.disabled():
            print(f'a killed server: ready {ready:.0f} s and serving {served:.1f} s after the kubelet started it again')
        assert ready >= 0 and served >= 0
        assert SERVER_IMAGE != 'server' or max(ready, served) <= BACK_SECONDS
        site.await_optimal(3)


@pytest.mark.parametrize('seconds', [0, 1, 2, 3, 5, 7, 10] if FULL else [1, 3])
def test_an_operator_that_is_killed_during_a_recovery_goes_on(site: Site, seconds: float) -> None:
    """At any step: the pod is gone, the claim is gone, both are new, the recovery is asked for, under way, over."""
    site.kubectl('delete', 'pvc', 'data-main-b-0', '--wait=false')
    site.kubectl('delete', 'pod', 'main-b-0', '--wait=false')
    pass_time(seconds)
    # Not by a signal to its process: the kubelet would wait longer and longer before it starts that again.
    site.cluster.kubectl('delete', 'pods', '--all', '-n', OPERATOR_NAMESPACE, '--grace-period=0', '--force')
    site.await_not('InSync', 'b')


def test_nothing_stops_while_the_api_server_is_away(site: Site) -> None:
    site.cluster.stop_api_server()
    try:
        pass_time(AWAY_SECONDS)
    finally:
        site.cluster.start_api_server()
    assert site.report()['longest_gap'] < AWAY_SECONDS / 2


def test_servers_are_scaled_by_kubectl(site: Site) -> None:
    site.kubectl('scale', 'zeoraid', 'main', '--replicas=3')
    site.await_optimal(3, servers=3)
    assert len(site.server_pods()) == 3
    site.kubectl('scale', 'zeoraid', 'main', '--replicas=2')
    site.await_optimal(3, servers=2)


def test_a_backend_is_added_filled_and_removed(site: Site) -> None:
    site.apply(site.manifest([*BACKENDS, 'd'], **MANIFEST))
    site.await_optimal(4)
    site.require_nothing_lost_in('a', 'd')
    site.apply(site.manifest(BACKENDS, **MANIFEST))
    site.await_optimal(3)
    assert not site.get('statefulset', 'main-d')
    assert site.get('pvc', 'data-main-d-0'), 'claims are never deleted'
    site.kubectl('delete', 'pvc', 'data-main-d-0')


def test_the_last_backend_in_sync_cannot_be_removed(site: Site) -> None:
    manifest = json.dumps(site.manifest(['x', 'y']))
    done = site.cluster.try_kubectl('-n', site.namespace, 'apply', '-f', '-', stdin=manifest)
    assert done.returncode and 'in sync' in done.stderr, done


def test_applying_the_same_again_changes_nothing(site: Site) -> None:
    before = generations(site)
    site.apply(site.manifest(BACKENDS, **MANIFEST))
    site.kubectl('apply', '--server-side', '--force-conflicts', '--field-manager=argocd', '-f', '-',
                 stdin=json.dumps(site.manifest(BACKENDS, **MANIFEST)))
    site.await_commits()
    site.await_optimal(3)
    assert generations(site) == before


def test_an_idle_raid_writes_nothing_but_leases(site: Site) -> None:
    site.await_optimal(3)
    with site.without_commits() as last:
        # What was committed last is noted once more, within a minute.
        wait_until('the last tid in the record', lambda: site.get('zeoraidmembership', 'main')['spec']['lastTid'] >= last, 90,
                   tell=site.describe)
        # So does Kubernetes, which tells what went before for some seconds more.
        wait_until('an end of what went before', lambda: {each[2] for each in writes_in(site, 5)} <= {'leases'}, 60, tell=site.describe)
        written = writes_in(site, IDLE_SECONDS)
    assert written, 'the audit log shows at least the leases'
    assert {resource for _, _, resource, _ in written} == {'leases'}, written


def test_an_upgrade_of_the_operator_restarts_nothing(site: Site) -> None:
    """Its defaults are for RAIDs that are made later."""
    site.cluster.tag('docker.io/zeoraid/operator:0.1.0', 'docker.io/zeoraid/operator:next')
    before = generations(site), pods(site)
    site.cluster.install(*CHART, '--set', 'image.tag=next', '--set', 'defaultImages.server=zeoraid/server:next',
                         '--set', 'defaultImages.backend=zeoraid/zeo:next')
    operators = [pod['metadata']['name'] for pod in json.loads(
        site.cluster.kubectl('-n', OPERATOR_NAMESPACE, 'get', 'pods', '-o', 'json'))['items']
        if pod['spec']['containers'][0]['image'] == 'zeoraid/operator:next']
    wait_until('the new operator at work', lambda: site.cluster.kubectl(
        '-n', OPERATOR_NAMESPACE, 'get', 'lease', 'zeoraid-operator', '-o', 'jsonpath={.spec.holderIdentity}') in operators, 60)
    pass_time(15)  # three of its rounds
    assert (generations(site), pods(site)) == before
    site.cluster.install(*CHART)


def test_other_images_are_rolled_out_one_by_one(site: Site) -> None:
    for image in ('zeo', 'server'):
        site.cluster.tag(f'docker.io/zeoraid/{image}:0.1.0', f'docker.io/zeoraid/{image}:next')
    in_sync = []
    rolled = site.manifest(BACKENDS, backendTemplate={'image': 'zeoraid/zeo:next', 'storage': {'size': '1Gi'}})
    rolled['spec']['servers']['image'] = 'zeoraid/server:next'
    site.apply(rolled)

    def done() -> bool:
        in_sync.append(int(site.status()['optimal'].partition('/')[0]))
        images = {container['image'] for pod in site.all('pods', '-l', 'zeoraid.io/raid=main') for container in pod['spec']['containers']}
        return images == {'zeoraid/zeo:next', 'zeoraid/server:next'}

    wait_until('new images everywhere', done, 300, tell=site.describe)
    site.await_optimal(3)
    assert min(in_sync) >= 2, in_sync
    site.require_nothing_lost_in(*BACKENDS)
    site.apply(site.manifest(BACKENDS, **MANIFEST))
    site.await_optimal(3)


def test_a_volume_grows(site: Site) -> None:
    site.apply(site.manifest(BACKENDS, backendTemplate={'storage': {'size': '2Gi'}}))
    wait_until('2Gi', lambda: {claim['status']['capacity']['storage'] for claim in site.all('pvc')} == {'2Gi'}, 60, tell=site.describe)
    MANIFEST['backendTemplate'] = {'storage': {'size': '2Gi'}}  # it never shrinks
    site.await_optimal(3)


def test_a_zeoraid_that_is_deleted_and_created_again_finds_its_data(site: Site) -> None:
    number = site.written()
    site.kubectl('delete', 'zeoraid', 'main')
    wait_until('an end of all pods', lambda: len(site.all('pods')) == 1, 120, tell=site.describe)
    assert len(site.all('pvc')) == 3
    site.apply(site.manifest(BACKENDS, **MANIFEST))
    site.await_optimal(3)
    site.await_commits()
    assert site.written() > number


@pytest.fixture
def other(cluster: KubeCluster) -> Iterator[Site]:
    """A namespace for a RAID that does not work, or not yet; nobody waits until it is gone."""
    made = Site(cluster, f'other-{next(NUMBERS)}')
    yield made
    cluster.kubectl('delete', 'namespace', made.namespace, '--wait=false')


@pytest.mark.parametrize('spec, reason, told', [
    ({'backendTemplate': {'image': 'localhost/nothing:1', 'storage': {'size': '1Gi'}}}, 'ImageUnavailable',
     'backend a: its image localhost/nothing:1'),
    ({'backendTemplate': {'storage': {'size': '1Gi', 'storageClassName': 'no-such-class'}}}, 'VolumePending',
     'backend a: its claim data-main-a-0'),
    ({'servers': {'replicas': 1, 'image': 'localhost/nothing:1'}}, 'ImageUnavailable', 'a server: its image localhost/nothing:1'),
])
def test_what_keeps_pods_from_starting_is_told(other: Site, spec: Dict[str, object], reason: str, told: str) -> None:
    raid = other.manifest(['a'], servers=1)
    raid['spec'].update(spec)
    other.apply(raid)
    assert await_stalled(other, reason).startswith(told)
    assert other.condition('Ready')['status'] != 'True'
    if told.startswith('backend'):
        assert other.backend('a')['reason'] == reason
    before = len(other.cluster.writes())
    pass_time(10)
    written = [each for each in other.cluster.writes()[before:]
               if 'zeoraid-operator' in each['user']['username'] and each['objectRef']['resource'] != 'leases']
    assert len(written) <= 4, written


def test_secrets_that_are_missing_are_told_and_then_used(other: Site, tmp_path: Path) -> None:
    """That of the operator, for the control services, then those of the servers; then all speak TLS with each other."""
    authority = Authority(tmp_path / 'authority')
    raid = other.manifest(['a', 'b'])
    raid['spec']['servers'] = {'replicas': 2, 'tls': {'secretName': 'main-tls'}, 'controlTls': {'secretName': 'main-control'}}
    other.apply(raid)
    await_stalled(other, 'NoControlCertificate')
    other.cluster.kubectl('-n', OPERATOR_NAMESPACE, 'apply', '-f', '-', stdin=json.dumps(authority.secret('operator-control', 'operator')))
    told = await_stalled(other, 'WaitingForSecrets')
    for name in ('main-tls', 'main-control'):
        assert f'Secret {name} with ca.crt, tls.crt, tls.key' in told, told
    lacking = authority.secret('main-control', f'main.{other.namespace}.svc')
    authority_of_clients = lacking['stringData'].pop('ca.crt')
    other.apply(authority.secret('main-tls', 'main', f'main.{other.namespace}.svc'), lacking)
    pass_time(10)
    assert await_stalled(other, 'WaitingForSecrets') == told, 'a key is missing'
    lacking['stringData']['ca.crt'] = authority_of_clients
    other.apply(lacking, authority.secret('client', 'client'))
    other.await_optimal(2)
    tid = other.commit_with('client')
    assert len(tid) == 16 and int(tid, 16) > 0
    status = other.kubectl('exec', 'deploy/main-servers', '--', *ZEORAID, 'status')
    assert 'optimal' in status, status
    events = [event['reason'] for event in other.all('events')]
    assert {'NoControlCertificate', 'WaitingForSecrets', 'Optimal'} <= set(events), events


def await_stalled(site: Site, reason: str) -> str:
    """Waits until the ZeoRaid is Stalled for this reason; returns what is said."""
    wait_until(reason, lambda: site.condition('Stalled').get('reason') == reason, 120, tell=site.describe)
    return site.condition('Stalled')['message']


def test_a_zeo_server_that_there_is_moves_into_the_cluster(other: Site) -> None:
    """docs/deploying.md, migration: it becomes an external backend, two managed ones are added, and it goes."""
    other.start_zeo('old')
    other.start_writer('old:8100')
    other.await_commits()
    other.write_blob('old:8100')
    before, blobs = other.transactions('old:8100'), other.blobs('old:8100')
    other.kubectl('delete', 'pod', 'writer')
    other.kubectl('delete', 'configmap', 'scripts')
    external = {'name': 'old', 'external': {'host': 'old', 'port': 8100}}
    other.apply(other.manifest([external], servers=1))
    other.await_optimal(1, servers=1)
    other.start_writer()
    other.apply(other.manifest([external, 'a', 'b'], servers=1))
    other.await_optimal(3, servers=1)
    other.apply(other.manifest(['a', 'b'], servers=1))
    other.await_optimal(2, servers=1)
    other.kubectl('delete', 'pod', 'old')
    other.await_commits()
    other.require_nothing_lost_in('a', 'b')
    assert len(before) > 20 and len(blobs) == 2
    for name in 'ab':
        assert other.blobs(f'main-{name}:8100') == blobs
        assert before.items() <= other.transactions(f'main-{name}:8100').items()


def restarts(site: Site, pod: str) -> int:
    """How often the first container of a pod was started again."""
    return site.container(pod).get('restartCount', 0)


def writes_in(site: Site, seconds: float) -> List[Tuple[str, str, str, str]]:
    """(who, verb, resource, name) of what is written in this time, by the operator and its servers or in their namespace."""
    before = len(site.cluster.writes())
    pass_time(seconds)
    return [(each['user']['username'], each['verb'], each['objectRef']['resource'], each['objectRef'].get('name'))
            for each in site.cluster.writes()[before:] if 'zeoraid' in json.dumps([each['user'], each['objectRef']])
            or site.namespace == each['objectRef'].get('namespace')]


def pods(site: Site) -> Dict[str, Tuple[str, int]]:
    """{pod of the RAID: (uid, restarts)}"""
    return {pod['metadata']['name']: (pod['metadata']['uid'], restarts(site, pod['metadata']['name']))
            for pod in site.all('pods', '-l', 'zeoraid.io/raid=main')}


def generations(site: Site) -> Dict[str, str]:
    """What every child is at; a write that changes something shows."""
    return {f"{each['kind']} {each['metadata']['name']}": each['metadata'].get('generation', each['metadata']['resourceVersion'])
            for each in site.all('statefulset,deployment,service,configmap,serviceaccount,role,rolebinding,pdb,networkpolicy')}
