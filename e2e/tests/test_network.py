"""The network of a test's own: who is parted is parted, in the way that was asked for, and nothing is left of it."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Iterator

import pytest

from zeoraid_e2e import ledger, network, wire
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.bank import Bank
from zeoraid_e2e.network import Cut, How, Network
from zeoraid_e2e.process import wait_until

pytestmark = pytest.mark.network

# Within a namespace nothing takes longer than this, unless it never comes.
ANSWER_SECONDS = 2.0
SILENCE_SECONDS = 0.3

PORT = 7000


@pytest.fixture
def net() -> Iterator[Network]:
    with Network(['one', 'two', 'three']) as made:
        yield made


def connect(net: Network, source: str, target: str, seconds: float) -> socket.socket:
    with net.inside(source):
        return socket.create_connection((net.host(target).ip, PORT), seconds)


@pytest.fixture
def listener(net: Network) -> Iterator[socket.socket]:
    """`two` listens."""
    with net.inside('two'):
        listening = socket.create_server((net.host('two').ip, PORT))
    with listening:
        listening.settimeout(ANSWER_SECONDS)
        yield listening


def test_all_reach_each_other(net: Network, listener: socket.socket) -> None:
    for source in ('one', 'three', network.TESTER):
        if source == network.TESTER:
            connection = socket.create_connection((net.host('two').ip, PORT), ANSWER_SECONDS)
        else:
            connection = connect(net, source, 'two', ANSWER_SECONDS)
        with connection, listener.accept()[0] as accepted:
            assert accepted.getpeername()[0] == net.host(source).ip
            connection.sendall(b'hello')
            assert accepted.recv(10) == b'hello'


@pytest.mark.parametrize('source, target', [('one', 'two'), ('two', 'one'), (None, None)],
                         ids=['towards', 'back', 'both'])
def test_packets_vanish(net: Network, listener: socket.socket, source: str, target: str) -> None:
    with connect(net, 'one', 'two', ANSWER_SECONDS) as connection, listener.accept()[0] as accepted:
        if source:
            net.cut_one_way(source, target)
        else:
            net.cut('one', 'two')
        with pytest.raises(TimeoutError):
            connect(net, 'one', 'two', SILENCE_SECONDS)
        accepted.settimeout(SILENCE_SECONDS)
        connection.sendall(b'late')
        if source == 'two':
            assert accepted.recv(10) == b'late', 'this direction is open'
        else:
            with pytest.raises(TimeoutError):
                accepted.recv(10)
        connect(net, 'three', 'two', ANSWER_SECONDS).close()
        net.heal('two', 'one')
        if source != 'two':
            accepted.settimeout(10)
            assert accepted.recv(10) == b'late', 'the connection outlives the cut'
        assert not net.cuts


def test_a_reject_is_told(net: Network, listener: socket.socket) -> None:
    with connect(net, 'one', 'two', ANSWER_SECONDS) as connection, listener.accept()[0]:
        net.cut('one', 'two', How.REJECT)
        with pytest.raises(ConnectionRefusedError):
            connect(net, 'one', 'two', ANSWER_SECONDS)
        connection.sendall(b'x')
        with pytest.raises(OSError) as caught:
            connection.recv(10)
        assert caught.value.errno == errno.ECONNRESET
        net.heal_all()
        connect(net, 'one', 'two', ANSWER_SECONDS).close()


def test_an_isolated_party_is_parted_from_those_named(net: Network, listener: socket.socket) -> None:
    net.isolate('two', ['one', 'two'])
    assert set(net.cuts) == {Cut('one', 'two'), Cut('two', 'one')}
    connect(net, 'three', 'two', ANSWER_SECONDS).close()
    with pytest.raises(TimeoutError):
        connect(net, 'one', 'two', SILENCE_SECONDS)


def test_nonsense_is_refused(net: Network) -> None:
    for pair in (('one', 'one'), ('one', 'nobody'), (network.TESTER, 'one')):
        with pytest.raises(ValueError):
            net.cut(*pair)
    assert not net.cuts


def test_only_its_thread_is_moved() -> None:
    """Other threads stay where they were; those started within follow."""
    seen = {}
    inner = threading.Event()

    def look(name: str) -> None:
        seen[name] = os.stat('/proc/thread-self/ns/net').st_ino

    def wait_and_look() -> None:
        inner.wait(ANSWER_SECONDS)
        look('outer')

    outer = threading.Thread(target=wait_and_look)
    outer.start()
    look('before')
    with Network(['one']) as net:
        look('tester')
        with net.inside('one'):
            started = threading.Thread(target=look, args=['started'])
            started.start()
            started.join()
            look('one')
        inner.set()
        outer.join()
        look('again')
    look('after')
    assert seen['before'] == seen['outer'] == seen['after']
    assert seen['tester'] == seen['again'] != seen['before']
    assert seen['one'] == seen['started'] not in (seen['before'], seen['tester'])


def test_all_is_removed(net: Network) -> None:
    with Network(['one']) as made:
        names = [path.name for path in Path('/run/netns').iterdir() if path.name.startswith(made._prefix)]
        assert len(names) == 3
        process = subprocess.Popen([*made.host('one').enter, 'cat'], stdin=subprocess.PIPE)
    assert process.wait(ANSWER_SECONDS), 'what ran in there is ended'
    assert not [path for path in Path('/run/netns').iterdir() if path.name.startswith(made._prefix)]
    assert [path for path in Path('/run/netns').iterdir() if path.name.startswith(net._prefix)], 'others are left alone'


LEAVE = '''
import os
from zeoraid_e2e.network import Network
Network(['one']).__enter__()
print(os.getpid(), flush=True)
os.kill(os.getpid(), 9)
'''


def test_what_a_killed_run_left_is_removed_by_the_next_one() -> None:
    done = subprocess.run([sys.executable, '-c', LEAVE], cwd=Path(__file__).parents[1],
                          stdout=subprocess.PIPE, text=True)
    left = f'{network.PREFIX}{done.stdout.strip()}-'
    assert [path for path in Path('/run/netns').iterdir() if path.name.startswith(left)]
    network.remove_leftovers()
    assert not [path for path in Path('/run/netns').iterdir() if path.name.startswith(left)]


def test_the_bank_is_open_in_a_namespace(tmp_path: Path) -> None:
    """Clients and server are parties; parted from it the clients lose the server, and then they come back."""
    with Network(['clients', 'a']) as net:
        server = Backend('a', tmp_path, host=net.host('a'))
        server.start()
        try:
            with net.inside('clients'):
                bank = Bank([server.address, [server.address]], writers=2, readers=1, server_may_die=True)
                bank.start()
            bank.wait_transfers(20)
            with wire.Connection(server.address) as mine:
                mine.register()
            net.cut('clients', 'a', How.REJECT)
            wait_until('the clients cut off', lambda: bank.lost_at([server.address]))
            net.heal_all()
            bank.wait_transfers(20)
            report = bank.stop()
        finally:
            server.stop()
        report.require_no_errors()
        ledger.verify_files({'a': server.data}, report)
