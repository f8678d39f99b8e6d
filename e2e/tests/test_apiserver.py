"""The API server of the tests: it keeps its data, hangs and dies when told, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator

import pytest

from zeoraid_e2e.apiserver import ApiServer
from zeoraid_e2e.network import How, Network
from zeoraid_e2e.stores import NAME, RESOURCE, KubernetesStore, read_record

pytestmark = pytest.mark.timeout(120)

SPEC = {'revision': 1, 'epoch': 1, 'primary': '', 'address': '', 'number': 0, 'lastTid': '0' * 15 + '7', 'nextOid': '1',
        'inSync': ['a'], 'backends': [{'name': 'a', 'state': 'InSync'},
                                      {'name': 'b', 'state': 'Out', 'reason': 'Failed', 'text': 'its disk burns'}]}


@pytest.fixture(scope='module')
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    running = ApiServer(tmp_path_factory.mktemp('kubernetes'))
    running.start()
    yield running
    running.stop()
    assert not running.running


def require_record(server: ApiServer) -> None:
    record = KubernetesStore(server).record()
    assert record and (record.last_tid[-1], record.states) == (7, {'a': 'in-sync', 'b': 'failed'})
    assert record.in_sync == ['a']


def test_it_keeps_a_record_over_death_and_hang(server: ApiServer, tmp_path: Path) -> None:
    assert KubernetesStore(server).record() is None
    resource = tmp_path / 'record.json'
    resource.write_text(json.dumps({'apiVersion': 'zeoraid.io/v1alpha1', 'kind': 'ZeoRaidMembership',
                                    'metadata': {'name': NAME}, 'spec': SPEC}))
    done = server.kubectl('create', '--filename', str(resource))
    assert done.returncode == 0, done.stderr
    require_record(server)
    server.kill()
    assert not server.running
    assert KubernetesStore(server).record() is None
    server.start()
    require_record(server)
    server.pause()
    assert server.running
    assert server.kubectl('get', RESOURCE, '--request-timeout', '1s').returncode != 0
    server.resume()
    require_record(server)


@pytest.mark.network
def test_it_runs_in_a_network_and_can_be_cut_off(tmp_path: Path) -> None:
    with Network(['store', 's1']) as network:
        server = ApiServer(tmp_path, network.host('store'))
        server.start()
        try:
            with network.inside('s1'):
                assert server.kubectl('get', RESOURCE).returncode == 0
                network.cut('s1', 'store', How.REJECT)
                assert server.kubectl('get', RESOURCE, '--request-timeout', '1s').returncode != 0
            assert server.kubectl('get', RESOURCE).returncode == 0
        finally:
            server.kill()


def test_both_forms_of_the_record_are_read() -> None:
    file = {**SPEC, 'backends': {'a': {'state': 'in-sync'}, 'b': {'state': 'out', 'reason': 'failed', 'text': 'x'}}}
    assert read_record(file) == read_record(SPEC)
