"""Clients and backends that send what they must not: nobody else notices, and what is taken up is bounded.

100,000 mutated frames; with ZEORAID_FULL=1 all that a backend may do; what is bounded how: docs/hostile-input.md.
"""

from __future__ import annotations

import os
import pickle
import re
import resource
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import pytest
from ZODB.utils import p64, u64

from zeoraid_e2e import wire
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.hostile import (STAGES, Bystander, HostileProxy, Mutator, Usage, call, framed, prologue, throw)
from zeoraid_e2e.process import tail, wait_until
from zeoraid_e2e.raid import IN_SYNC, RAID_OPTIONS, Raid

pytestmark = [pytest.mark.raid, pytest.mark.skipif(not sys.platform.startswith('linux'), reason='looks into /proc')]

# Java may use 256 MiB of heap and as much beside it for sockets; the rest is Java itself.
HEAP_MIB = 256
BOUND_MIB = 2 * HEAP_MIB + 300
TOTAL_CLIENT_MEMORY = 48 << 20
HANDSHAKE_SECONDS = 5
FRAMES, BATCH = 100_000, 100
SEED = 20240611


@pytest.fixture(scope='module')
def victim() -> Iterator[Tuple[Cluster, Raid]]:
    """A RAID of two backends with little memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
    os.environ['JAVA_TOOL_OPTIONS'] = f'-Xmx{HEAP_MIB}m'
    try:
        with Cluster(2, options=[f'total-client-memory {TOTAL_CLIENT_MEMORY}', f'handshake-timeout {HANDSHAKE_SECONDS}'],
                     raid_options=[*RAID_OPTIONS, 'temp-dir temp']) as cluster:
            assert isinstance(cluster.raid, Raid)
            (cluster.raid.folder / 'temp').mkdir()
            yield cluster.start(), cluster.raid
    finally:
        del os.environ['JAVA_TOOL_OPTIONS']
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def raid(victim: Tuple[Cluster, Raid]) -> Iterator[Raid]:
    """The server, with a client at work beside the test; in the end all is as before."""
    raid = victim[1]
    before = Usage(raid)
    with Bystander(raid.address) as bystander:
        yield raid
        bystander.require_well()
        print(f'\nbeside it: {bystander.rounds} rounds, the slowest took {bystander.slowest:.2f} s')
    wait_until('all connections closed', lambda: Usage(raid).files <= before.files + 10, 20, lambda: Usage(raid).files)
    after = Usage(raid)
    print(f'{after.mebibytes} MiB resident, before {before.mebibytes}; {after.threads} threads, {after.files} files')
    assert after.mebibytes < BOUND_MIB
    assert after.threads <= before.threads + 10
    assert list((raid.folder / 'temp').iterdir()) == []
    log = raid.log.read_text(errors='replace')
    assert 'broken invariant' not in log and 'defect' not in log, tail(raid.log)
    assert raid.log.stat().st_size < 10 << 20, 'the log is no place for hostile clients to write to'
    assert raid.states() == {'a': IN_SYNC, 'b': IN_SYNC}


def message(*parts: bytes) -> bytes:
    """A pickled call whose arguments are what the parts leave on the stack."""
    return b'\x80\x03(K\x01\x89X\x04\0\0\0ping' + b''.join(parts) + b't.'


def bomb(levels: int) -> bytes:
    """A list that is worth 10**levels elements."""
    data = b']q\0'
    for level in range(levels):
        data += b']q' + bytes([level + 1]) + b'(' + b'h' + bytes([level]) + (b'h' + bytes([level])) * 9 + b'e'
    return data


PICKLES = {
    'global': message(b'cos\nsystem\n'),
    'reduce': message(b'cos\nsystem\n(X\x04\0\0\0truetR'),
    'eval': message(b'cbuiltins\neval\n(X\x03\0\0\x001+1tR'),
    'build': message(b'cos\nenviron\n}b'),
    'inst': message(b'(ios\nsystem\n'),
    'obj': message(b'(cos\nsystem\no'),
    'newobj': message(b'cbuiltins\nobject\n)\x81'),
    'newobj_ex': message(b'cbuiltins\nobject\n)}\x92'),
    'stack_global': message(b'X\x02\0\0\0osX\x06\0\0\0system\x93'),
    'ext1': message(b'\x82\x01'), 'ext2': message(b'\x83\x01\0'), 'ext4': message(b'\x84\x01\0\0\0'),
    'persid': message(b'Pid\n'), 'binpersid': message(b'K\x01Q'),
    'deep': message(b'(' * 100_000, b't' * 100_000), 'deeper': message(b'N', b'\x85' * 1_000_000),
    'long text': message(b'X\xff\xff\xff\x7f'), 'long bytes': message(b'B\xff\xff\xff\xff'),
    'long bytes8': message(b'\x8e' + b'\xff' * 7 + b'\x7f'), 'long int': message(b'\x8b\xff\xff\xff\x7f'),
    'memo bomb': message(bomb(9)),
    'memo of many': message(b'N' + b'\x94' * 30_000_000), 'marks': message(b'(' * 30_000_000),
    'memo index': message(b'Nr\xff\xff\xff\x7fj\xff\xff\xff\x7e'),
    'escapes': message(b'V\\U00110000\\ud800\n'), 'slow int': message(b'L' + b'9' * 1_000_000 + b'\n'),
    'no stop': message(b'N')[:-1], 'stop at once': b'.', 'two stops': message(b'N') + b'.', 'empty': b'',
    'values': message(b'(' + b'N' * 5_000_000 + b't'),
    'real': pickle.dumps((1, False, 'ping', (OSError('x'),)), 2),
}


@pytest.mark.parametrize('kind', PICKLES)
def test_dangerous_pickles(victim: Tuple[Cluster, Raid], kind: str) -> None:
    raid = victim[1]
    before = raid.log.stat().st_size
    with wire.Connection(raid.address, 'Z', 30) as hostile, wire.Connection(raid.address, 'M') as other:
        hostile.register()
        other.register()
        hostile._write_frame(PICKLES[kind])
        hostile.wait_close()
        assert other.call('lastTransaction')
    with open(raid.log) as log:
        log.seek(before)
        wait_until('a line in the log', lambda: re.search('disconnected|more connections were ended', log.read()), 12)
    assert Usage(raid).mebibytes < BOUND_MIB


@pytest.mark.timeout(1200)
def test_mutated_frames(raid: Raid) -> None:
    mutator = Mutator(SEED)
    for first in range(0, FRAMES, BATCH):
        inputs = []
        for number in range(first, first + BATCH):
            letter = 'ZM'[number % 2]
            # A vote takes its turn, and a while: fewer of these.
            stage = STAGES[-1] if number % 40 == 39 else STAGES[mutator.random.randrange(len(STAGES) - 1)]
            inputs.append(prologue(letter, stage, number) + mutator.frame(letter) + call(letter, 'ping'))
        throw(raid.address, inputs, 60)
    print(f'\n{FRAMES} mutated frames, seed {SEED}')


def connections(raid: Raid, count: int) -> List[socket.socket]:
    """Registered clients."""
    opened: List[socket.socket] = []
    while len(opened) < count:
        batch = [socket.create_connection(raid.address, 30) for _ in range(min(100, count - len(opened)))]
        opened += batch
        for sock in batch:
            sock.sendall(prologue('Z', 'registered', 0))
        for sock in batch:
            received = b''
            while b'.reply' not in received:
                received += sock.recv(4096) or pytest.fail('a client was not let in')
    return opened


def close_all(sockets: List[socket.socket]) -> None:
    for sock in sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        sock.close()


def is_closed(sock: socket.socket) -> bool:
    """Whether the server has ended this connection."""
    sock.setblocking(False)
    try:
        return not sock.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_2000_idle_clients_and_their_half_sent_messages(raid: Raid) -> None:
    before = Usage(raid).mebibytes
    idle = connections(raid, 2000)
    try:
        most = Usage(raid).mebibytes
        print(f'\n{(most - before) * 1024 / len(idle):.1f} KiB resident for each of {len(idle)} idle clients')
        assert most < BOUND_MIB
        half = struct.pack('>I', 200 << 20) + bytes(100_000)
        for sock in idle:
            sock.settimeout(5)
            try:
                sock.sendall(half)
            except OSError:
                continue  # it has gone already
        assert Usage(raid).mebibytes < BOUND_MIB
        wait_until('some had to go', lambda: any(is_closed(sock) for sock in idle), 10)
    finally:
        close_all(idle)


def test_slow_readers(raid: Raid) -> None:
    with wire.Connection(raid.address) as writer:
        writer.register()
        oid = writer.call('new_oids')[0]
        writer.commit(1, (oid, bytes(8), bytes(1 << 20)))
    readers = connections(raid, 60)
    try:
        loads = call('Z', 'loadBefore', oid, b'\x7f' + b'\xff' * 7) * 100
        connected = Usage(raid).files
        for sock in readers:
            sock.sendall(loads)
        # Not by the log, which tells of one a second only, after so many.
        wait_until('some were disconnected', lambda: Usage(raid).files < connected, 30)
        assert Usage(raid).mebibytes < BOUND_MIB
    finally:
        close_all(readers)


def test_slow_writers_and_those_that_say_nothing(raid: Raid) -> None:
    silent = [socket.create_connection(raid.address) for _ in range(50)]
    slow = [socket.create_connection(raid.address) for _ in range(50)]
    began = time.monotonic()
    try:
        for byte in framed(b'Z5') + call('Z', 'register', '1', False):
            for sock in slow:
                sock.send(bytes([byte]))
            time.sleep(1)
    except OSError:
        pass
    assert time.monotonic() - began < HANDSHAKE_SECONDS + 10, 'a byte each second is no way to register'
    try:
        for sock in silent:
            sock.settimeout(10)
            assert len(sock.recv(100)) == 6 and not sock.recv(100), 'greeted, then closed'
    finally:
        close_all(silent + slow)


def test_clients_that_come_and_go(raid: Raid) -> None:
    for number in range(3000):
        sock = socket.create_connection(raid.address)
        if number % 3:
            sock.sendall(prologue('Z', STAGES[number % 4], number))
        close_all([sock])


def test_a_transaction_with_a_long_description_fails_at_the_vote(raid: Raid) -> None:
    with wire.Connection(raid.address) as client:
        client.register()
        client.begin(1, description='x' * 300_000)
        with pytest.raises(wire.RemoteError, match='max-call-size'):
            client.call('vote', 1)
        client.commit(2)


# ---------------------------------------------------------------- from a backend


def reply(message: Tuple[Any, Any, str, Any], value: Any) -> bytes:
    return framed(pickle.dumps((message[0], 0, '.reply', value), 3))


def cast(method: str, *args: Any) -> bytes:
    return framed(pickle.dumps((0, True, method, args), 3))


POS_KEY_ERROR = 'ZODB.POSException.POSKeyError'


def failure(message: Tuple[Any, Any, str, Any], error: str, *args: Any) -> bytes:
    return framed(pickle.dumps((message[0], 2, '.reply', (error, args)), 3))


FUTURE = b'\xff' * 8
TWISTS = {
    # Only of objects that are not there: of the others it would be believed.
    'an error msgpack cannot say': lambda method, m: (
        failure(m, POS_KEY_ERROR, 1 << 80, '\udc80') if method == 'loadBefore' and m[1] else None),
    'nonsense for votes': lambda method, m: reply(m, 'nonsense') if method == 'vote' else None,
    'a call never made': lambda method, m: reply((987654321, 0, '', None), None),
    'a later revision': lambda method, m: (
        reply(m, (b'evil', b'\x7f' + b'\xff' * 7, None)) if method == 'loadBefore' else None),
    'no replies but a stream': lambda method, m: cast('info', {'size': 1, 'junk': os.urandom(1000)}) * 100,
    'a huge message': lambda method, m: struct.pack('>I', 0x7fffffff) + b'x',
    'a tid after all': lambda method, m: cast('invalidateTransaction', FUTURE, []) + reply(m, m[3]),
    'the last tid after all': lambda method, m: reply(m, FUTURE) if method == 'lastTransaction' else None,
    'the last tid goes back': lambda method, m: reply(m, b'\0' * 7 + b'\1') if method == 'lastTransaction' else None,
    'a short tuple': lambda method, m: reply(m, (b'x',)) if method == 'loadBefore' else None,
    'a str everywhere': lambda method, m: reply(m, 'nonsense'),
    'an invalidation of nonsense': lambda method, m: cast('invalidateTransaction', 'x', 5),
    'a global': lambda method, m: framed(b'\x80\x03cos\nsystem\n.'),
    'a view': lambda method, m: cast('raid_view', 1, ['', 'b'], ''),
    'a finish of another': lambda method, m: reply(m, b'\3' * 8) if method == 'tpc_finish' else None,
}
OF_LOADS = ('a later revision', 'a short tuple', 'an error msgpack cannot say')
BY_DEFAULT = 5


@pytest.mark.timeout(600)
def test_hostile_backends(tmp_path: Path, full: bool) -> None:
    with Cluster(3) as cluster, HostileProxy(cluster['b']) as proxy:
        raid = Raid(tmp_path / 'raid', [cluster['a'], proxy, cluster['c']],
                    raid_options=[*RAID_OPTIONS, 'cache-size 0'])  # type: ignore[list-item]
        cluster.raids.append(raid)
        cluster.start_backends()
        raid.start()
        for name in list(TWISTS)[:None if full else BY_DEFAULT]:
            become_hostile(raid, proxy, name)
        raid.stop()
        cluster.require_equal()


def load(raid: Raid) -> bool:
    """Loads so much at once that each backend is asked, as clients of both encodings; none may serve what nobody has
    stored."""
    with wire.Connection(raid.address) as reader:
        last = u64(reader.register())
        calls = [reader.send('loadBefore', bytes(8), p64(last - number)) for number in range(30)]
        for number in calls:
            loaded = reader.answer(number)
            assert loaded is None or len(loaded) == 3 and loaded[0] != b'evil', loaded
    with wire.Connection(raid.address, 'M') as reader:
        reader.register()
        calls = [reader.send('loadBefore', p64((1 << 40) + number), b'\x7f' + b'\xff' * 7) for number in range(30)]
        for number in calls:
            with pytest.raises(wire.RemoteError) as unknown:
                reader.answer(number)
            assert unknown.value.class_name == POS_KEY_ERROR, unknown.value
    return True


def become_hostile(raid: Raid, proxy: HostileProxy, name: str) -> None:
    with Bystander(raid.address, name) as bystander:
        bystander.require_well()
        proxy.twisted, proxy.twist = 0, TWISTS[name]
        wait_until(f'{name}: b is not believed',
                   lambda: raid.states()['b'] != IN_SYNC or load(raid) and proxy.twisted and name in OF_LOADS, 25)
        assert proxy.twisted
        states = raid.states()
        assert (states['a'], states['c']) == (IN_SYNC, IN_SYNC), (name, raid.details())
        print(f"\n{name}: {raid.details()['b']}")
        bystander.require_well()
        proxy.twist = None
        raid.recover('b', 40)
        bystander.require_well()
    log = raid.log.read_text(errors='replace')
    assert 'broken invariant' not in log and 'halted' not in log, tail(raid.log)
