"""The harness itself: it passes against a good stock ZEO server, and it fails where it must."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest
import transaction
import ZODB
from ZEO.Exceptions import ClientDisconnected
from ZODB.Connection import TransactionMetaData
from ZODB.FileStorage import FileStorage
from ZODB.utils import p64, z64

from zeoraid_e2e import compare, ledger, tally, wire
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.bank import DISCONNECTED, Bank, open_database
from zeoraid_e2e.ledger import BankError, Report, Timed, Transfer, longest_gap
from zeoraid_e2e.process import LOOPBACK, Server, Timeout, free_ports, wait_until
from zeoraid_e2e.raid import View, state_of, view_of

TIDS = [p64(0x0400_0000_0000_0000 + number) for number in range(5)]


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    server = Backend('stock', tmp_path / 'stock')
    server.start()
    yield server
    server.kill()


def write(path: Path, texts: 'list[str]', data: bytes = b'data') -> Path:
    """A Data.fs with one transaction for each text."""
    storage = FileStorage(str(path), create=True)
    for number, text in enumerate(texts):
        meta = TransactionMetaData(b'', text.encode(), b'')
        storage.tpc_begin(meta, TIDS[number])
        storage.store(p64(number), z64, data, '', meta)
        storage.tpc_vote(meta)
        storage.tpc_finish(meta)
    storage.close()
    return path


# ---------------------------------------------------------------- comparing files


def test_equal_files_are_equal(tmp_path: Path) -> None:
    files = {name: write(tmp_path / name, ['one', 'two']) for name in 'abc'}
    assert compare.require_equal(files) == 2


def test_a_shorter_file_is_different(tmp_path: Path) -> None:
    files = {'a': write(tmp_path / 'a', ['one']), 'b': write(tmp_path / 'b', ['one', 'two'])}
    with pytest.raises(compare.Different, match="a ends after 1 transactions; b goes on with .*'two'"):
        compare.require_equal(files)


@pytest.mark.parametrize('texts, data, said', [
    (['one', 'other'], b'data', 'transaction 1 differs in description'),
    (['one', 'two'], b'atad', 'transaction 0 differs in records'),
])
def test_other_content_is_different(tmp_path: Path, texts: 'list[str]', data: bytes, said: str) -> None:
    files = {'a': write(tmp_path / 'a', ['one', 'two']), 'b': write(tmp_path / 'b', texts, data)}
    with pytest.raises(compare.Different, match=said):
        compare.require_equal(files)


def test_a_lost_transaction_is_noticed(tmp_path: Path) -> None:
    data = write(tmp_path / 'a', ['one', 'two'])
    compare.require_contains(data, {TIDS[0]: b'one', TIDS[1]: b'two'})
    with pytest.raises(compare.Lost, match="1 of 2 acknowledged transactions are missing: .*'three'"):
        compare.require_contains(data, {TIDS[0]: b'one', TIDS[2]: b'three'})
    with pytest.raises(compare.Lost, match="there with b'two'"):
        compare.require_contains(data, {TIDS[1]: b'one'})


def test_a_transfer_that_happened_twice_is_noticed(tmp_path: Path) -> None:
    transfer = str(Transfer(0, 1, 2, 3, 10))
    assert ledger.replay(write(tmp_path / 'a', [transfer]), 5, 1).accounts == [1000, 1000, 990, 1010, 1000]
    with pytest.raises(BankError, match='follows transfer 1'):
        ledger.replay(write(tmp_path / 'b', [transfer, transfer]), 5, 1)


# ---------------------------------------------------------------- the bank


@pytest.mark.parametrize('msgpack', [False, True], ids=['pickle', 'msgpack'])
def test_the_bank_passes_with_a_good_server(tmp_path: Path, msgpack: bool) -> None:
    server = Backend('stock', tmp_path, msgpack=msgpack)
    server.start()
    try:
        with Bank(server.address) as bank:
            bank.wait_transfers(200)
            bank.wait_snapshots(3)
            report = bank.stop()
    finally:
        server.stop()
    report.require_no_errors()
    assert report.conflicts and not report.unknown and report.longest_commit() < 5
    ledger.verify_files({'a': server.data}, report)
    require_found_out(server.data, report)


def require_found_out(data: Path, report: Report) -> None:
    """The same file does not pass if the bank has seen something else, or if somebody tampers with it."""
    tid, transfer = sorted(report.acknowledged.items())[7]
    del report.acknowledged[tid]
    with pytest.raises(BankError, match='was never acknowledged'):
        ledger.verify_file(data, report)
    report.unknown.append(transfer)
    ledger.verify_file(data, report)
    report.acknowledged[p64(1)] = transfer
    with pytest.raises(compare.Lost):
        ledger.verify_file(data, report)
    del report.acknowledged[p64(1)]
    db = open_file(data)
    with db.transaction() as connection:
        connection.root()['bank']['accounts'][3].balance += 1
        connection.root()['bank']['accounts'][4].balance -= 1
    db.close()
    with pytest.raises(BankError, match='the transfers lead to'):
        ledger.verify_file(data, report)
    db = open_file(data)
    with db.transaction() as connection:
        connection.root()['bank']['accounts'][3].balance += 1
    db.close()
    with pytest.raises(BankError, match='the accounts sum up to 100001'):
        ledger.verify_file(data, report)


def open_file(data: Path) -> ZODB.DB:
    return ZODB.DB(FileStorage(str(data)))


def tamper(backend: Backend, kind: str, attribute: str, by: int) -> None:
    """Changes a number of the bank behind its back."""
    db = open_database(backend.address)
    try:
        for attempt in transaction.manager.attempts(100):
            with attempt, contextlib.closing(db.open()) as connection:
                tampered = connection.root()['bank'][kind][0]
                setattr(tampered, attribute, getattr(tampered, attribute) + by)
                transaction.commit()
    finally:
        db.close()


def test_the_bank_notices_a_wrong_sum(backend: Backend) -> None:
    with Bank(backend.address, writers=2, readers=1, clients=1) as bank:
        bank.wait_transfers(10)
        tamper(backend, 'accounts', 'balance', -5)
        with pytest.raises(BankError, match='the accounts sum up to 99995'):
            wait_until('the theft noticed', lambda: bank.require_open())
        assert bank.stop().errors


def test_the_bank_notices_a_vanished_transfer(backend: Backend) -> None:
    with Bank(backend.address, writers=2, readers=0, clients=1) as bank:
        bank.wait_transfers(10)
        tamper(backend, 'tills', 'count', -1)
        with pytest.raises(BankError, match='till 0 says'):
            wait_until('the forgery noticed', lambda: bank.require_open())
        assert bank.stop().errors


def test_a_dying_server_is_an_error_unless_it_was_announced(backend: Backend) -> None:
    with Bank(backend.address, writers=2, readers=1, clients=1) as bank:
        bank.wait_transfers(10)
        backend.restart()
        with pytest.raises(BankError, match='ClientDisconnected'):
            wait_until('the death noticed', lambda: bank.require_open())
        assert bank.stop().disconnects


def test_the_bank_goes_on_over_announced_deaths(backend: Backend) -> None:
    with Bank(backend.address, server_may_die=True) as bank:
        for _ in range(3):
            bank.wait_transfers(50)
            backend.restart()
        bank.wait_transfers(50)
        report = bank.stop()
    backend.stop()
    report.require_no_errors()
    assert report.disconnects
    ledger.verify_files({'a': backend.data}, report)


def test_a_rolled_back_server_is_found_out(backend: Backend) -> None:
    with Bank(backend.address, server_may_die=True) as bank:
        bank.wait_transfers(20)
        backend.save('early')
        bank.wait_transfers(20)
        report = bank.stop()
    backend.kill()
    backend.roll_back('early')
    with pytest.raises(compare.Lost):
        ledger.verify_files({'a': backend.data}, report)


def test_a_hang_shows_in_the_longest_commit(backend: Backend) -> None:
    with Bank(backend.address, writers=2, readers=0, clients=1) as bank:
        bank.wait_transfers(10)
        backend.pause()
        with pytest.raises(Timeout, match='more transfers'):
            bank.wait_transfers(1000, seconds=0.7)
        backend.resume()
        bank.wait_transfers(10)
        report = bank.stop()
    report.require_no_errors()
    assert report.longest_commit() > 0.6


def test_the_bank_tells_its_clients_apart(backend: Backend) -> None:
    """One client knows the server, the other one also an address where nobody answers."""
    only, nobody = backend.address, (LOOPBACK, free_ports(1))
    with Bank([only, [only, nobody]], writers=2, readers=2, server_may_die=True) as bank:
        bank.wait_everybody()
        bank.wait_transfers(5, at=[only])
        assert not bank.commits_at([nobody])
        assert len(bank.commits_at([only, nobody])) > len(bank.commits_at([only]))
        started = time.monotonic()
        backend.kill()
        wait_until('the loss noticed', lambda: bank.lost_at([only]))
        bank.wait_stall(0.5)
        assert not bank.made_since(time.monotonic() - 0.4, [only])
        with pytest.raises(Timeout, match='writer 0.* wait'):
            bank.wait_everybody(0.3, at=[only])
        backend.start()
        # Not the other one: a ZEO client may leave an address alone that broke a connection before it could register,
        # until none of its other addresses is still being tried.
        bank.wait_everybody(at=[only])
        assert longest_gap(bank.commits_at([only]), started, time.monotonic()) > 0.5
        assert all(lost.where == (only,) and lost.at >= started for lost in bank.lost_at([only]))


def test_a_gap_is_the_longest_time_without_an_end() -> None:
    ends = [Timed(ended, 0.1) for ended in (5.0, 1.0, 2.0, 9.0)]
    assert longest_gap(ends, 1.5, 6.0) == 3.0
    assert longest_gap(ends, 0.0, 100.0) == 91.0
    assert longest_gap([], 2.0, 4.5) == 2.5


# ---------------------------------------------------------------- servers


METRICS = '''# TYPE zeoraid_backend_state gauge
zeoraid_backend_state{backend="a",state="in-sync",storage="1"} 1.0
zeoraid_backend_state{backend="a",state="failed",storage="1"} 0.0
zeoraid_backend_state{backend="b",state="in-sync",storage="1"} 0.0
zeoraid_backend_state{backend="b",state="failed",storage="1"} 1.0
zeoraid_backend_connected{backend="a",storage="1"} 1.0
zeoraid_backend_connected{backend="b",storage="1"} 0.0
zeoraid_primary{storage="1"} 1.0
zeoraid_serving{storage="1"} 0.0
zeoraid_epoch{storage="1"} 1.2E1
'''


def test_a_view_is_read_off_the_metrics() -> None:
    assert view_of(METRICS) == View(False, True, 12, {'a': 'in-sync', 'b': 'failed'}, {'a': True, 'b': False})
    assert view_of('') == View(False, False, 0, {}, {})


def test_a_full_disk_refuses_and_recovers(backend: Backend) -> None:
    with wire.Connection(backend.address) as client:
        client.register()
        first, second = client.call('new_oids')[:2]
        client.commit(1, (first, z64, b'x' * 10_000))
        backend.fill_disk()
        with pytest.raises(wire.RemoteError, match='File too large'):
            client.commit(2, (second, z64, b'x' * 100))
        backend.free_disk()
        tid = client.commit(3, (second, z64, b'y' * 100))
    backend.stop()
    *_, last = compare.transactions(backend.data)
    assert last.tid == tid


def test_a_quota_refuses_until_it_is_raised(tmp_path: Path) -> None:
    server = Backend('small', tmp_path, quota=100, msgpack=True)
    server.start()
    try:
        with wire.Connection(server.address) as client:
            client.register()
            with pytest.raises(wire.RemoteError, match='quota'):
                client.commit(1, (p64(1), z64, b'x' * 100), (p64(2), z64, b'x' * 100))
        server.quota = None
        server.restart()
        with wire.Connection(server.address) as client:
            client.register()
            client.commit(1, (p64(1), z64, b'x' * 100), (p64(2), z64, b'x' * 100))
    finally:
        server.kill()


def test_a_backend_can_be_wiped_and_rolled_back(tmp_path: Path) -> None:
    server = Backend('moody', tmp_path, unix=True)
    server.start()
    try:
        with wire.Connection(server.address) as client:
            client.register()
            first = client.commit(1)
            server.save('first')
            client.commit(2)
        server.kill()
        server.roll_back('first')
        server.start()
        assert server.last_tid() == first
        server.kill()
        server.wipe()
        server.start()
        assert server.last_tid() == z64
        server.kill()
        server.read_only = True
        server.start()
        with wire.Connection(server.address) as client:
            with pytest.raises(wire.RemoteError, match='ReadOnlyError'):
                client.register()
    finally:
        server.kill()


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    server = Server('broken', [sys.executable, '-c', 'print("no such luck"); raise SystemExit(3)'], tmp_path)
    server.launch()
    with pytest.raises(AssertionError, match='broken ended with exit code 3:\nno such luck'):
        server.await_answer(lambda: False)


def test_a_paused_server_can_be_killed(backend: Backend) -> None:
    backend.pause()
    assert wire.ruok(backend.address, seconds=0.2) is None
    backend.kill()
    assert not backend.running


@pytest.mark.parametrize('text, state', [
    ('optimal', 'in-sync'),
    ('failed: connection refused', 'failed'),
    ('missing transactions: has 3, needs 4', 'missing'),
    ('recovering: 3 of 7', 'recovering'),
    ('', ''),
])
def test_states_are_read_off_the_details(text: str, state: str) -> None:
    assert state_of(text) == state


def test_what_a_dead_server_raises_is_expected() -> None:
    assert issubclass(ClientDisconnected, DISCONNECTED) and not issubclass(ValueError, DISCONNECTED)


# ---------------------------------------------------------------- the closing line


REPORT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


def test_the_tally_sums_up_new_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    surefire = tmp_path / 'module/target/surefire-reports'
    surefire.mkdir(parents=True)
    (tmp_path / 'results').mkdir()
    (surefire / 'TEST-old.xml').write_text(REPORT.format(100, 50, 0, 0))
    since = tmp_path / 'since'
    wait_until('a newer time', lambda: _touch(since) > (surefire / 'TEST-old.xml').stat().st_mtime_ns)
    (surefire / 'TEST-new.xml').write_text(REPORT.format(5, 0, 0, 1))
    (tmp_path / 'results/e2e.xml').write_text(REPORT.format(10, 0, 0, 0))
    folders = [str(tmp_path / 'module'), str(tmp_path / 'results')]
    assert tally.main([*folders, '--since', str(since), '--status', '0']) == 0
    assert capsys.readouterr().out == '14 passed, 0 failed, 1 skipped\n'
    (tmp_path / 'results/e2e.xml').write_text(REPORT.format(10, 1, 1, 0))
    assert tally.main([*folders, '--since', str(since), '--status', '1']) == 1
    assert capsys.readouterr().out == '12 passed, 2 failed, 1 skipped\n'


def test_a_build_that_fails_before_its_tests_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    since = tmp_path / 'since'
    since.touch()
    assert tally.main([str(tmp_path), '--since', str(since), '--status', '1']) == 1
    assert capsys.readouterr().out.endswith('\n0 passed, 1 failed\n')


def _touch(path: Path) -> int:
    path.unlink(missing_ok=True)
    path.touch()
    return path.stat().st_mtime_ns
