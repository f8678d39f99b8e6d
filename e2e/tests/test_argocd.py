"""deploy/argocd/health.lua, run by the Lua that Argo CD's is (5.1), with no more of its library than Argo CD gives."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
import yaml
from lupa import lua51

from zeoraid_e2e.deploy import DEPLOY, kustomize

LIBRARY = ('ipairs', 'pairs', 'next', 'type', 'tostring', 'tonumber', 'select', 'unpack', 'error', 'pcall', 'table')


def health(resource: Dict[str, Any]) -> Any:
    """(health, message)"""
    lua = lua51.LuaRuntime()
    script = (DEPLOY / 'argocd/health.lua').read_text()
    run = lua.eval('function(script, names, obj)'
                   ' local env = {obj = obj}'
                   ' for _, name in ipairs(names) do env[name] = _G[name] end'
                   ' local chunk = assert(loadstring(script)); setfenv(chunk, env); return chunk() end')
    told = run(script, lua.table_from(LIBRARY), lua.table_from(resource, recursive=True))
    return told['status'], told['message']


def condition(kind: str, status: str, reason: str = 'Any', message: str = '', generation: int = 3) -> Dict[str, Any]:
    return {'type': kind, 'status': status, 'reason': reason, 'message': message, 'observedGeneration': generation,
            'lastTransitionTime': '2026-01-01T00:00:00Z'}


# The conditions of a RAID that is well, as Statuses.java writes them.
WELL = {
    'Ready': ('True', 'Serving', 'clients are served'), 'Reconciling': ('False', 'Applied', ''), 'Stalled': ('False', 'Going', ''),
    'Degraded': ('False', 'AllInSync', ''), 'Recovering': ('False', 'NothingToDo', ''),
    'DataLossSuspected': ('False', 'NothingMissing', '')}

NO_SERVER = ('Unknown', 'NoServer', 'no ZEORaid server can be asked')
NO_PRIMARY = ('Unknown', 'NoPrimary', 'no ZEORaid server is in office: without a primary')
SEARCHING = {'Ready': NO_PRIMARY, 'Degraded': NO_PRIMARY, 'Recovering': NO_PRIMARY, 'DataLossSuspected': NO_PRIMARY}
STARTING = {'Ready': NO_SERVER, 'Degraded': NO_SERVER, 'Recovering': NO_SERVER, 'DataLossSuspected': NO_SERVER}


def backend(name: str, state: str = 'InSync', reason: Optional[str] = None, message: str = '') -> Dict[str, Any]:
    return {'name': name, 'state': state, **({'reason': reason, 'message': message} if reason else {})}


def raid(changed: Optional[Dict[str, Any]] = None, backends: Optional[List[Dict[str, Any]]] = None, generation: int = 3,
         observed: Optional[int] = 3, conditions_of: int = 3, replicas: int = 2, pack: Optional[Dict[str, Any]] = None,
         **spec: Any) -> Dict[str, Any]:
    told = {**WELL, **(changed or {})}
    status: Dict[str, Any] = {
        'conditions': [condition(kind, *values, generation=conditions_of) for kind, values in told.items()],
        'backends': backends or [backend('a'), backend('b')], 'optimal': '2/2', 'servers': '2/2', 'replicas': replicas}
    if pack is not None:
        status['pack'] = pack
    if observed is not None:
        status['observedGeneration'] = observed
    return {'metadata': {'name': 'db', 'generation': generation}, 'spec': spec, 'status': status}


OUT_B = {'Degraded': ('True', 'NotInSync', 'not in sync: b')}
NOT_SERVING = {'Ready': ('False', 'NotServing', 'no backend in sync can be reached')}
LOST = {'DataLossSuspected': ('True', 'DataLossSuspected', 'suspected data loss: a shows less'), **NOT_SERVING}

PACKING = {'state': 'Packing', 'message': 'packing backend a, 1 of 2', 'nextTime': '2026-01-11T03:30:00Z', 'asked': 1}
PACK_FAILED = {'state': 'Waiting', 'nextTime': '2026-01-11T03:30:00Z', 'lastTime': '2026-01-04T03:31:00Z', 'lastResult': 'Failed',
               'lastOutcome': 'backend b could not pack: the disk is full'}
PACK_POSTPONED = {'state': 'Postponed', 'message': 'due since 2026-01-04T03:30:00Z, but the RAID is recovering'}

# All reasons that the operator gives; test_cases_know_all_reasons compares them with its source.
RECONCILING = ('Applying', 'ReloadingServers', 'RollingBackends', 'GrowingVolumes', 'Reprovisioning', 'FallingAsleep', 'WakingUp')
STALLED = ('NameTaken', 'Refused', 'VolumeCannotGrow', 'ReprovisionRefused', 'PackScheduleInvalid', 'WaitingForSecrets', 'NoControlCertificate',
           'ImageUnavailable', 'VolumePending', 'CrashLooping')

CASES = [
    ('well', raid(), 'Healthy', '2/2 backends in sync'),
    ('no status at all', {'metadata': {'generation': 1}, 'spec': {}}, 'Progressing', 'has not looked at it yet'),
    ('an empty status', {'metadata': {'generation': 1}, 'spec': {}, 'status': {}}, 'Progressing', 'has not looked at it yet'),
    ('no generation observed', raid(observed=None), 'Progressing', 'has not looked at it yet'),
    ('well before a change', raid(generation=4), 'Progressing', 'latest change'),
    ('lost before a change', raid(LOST, generation=4), 'Progressing', 'latest change'),
    ('conditions of before a change', raid(generation=4, observed=4), 'Progressing', 'has not said yet'),
    ('starts', raid(STARTING, [backend('a', 'Unknown', 'PodMissing', 'its pod does not exist yet')]), 'Progressing',
     'its pod does not exist yet'),
    ('no server', raid(STARTING), 'Progressing', 'no ZEORaid server can be asked'),
    ('is being applied', raid({'Reconciling': ('True', 'Applying', 'what runs is not yet as the spec says')}), 'Progressing',
     'not yet as the spec says'),
    ('volumes are made for the first time', raid({**NOT_SERVING, **OUT_B}, [
        backend('a', 'Out', 'VolumePending', 'its claim data-db-a-0 has no volume yet'), backend('b', 'Out', 'PodNotReady', 'not ready')]),
     'Progressing', 'a: its claim data-db-a-0 has no volume yet'),
    ('an image that does not exist', raid({**NOT_SERVING, **OUT_B}, [
        backend('a', 'Out', 'ImageUnavailable', "its image can't be had"), backend('b', 'Out', 'PodNotReady', 'not ready')]),
     'Degraded', "a: its image can't be had"),
    ('does not serve', raid(NOT_SERVING), 'Degraded', 'no backend in sync can be reached'),
    ('stalled', raid({'Stalled': ('True', 'NameTaken', 'the Service db is not ours')}), 'Degraded', 'NameTaken: the Service db'),
    ('stalled while it is applied', raid({'Stalled': ('True', 'Refused', 'quota'), 'Reconciling': ('True', 'Applying', 'x')}),
     'Degraded', 'Refused: quota'),
    ('data loss', raid(LOST), 'Degraded', 'data loss is suspected'),
    ('data loss though paused', raid(LOST, paused=True), 'Degraded', 'data loss is suspected'),
    ('a backend failed', raid(OUT_B, [backend('a'), backend('b', 'Out', 'Failed', 'connection refused')]), 'Degraded',
     'not in sync: b; b: connection refused'),
    ('a backend is disabled', raid(OUT_B, [backend('a'), backend('b', 'Out', 'Disabled', 'by an administrator')]), 'Degraded', 'b'),
    ('a backend is out and nobody says why', raid(OUT_B, [backend('a'), backend('b', 'Out')]), 'Degraded', 'not in sync: b'),
    ('a backend is rebuilt', raid({**OUT_B, 'Recovering': ('True', 'Rebuilding', 'being rebuilt: b')},
                                  [backend('a'), backend('b', 'Recovering')]), 'Progressing', 'being rebuilt: b'),
    ('one is rebuilt, another diverged', raid({**OUT_B, 'Recovering': ('True', 'Rebuilding', 'being rebuilt: b')}, [
        backend('a'), backend('b', 'Recovering'), backend('c', 'Out', 'Diverged', 'has another history')]), 'Degraded', 'another history'),
    ('a backend was added', raid(OUT_B, [backend('a'), backend('b', 'Unknown', 'PodNotReady', 'its pod is not ready')]),
     'Progressing', 'its pod is not ready'),
    ('its node is gone', raid(OUT_B, [backend('a'), backend('b', 'Out', 'WaitingForNodeFencing', 'taint the node')]), 'Degraded', 'taint'),
    ('paused', raid(paused=True), 'Suspended', 'paused'),
    ('paused before it served', raid(STARTING, paused=True), 'Suspended', 'paused'),
    ('paused and not serving', raid(NOT_SERVING, paused=True), 'Degraded', 'paused, and clients are not served'),
    ('paused just now', raid(generation=4, paused=True), 'Progressing', 'latest change'),
    ('hibernated', raid({**STARTING, 'Ready': ('False', 'Hibernated', 'spec.hibernated is true')}, hibernated=True), 'Suspended',
     'hibernated'),
    ('sidecars, none yet', raid(STARTING, replicas=0, servers={'mode': 'Sidecar'}), 'Healthy', 'none runs yet'),
    ('sidecars that start', raid(STARTING, servers={'mode': 'Sidecar'}), 'Progressing', 'no ZEORaid server'),
    ('a server waits for a primary', raid(SEARCHING), 'Progressing', 'no ZEORaid server is in office'),
    ('sidecars that wait for a primary', raid(SEARCHING, servers={'mode': 'Sidecar'}), 'Progressing', 'in office'),
    ('paused while a server waits for a primary', raid(SEARCHING, paused=True), 'Suspended', 'paused'),
    ('a pack is under way', raid(pack=PACKING), 'Healthy', '2/2 backends in sync'),
    ('the last pack failed', raid(pack=PACK_FAILED), 'Healthy', '2/2 backends in sync'),
    ('a pack is postponed', raid({**OUT_B, 'Recovering': ('True', 'Rebuilding', 'being rebuilt: b')},
                                 [backend('a'), backend('b', 'Recovering')], pack=PACK_POSTPONED), 'Progressing', 'being rebuilt: b'),
    ('falls asleep', raid({'Reconciling': ('True', 'FallingAsleep', 'backends are stopped once no server runs')}, hibernated=True),
     'Suspended', 'hibernated'),
    ('wakes up', raid({**STARTING, 'Reconciling': ('True', 'WakingUp', 'servers are started once all backends are ready')}),
     'Progressing', 'once all backends are ready'),
    *((f'reconciling: {reason}', raid({'Reconciling': ('True', reason, f'words of {reason}')}), 'Progressing', f'words of {reason}')
      for reason in RECONCILING),
    *((f'reconciling while b is out: {reason}', raid({**OUT_B, 'Reconciling': ('True', reason, f'words of {reason}')}, [
        backend('a'), backend('b', 'Out', 'Diverged', 'has another history')]), 'Progressing', f'words of {reason}')
      for reason in RECONCILING),
    *((f'stalled: {reason}', raid({'Stalled': ('True', reason, f'words of {reason}')}), 'Degraded', f'{reason}: words of {reason}')
      for reason in STALLED),
    ('a deployment without pods', raid(STARTING, replicas=0, servers={'mode': 'Deployment'}), 'Progressing', 'no ZEORaid server'),
]


@pytest.mark.parametrize('resource, wanted, told', [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_health(resource: Dict[str, Any], wanted: str, told: str) -> None:
    status, message = health(resource)
    assert status == wanted, message
    assert told in message


def test_cases_know_all_reasons() -> None:
    """What the operator gives as a Trouble is a reason of Reconciling, of Stalled, or of a backend."""
    sources = DEPLOY.parent / 'operator/src/main/java/io/zeoraid/operator'
    given = {reason for source in sources.glob('**/*.java')
             for reason in re.findall(r'new (?:Seen\.)?Trouble\(\s*(?:"(\w+)"|Hibernation\.WAKING)', source.read_text())}
    of_backends = {'PodMissing', 'PodNotReady', 'VolumePending', 'ImageUnavailable', 'WaitingForNodeFencing', 'Failed', 'Missing',
                   'Diverged', 'Disabled'}
    assert of_backends <= given
    assert given - {''} - of_backends == set(RECONCILING + STALLED) - of_backends - {'WakingUp'}


def test_argo_cd_gets_the_script_by_kustomize(tmp_path: Path) -> None:
    (tmp_path / 'argocd-cm.yaml').write_text('{apiVersion: v1, kind: ConfigMap, metadata: {name: argocd-cm}, data: {kept: "1"}}')
    (tmp_path / 'kustomization.yaml').write_text(yaml.safe_dump({
        'resources': ['argocd-cm.yaml'], 'components': [os.path.relpath(DEPLOY / 'argocd', tmp_path)]}))
    made = yaml.safe_load(kustomize(tmp_path))
    assert made['metadata']['name'] == 'argocd-cm'
    assert made['data'] == {'kept': '1', 'resource.customizations.health.zeoraid.io_ZeoRaid': (DEPLOY / 'argocd/health.lua').read_text()}
