"""ZEO's own suite against RAIDs of two stock ZEO servers: a half of it, all of it with ZEORAID_FULL=1.

`./dev zeo-suite` runs it with progress; docs/zeo-suite.md tells what it says.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zeoraid_e2e.chaos import seed_of
from zeoraid_e2e.zeo_suite import left_out
from zeoraid_e2e.zeo_suite.names import load
from zeoraid_e2e.zeo_suite.run import ENCODINGS, HALF, HALF_WITH_FAILURES, MSGPACK, Job, Run, Verdict, select, summary
from zeoraid_e2e.zeo_suite.servers import place
from zeoraid_e2e.zeo_suite.storages import Copies, Storages, shared_blobs, storage_names
from zeoraid_e2e.zeo_suite.worker import FAILED, PASSED, ZEORAID, Outcome

FULL = os.environ.get('ZEORAID_FULL', '') not in ('', '0')

LINES = """
[does not apply: mocks]
a.*     mocks of everything

[not yet: blobs]
b.Blobs.*   storeBlob
"""


@pytest.mark.raid
@pytest.mark.timeout(3600 if FULL else 900)
@pytest.mark.parametrize('encoding', ENCODINGS)
def test_the_suite_of_zeo_passes(encoding: str) -> None:
    names = list(load())
    leaves = left_out.read().match(names).for_run(with_failures=False)
    jobs = [Job(name, encoding) for name in select(names, () if FULL else HALF[encoding])]
    verdicts = Run(leaves, ZEORAID, 2, lambda verdict: None).run(jobs)
    failed = [f'{verdict.job.name}:\n{verdict.words}' for verdict in verdicts if verdict.kind == FAILED]
    assert not failed, '\n\n'.join([*failed, summary(verdicts, 0)])


@pytest.mark.raid
@pytest.mark.timeout(3600 * 4 if FULL else 600)
def test_the_suite_of_zeo_passes_while_backends_fail() -> None:
    """`./dev zeo-suite --with-failures`, in one encoding."""
    names = list(load())
    leaves = left_out.read().match(names).for_run(with_failures=True)
    jobs = [Job(name, MSGPACK) for name in select(names, () if FULL else HALF_WITH_FAILURES)]
    verdicts = Run(leaves, ZEORAID, 2, lambda verdict: None, seed_of(0)).run(jobs)
    failed = [f'{verdict.job.name}:\n{verdict.words}' for verdict in verdicts if verdict.kind == FAILED]
    assert not failed, '\n\n'.join([*failed, summary(verdicts, 0)])
    for what in ('killed', 'recovered'):
        assert sum(getattr(verdict.outcome, what) for verdict in verdicts if verdict.outcome), f'nothing was {what}'


def test_what_is_left_out_with_failures_is_run_without() -> None:
    text = LINES + '[not with failures: looks into files]\nc.z   a reason\n'
    names = ['a.x', 'b.Blobs.y', 'c.z']
    assert left_out.parse(text).match(names).for_run(with_failures=False).line_of('c.z') is None
    line = left_out.parse(text).match(names).for_run(with_failures=True).line_of('c.z')
    assert line and not line.runs


def verdict(name: str, outcome: str) -> Verdict:
    line = left_out.parse(LINES).match(['a.x', 'b.Blobs.y']).line_of(name)
    return Verdict(Job(name, ENCODINGS[0]), line, Outcome(name, outcome, 0.1, 'its traceback'))


def test_what_is_not_yet_has_to_fail() -> None:
    assert verdict('b.Blobs.y', FAILED).kind == 'not yet: blobs'
    passes: Verdict = verdict('b.Blobs.y', PASSED)
    assert passes.kind == FAILED
    assert 'not yet: blobs: storeBlob' in passes.words


def test_what_is_not_left_out_has_to_pass() -> None:
    assert verdict('c.z', PASSED).kind == PASSED
    assert verdict('c.z', FAILED).kind == FAILED
    assert verdict('c.z', FAILED).words == 'its traceback'


def test_a_failure_is_looked_at_twice_but_no_lost_race() -> None:
    assert verdict('c.z', FAILED).may_be_run_again
    assert not verdict('c.z', PASSED).may_be_run_again
    assert not verdict('c.test_race_for_nothing', FAILED).may_be_run_again
    assert not verdict('b.Blobs.y', PASSED).may_be_run_again


def test_a_line_without_a_test_is_an_error() -> None:
    with pytest.raises(left_out.ListError, match='line 6: b.Blobs'):
        left_out.parse(LINES).match(['a.x', 'c.z'])


@pytest.mark.parametrize('text', ['a.b  a reason', '[not yet: x]\na.b', '[some day]\na.b a reason'])
def test_a_line_needs_group_and_reason(text: str) -> None:
    with pytest.raises(left_out.ListError, match='line'):
        left_out.parse(text)


def test_storages_are_called_as_zeo_calls_them() -> None:
    nested = '<blobstorage Second>\n<filestorage 3>\n</filestorage>\n</blobstorage>'
    assert storage_names(f'<mappingstorage/>\n{nested}') == ['1', 'second']


def test_a_requested_port_is_kept_and_no_port_is_chosen() -> None:
    assert place('address 127.0.0.1:12345\nread-only true\n') == (
        ('127.0.0.1', 12345), 'address 127.0.0.1:12345\n\nread-only true\n')
    (_, port), section = place('address 127.0.0.1:0\n')
    assert port and f'127.0.0.1:{port}' in section


def test_the_second_copy_has_files_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    configuration = '<blobstorage>\nblob-dir blobs\n<filestorage>\npath Data.fs\n</filestorage>\n</blobstorage>'
    copies = Copies.of(configuration, tmp_path / 'copies')
    (tmp_path / 'copies').mkdir()
    (tmp_path / 'Data.fs').write_bytes(b'data')
    copies.prepare()
    rewritten = copies.rewrite(configuration)
    assert 'Data.fs' in rewritten and 'path Data.fs' not in rewritten and 'blob-dir blobs' not in rewritten
    assert (copies.folder / '1' / 'Data.fs').read_bytes() == b'data'


def test_what_a_raid_can_not_have_at_its_backends_is_replaced(tmp_path: Path) -> None:
    storages = Storages.of('<mappingstorage 1/>', True, tmp_path, tmp_path / 'memory')
    assert all('<filestorage 1>' in configuration for configuration in storages.configurations)
    assert not storages.keep
    storages.stopped()
    assert not list(tmp_path.iterdir())
    read_only = Storages.of('<filestorage>\npath a\nread-only yes\n</filestorage>', False, tmp_path, tmp_path / 'memory')
    assert 'read-only' not in ''.join(read_only.configurations)
    assert read_only.options == ['read-only yes']


def test_clients_may_share_the_blobs_of_the_first_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = '<blobstorage 1>\nblob-dir blobs\n<filestorage>\npath Data.fs\n</filestorage>\n</blobstorage>\n'
    assert shared_blobs(one) == [f'blob-dir {tmp_path / "blobs"}', 'shared-blob-dir yes']
    assert not shared_blobs(one + one.replace('blobs', 'others'))  # there is one directory for each storage
    assert not shared_blobs('<filestorage>\npath Data.fs\n</filestorage>')
