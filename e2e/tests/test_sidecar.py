"""Servers beside their clients, in a cluster with real pods: deploy/sidecar with what the operator makes for it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Iterator, List

import pytest
import yaml

from zeoraid_e2e.deploy import DEPLOY, kustomize
from zeoraid_e2e.kube import ZEORAID, KubeCluster, Site
from zeoraid_e2e.process import wait_until

pytestmark = [pytest.mark.raid, pytest.mark.cluster, pytest.mark.timeout(600)]

SCRIPTS = Path(__file__).parents[1] / 'zeoraid_e2e/pods'
TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount'


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    cluster = KubeCluster(tmp_path / 'node')
    cluster.up()
    try:
        cluster.load_images()
        cluster.install()
        yield Site(cluster, 'beside', raid='my-db')
    finally:
        cluster.down()


def workload(folder: Path) -> str:
    """The example, with a program in place of Zope that commits all the time through localhost."""
    for name in ('zeoraid.yaml', 'zope.yaml', 'kustomization.yaml'):
        shutil.copyfile(DEPLOY / 'examples/sidecar' / name, folder / name)
    zope = yaml.safe_load((folder / 'zope.yaml').read_text())
    pod = zope['spec']['template']['spec']
    writer, upgrade = pod['containers'][0], pod['initContainers'][0]
    # It reaches the database before Zope starts.
    upgrade.update(image='zeoraid/zeo:0.1.0', command=['python3', '-c', REACHES], args=[])
    writer.update(image='zeoraid/zeo:0.1.0', command=['python3', '/scripts/writer.py', 'localhost:8100'], volumeMounts=[
        {'name': 'scripts', 'mountPath': '/scripts'}, {'name': 'tmp', 'mountPath': '/tmp'}])
    del writer['readinessProbe'], writer['ports']
    pod['volumes'] = [{'name': 'scripts', 'configMap': {'name': 'scripts'}}, {'name': 'tmp', 'emptyDir': {}}]
    (folder / 'zope.yaml').write_text(yaml.safe_dump(zope))
    raid = yaml.safe_load((folder / 'zeoraid.yaml').read_text())
    raid['spec']['backendTemplate']['storage']['size'] = '1Gi'
    (folder / 'zeoraid.yaml').write_text(yaml.safe_dump(raid))
    kustomization = yaml.safe_load((folder / 'kustomization.yaml').read_text())
    kustomization['components'] = [os.path.relpath((DEPLOY / 'examples/sidecar' / component).resolve(), folder)
                                   for component in kustomization['components']]
    (folder / 'kustomization.yaml').write_text(yaml.safe_dump(kustomization))
    return kustomize(folder)


REACHES = 'import socket; socket.create_connection(("localhost", 8100), 10).close()'


def pods(site: Site) -> List[str]:
    return [pod['metadata']['name'] for pod in site.all('pods', '-l', 'app.kubernetes.io/name=zope')
            if 'deletionTimestamp' not in pod['metadata']]


def inside(site: Site, pod: str, *command: str, container: str = 'zope') -> str:
    done = site.cluster.try_kubectl('-n', site.namespace, 'exec', pod, '-c', container, '--', *command)
    return done.stdout.strip() if done.returncode == 0 else ''


def written(site: Site, pod: str) -> int:
    return int(inside(site, pod, 'python3', '/scripts/count.py') or 0)


def await_commits(site: Site, pod: str) -> None:
    before = written(site, pod)
    wait_until(f'commits of {pod}', lambda: written(site, pod) > before + 10, 90, tell=site.describe)


def test_servers_beside_their_clients(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / 'workload'
    folder.mkdir()
    site.kubectl('create', 'configmap', 'scripts', *(f'--from-file={file}' for file in sorted(SCRIPTS.glob('*.py'))))
    site.kubectl('apply', '-f', '-', stdin=workload(folder))
    site.await_optimal(3, servers=2)
    for pod in pods(site):
        await_commits(site, pod)
        # The right to change the membership record is the server's alone.
        assert inside(site, pod, 'python3', '-c', f'import os; print(os.path.exists("{TOKEN}"))') == 'False'

    # The pod of the primary goes, and with it its client; the other client does not notice but for a pause.
    primary = next(pod for pod in pods(site) if is_primary(site, pod))
    other = next(pod for pod in pods(site) if pod != primary)
    site.kubectl('delete', 'pod', primary)
    await_commits(site, other)
    site.await_optimal(3, servers=2)
    fresh = next(pod for pod in pods(site) if pod != other)
    await_commits(site, fresh)
    for pod in (other, fresh):
        report = json.loads(inside(site, pod, 'python3', '/scripts/check.py', 'localhost:8100').splitlines()[-1])
        assert report['acknowledged'] and not report['errors'] and not any(report['missing'].values()), report


def is_primary(site: Site, pod: str) -> bool:
    """By the control service of its server."""
    told = inside(site, pod, *ZEORAID, '--output', 'json', 'details', container='zeoraid')
    answer = json.loads(told)
    return answer.get('primary') == answer.get('server')
