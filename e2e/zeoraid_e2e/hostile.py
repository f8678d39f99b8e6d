"""Hostile input: frames of sessions, mutated by seed, and a proxy that makes a backend's answers hostile."""

from __future__ import annotations

import contextlib
import os
import random
import select
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ZEO.asyncio.marshal import decoder, encoder

from zeoraid_e2e import wire
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.client import Client
from zeoraid_e2e.process import LOOPBACK, Server, free_ports

OID = b'\0' * 7 + b'\1'
TID = b'\3\xd0' + b'\0' * 6
Z64 = bytes(8)

CALLS: Sequence[Tuple[bool, str, tuple]] = (
    (False, 'loadBefore', (OID, b'\x7f' + b'\xff' * 7)), (False, 'loadSerial', (OID, TID)), (False, 'getTid', (OID,)),
    (False, 'lastTransaction', ()), (False, 'ping', ()), (False, 'getInvalidations', (TID,)), (False, 'get_info', ()),
    (False, 'server_status', ()), (False, 'new_oids', ()), (False, 'history', (OID, 5)), (False, 'undoLog', (0, -20)),
    (False, 'undoInfo', (0, -20, {'user_name': 'x'})), (False, 'record_iternext', (None,)),
    (False, 'iterator_start', (None, None)), (False, 'iterator_next', (0,)), (False, 'iterator_record_start', (0, TID)),
    (False, 'iterator_record_next', (1,)), (True, 'iterator_gc', ([0, 1],)), (True, 'set_client_label', ('label',)),
    (True, 'tpc_begin', (1, b'user', b'description', b'', None, ' ')), (True, 'storea', (b'\xee' * 8, Z64, b'data', 1)),
    (True, 'checkCurrentSerialInTransaction', (OID, TID, 1)), (True, 'restorea', (OID, TID, b'data', None, 1)),
    (True, 'deleteObject', (OID, TID, 1)), (True, 'undoa', (b'A9AAAAAAAAA=', 1)), (False, 'vote', (1,)),
    (False, 'tpc_finish', (1,)), (False, 'tpc_abort', (1,)), (True, 'storeBlobStart', ()),
    (True, 'storeBlobChunk', (b'chunk',)), (True, 'storeBlobEnd', (OID, Z64, b'data', 1)),
    (True, 'storeBlobShared', (OID, Z64, b'data', '../../x', 1)), (False, 'sendBlob', (OID, TID)),
    (False, 'register', ('1', False)), (False, 'raid_follow', ('1', 'primary', 'follower', TID)),
    (False, 'raid_vote', (1, False)), (True, 'raid_report', ('a',)), (False, 'raid_status', ()),
    (False, 'raid_details', ()), (False, 'raid_disable', ('',)), (False, 'raid_recover', ('nonesuch',)))

# What a client has said before it says what is hostile.
STAGES = ('connected', 'handshaken', 'registered', 'in transaction', 'voting')


def framed(body: bytes) -> bytes:
    return struct.pack('>I', len(body)) + body


def call(letter: str, method: str, *args: Any, asynchronous: bool = False) -> bytes:
    """A whole frame."""
    return framed(encoder(letter.encode() + b'5')(0 if asynchronous else 7, asynchronous, method, args))


def prologue(letter: str, stage: str, number: int) -> bytes:
    """What leads to a stage; sent at once, since the server takes it in order."""
    steps = [framed(letter.encode() + b'5'), call(letter, 'register', '1', False),
             call(letter, 'tpc_begin', 1, b'', b'', b'', None, ' ', asynchronous=True)
             + call(letter, 'storea', struct.pack('>Q', 1 << 40 | number), Z64, b'x', 1, asynchronous=True),
             call(letter, 'vote', 1)]
    return b''.join(steps[:STAGES.index(stage)])


