"""The operator between a real API server and a real ZEORaid server over real ZEO servers."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from zeoraid_e2e.apiserver import ApiServer
from zeoraid_e2e.application import Application
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.operator import RAID, Kubernetes, Operator
from zeoraid_e2e.process import STOP_SECONDS, wait_until
from zeoraid_e2e.raid import FAILED, MISSING, Raid

pytestmark = [pytest.mark.raid, pytest.mark.timeout(600)]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer]:
    running = ApiServer(tmp_path / 'kubernetes')
    running.start()
    yield running
    running.kill()


@pytest.fixture
def kubernetes(api: ApiServer, tmp_path: Path, raid: Raid) -> Kubernetes:
    made = Kubernetes(api, tmp_path)
    made.create_raid(['a', 'b', 'c'])
    made.run_pod(f'{RAID}-servers-x', 'server', control=raid.port + 1)
    for name in 'abc':
        made.run_pod(f'{RAID}-{name}-0', 'backend', backend=name)
    return made


@pytest.fixture
def operator(api: ApiServer, kubernetes: Kubernetes, tmp_path: Path) -> Iterator[Operator]:
    running = Operator(tmp_path / 'operator', api)
    running.start()
    yield running
    running.stop()


def await_raid(kubernetes: Kubernetes, state: str, optimal: str) -> None:
    wait_until(f'ZeoRaid {state} {optimal}',
               lambda: (kubernetes.status().get('raid'), kubernetes.status().get('optimal')) == (state, optimal),
               tell=kubernetes.status)


def test_a_replaced_backend_is_recovered_though_the_operator_dies_meanwhile(
        cluster: Cluster, raid: Raid, application: Application, kubernetes: Kubernetes, operator: Operator) -> None:
    # The servers of these tests recover nothing unasked, so that it is the operator who asks.
    await_raid(kubernetes, 'Optimal', '3/3')
    assert kubernetes.condition('Ready').startswith('True')
    assert kubernetes.get('statefulset', f'{RAID}-b')
    cluster['b'].kill()
    application.commit(5)
    raid.await_state('b', FAILED, MISSING)
    kubernetes.delete_pod(f'{RAID}-b-0')
    await_raid(kubernetes, 'Degraded', '2/3')
    assert kubernetes.condition('Degraded') == 'True NotInSync not in sync: b'
    operator.kill()
    cluster['b'].wipe()
    cluster['b'].start()
    kubernetes.run_pod(f'{RAID}-b-0', 'backend', backend='b')
    application.commit(5)
    operator.start()
    await_raid(kubernetes, 'Optimal', '3/3')
    assert {'Optimal', 'Degraded'} <= set(kubernetes.events())
    application.close()
    assert cluster.require_equal() >= 10


def test_what_needs_a_person_is_told_and_left_alone(
        cluster: Cluster, raid: Raid, application: Application, kubernetes: Kubernetes, operator: Operator) -> None:
    await_raid(kubernetes, 'Optimal', '3/3')
    assert raid.cli('disable', 'b').returncode == 0
    await_raid(kubernetes, 'Degraded', '2/3')
    kubernetes.delete_pod(f'{RAID}-b-0')
    kubernetes.run_pod(f'{RAID}-b-0', 'backend', backend='b')
    wait_until('Disabled again', lambda: kubernetes.status()['backends'][1].get('reason') == 'Disabled')
    # Its end is the end of its last round; it does not have to be killed.
    operator.terminate()
    wait_until('operator ended', lambda: not operator.running, STOP_SECONDS)
    assert raid.states()['b'] == 'disabled'
    assert 'BackendDisabled' in kubernetes.events()


def test_it_goes_on_after_the_api_server_was_away(
        cluster: Cluster, raid: Raid, application: Application, api: ApiServer, kubernetes: Kubernetes, operator: Operator) -> None:
    await_raid(kubernetes, 'Optimal', '3/3')
    api.kill()
    cluster['c'].kill()
    application.commit(2)
    raid.await_state('c', FAILED, MISSING)
    api.start()
    await_raid(kubernetes, 'Degraded', '2/3')