class Mutator:
    """Makes hostile frames of good ones. The same seed makes the same frames."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self._frames = {letter: [call(letter, method, *args, asynchronous=asynchronous)
                                 for asynchronous, method, args in CALLS] for letter in 'ZM'}

    def frame(self, letter: str) -> bytes:
        """A mutated frame in this encoding, or, seldom, in the other one."""
        rng = self.random
        frame = bytearray(rng.choice(self._frames[letter if rng.random() < 0.97 else 'ZM'.replace(letter, '')]))
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            rng.choice((self._flip, self._cut, self._insert, self._claim, self._splice, self._swap))(frame, letter)
        if rng.random() < 0.8 and len(frame) >= 4:
            frame[:4] = struct.pack('>I', len(frame) - 4)  # a length that is right, so that the body is looked at
        return bytes(frame)

    def _at(self, frame: bytearray) -> int:
        return self.random.randrange(len(frame)) if frame else 0

    def _flip(self, frame: bytearray, letter: str) -> None:
        if frame:
            frame[self._at(frame)] ^= 1 << self.random.randrange(8)

    def _cut(self, frame: bytearray, letter: str) -> None:
        del frame[self._at(frame):]

    def _insert(self, frame: bytearray, letter: str) -> None:
        at = self._at(frame)
        frame[at:at] = self.random.randbytes(self.random.choice((1, 4, 100)))

    def _claim(self, frame: bytearray, letter: str) -> None:
        at = self._at(frame)
        frame[at:at + 4] = struct.pack(self.random.choice('><') + 'I', self.random.choice((0, 1, 1 << 31, 0xffffffff)))

    def _splice(self, frame: bytearray, letter: str) -> None:
        other = self.random.choice(self._frames[letter])
        frame[self._at(frame):] = other[self.random.randrange(len(other)):]

    def _swap(self, frame: bytearray, letter: str) -> None:
        if frame:
            frame[self._at(frame)] = self.random.choice(b'(.012FIJKLMNPQRSTUVXabcdeghijlopqrstu]})\x80\x81\x82\x83\x84'
                                                        b'\x8a\x8b\x93\x94\x95\xc1\xc7\xdb\xdd\xdf')


def throw(address: wire.Address, inputs: Sequence[bytes], seconds: float = 30.0) -> None:
    """Sends each of these over a connection of its own, all at once, and waits until the server has closed them all.

    Our side is half closed behind the input, so that the server does not wait for the rest of it.
    """
    open_ = []
    for data in inputs:
        sock = socket.create_connection(address, seconds)
        with contextlib.suppress(OSError):  # it may have closed it already
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        open_.append(sock)
    deadline = time.monotonic() + seconds
    while open_:
        ready = select.select(open_, [], [], max(0.0, deadline - time.monotonic()))[0]
        if not ready:
            raise AssertionError(f'{len(open_)} connections are not closed')
        for sock in ready:
            try:
                ended = not sock.recv(65536)
            except OSError:
                ended = True
            if ended:
                # No TIME_WAIT: ports are few.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                sock.close()
                open_.remove(sock)


class Usage:
    """What a process takes up (Linux)."""

    def __init__(self, server: Server):
        status = dict(line.split(':', 1) for line in Path(f'/proc/{server.pid}/status').read_text().splitlines())
        self.mebibytes = int(status['VmRSS'].split()[0]) // 1024
        self.threads = int(status['Threads'])
        self.files = len(os.listdir(f'/proc/{server.pid}/fd'))


class Bystander:
    """A client that works beside the hostile ones, and must notice nothing. A context manager."""

    def __init__(self, address: wire.Address, key: str = 'bystander'):
        self._client = Client(address)
        self._key = key
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._error: Optional[BaseException] = None
        self.rounds = 0
        self.slowest = 0.0

    def __enter__(self) -> 'Bystander':
        self._client.put(**{self._key: 0})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)
        if self._thread.is_alive():
            raise AssertionError(f'the bystander waits for an answer after {self.rounds} rounds')
        self._client.close()

    def _work(self) -> None:
        try:
            while not self._over.is_set():
                began = time.monotonic()
                root = self._client.begin()
                self._client.connection.cacheMinimize()
                if root[self._key] != self.rounds:
                    raise AssertionError(f'{root[self._key]} was read where {self.rounds} was written')
                root[self._key] = self.rounds + 1
                self._client.commit()
                self.rounds += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
                self._over.wait(0.005)
        except BaseException as error:  # noqa: the test must hear of it
            self._error = error

    def require_well(self) -> None:
        """It made rounds, and no error. Waits for one more round."""
        seen, deadline = self.rounds, time.monotonic() + 60
        while self._error is None and self.rounds < seen + 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        if self._error is not None:
            raise self._error
        assert self.rounds >= seen + 2, 'the bystander waits for an answer'


Twist = Callable[[str, Tuple[Any, Any, str, Any]], Optional[bytes]]


class HostileProxy:
    """Stands before a backend, and makes its answers hostile when told to. A context manager."""

    def __init__(self, backend: Backend):
        self.name = backend.name
        self.client_ssl = backend.client_ssl
        self.address = (LOOPBACK, free_ports(1))
        self._backend = backend.address
        self.twist: Optional[Twist] = None  # (method that is answered or called, message) -> what to send instead
        self.twisted = 0
        self._listening = socket.create_server(self.address)
        self._sockets: List[socket.socket] = []

    def __enter__(self) -> 'HostileProxy':
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in [self._listening, *self._sockets]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._listening.accept()[0]
                try:
                    far = socket.create_connection(self._backend)
                except OSError:
                    near.close()
                    continue
                for sock in (near, far):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets += [near, far]
                methods: Dict[Any, str] = {}
                threading.Thread(target=self._pass, args=(near, far, methods, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, methods, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, methods: Dict[Any, str], answers: bool) -> None:
        decode = decoder(b'Z5')
        with contextlib.suppress(OSError, EOFError):
            for number, body in enumerate(_frames(source)):
                data = framed(body)
                if number and not answers:
                    identity, _, method, _ = decode(body)
                    methods[identity] = method
                elif number and self.twist:
                    message = decode(body)
                    method = methods.get(message[0], '') if message[2] == '.reply' else message[2]
                    instead = self.twist(method, message)
                    if instead is not None:
                        self.twisted += 1
                        data = instead
                target.sendall(data)
        for sock in (source, target):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _frames(sock: socket.socket) -> Iterator[bytes]:
    file = sock.makefile('rb')
    while True:
        head = file.read(4)
        if len(head) < 4:
            return
        yield file.read(struct.unpack('>I', head)[0])
