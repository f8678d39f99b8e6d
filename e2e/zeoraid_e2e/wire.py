"""The ZEO protocol, raw: a blocking client that says exactly what a test tells it to. See ZEO/asyncio."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any, List, Optional, Tuple, Union

from ZEO.asyncio.marshal import decoder, encoder

Address = Union[Tuple[str, int], str]

Z64 = bytes(8)


class ConnectionClosed(Exception):
    """The server closed the connection."""


class RemoteError(Exception):
    """The server answered with an error."""

    def __init__(self, class_name: str, args: Any):
        super().__init__(f'{class_name}: {args!r}')
        self.class_name = class_name
        self.args_sent = args


def _connect(address: Address, seconds: float) -> socket.socket:
    if isinstance(address, str):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(seconds)
        sock.connect(address)
        return sock
    sock = socket.create_connection(address, seconds)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class Connection:
    """One connection to a ZEO server. Not thread-safe.

    `encoding` is 'Z' (pickle), 'M' (msgpack), or None for whatever the server greets with. Calls raise RemoteError,
    ConnectionClosed, or TimeoutError after `seconds`. What the server sends on its own is kept in `events` as
    (name, args), in order.
    """

    def __init__(self, address: Address, encoding: Optional[str] = None, seconds: float = 10.0):
        self._seconds = seconds
        self._sock = _connect(address, seconds)
        self._buffer = b''
        self._message_id = 0
        self._replies: List[Tuple[Any, int, Any]] = []
        self.events: List[Tuple[str, tuple]] = []
        self.greeting = self._read_frame()
        protocol = (encoding.encode() if encoding else self.greeting[:1]) + b'5'
        self._encode = encoder(protocol)
        self._decode = decoder(protocol)
        self._write_frame(protocol)

    def __enter__(self) -> 'Connection':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._sock.close()

    def register(self, storage: str = '1', read_only: bool = False) -> bytes:
        """Returns the last tid."""
        return self.call('register', storage, read_only)

    def call(self, method: str, *args: Any) -> Any:
        """Calls a method and waits for its answer."""
        return self.answer(self.send(method, *args))

    def send(self, method: str, *args: Any) -> int:
        """Sends a call; returns the id to ask `answer` for."""
        self._message_id += 1
        self._write_frame(self._encode(self._message_id, False, method, args))
        return self._message_id

    def cast(self, method: str, *args: Any) -> None:
        """Sends an asynchronous call, which has no answer."""
        self._write_frame(self._encode(0, True, method, args))

    def answer(self, message_id: int, seconds: Optional[float] = None) -> Any:
        """Waits for the answer to a call that was sent."""
        deadline = time.monotonic() + (self._seconds if seconds is None else seconds)
        while True:
            for reply in self._replies:
                if reply[0] == message_id:
                    self._replies.remove(reply)
                    if reply[1]:
                        raise RemoteError(*reply[2])
                    return reply[2]
            self._receive(deadline)

    def answered(self, message_id: int) -> bool:
        """Whether the answer to a call has been received already; reads nothing."""
        return any(reply[0] == message_id for reply in self._replies)

    def wait_event(self, name: str) -> tuple:
        """Removes the first event of this name and returns its arguments; waits for it if need be."""
        deadline = time.monotonic() + self._seconds
        while True:
            for event in self.events:
                if event[0] == name:
                    self.events.remove(event)
                    return event[1]
            self._receive(deadline)

    def wait_close(self) -> None:
        """Waits until the server closes the connection."""
        deadline = time.monotonic() + self._seconds
        try:
            while True:
                self._receive(deadline)
        except ConnectionClosed:
            return

    def begin(self, transaction: int, tid: Optional[bytes] = None, description: str = '') -> None:
        """tpc_begin, in the way of a client with nothing to say about user and extension."""
        self.cast('tpc_begin', transaction, b'', description.encode(), b'', tid, ' ')

    def commit(self, transaction: int, *stores: Tuple[bytes, bytes, bytes], tid: Optional[bytes] = None,
               description: str = '') -> bytes:
        """A whole transaction with these (oid, serial, data); returns its tid."""
        self.begin(transaction, tid, description)
        for oid, serial, data in stores:
            self.cast('storea', oid, serial, data, transaction)
        self.call('vote', transaction)
        return self.call('tpc_finish', transaction)

    def _receive(self, deadline: float) -> None:
        message_id, flag, name, args = self._decode(self._read_frame(deadline))
        if name == '.reply':
            self._replies.append((message_id, flag, args))
        else:
            self.events.append((name, args))

    def _write_frame(self, body: bytes) -> None:
        self._sock.settimeout(self._seconds)
        try:
            self._sock.sendall(struct.pack('>I', len(body)) + body)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ConnectionClosed(str(error)) from error

    def _read_frame(self, deadline: Optional[float] = None) -> bytes:
        end = time.monotonic() + self._seconds if deadline is None else deadline
        length, = struct.unpack('>I', self._read(4, end))
        return self._read(length, end)

    def _read(self, count: int, deadline: float) -> bytes:
        while len(self._buffer) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError('no answer')
            self._sock.settimeout(left)
            try:
                chunk = self._sock.recv(65536)
            except socket.timeout as error:
                raise TimeoutError('no answer') from error
            except ConnectionResetError as error:
                raise ConnectionClosed(str(error)) from error
            if not chunk:
                raise ConnectionClosed('closed by the server')
            self._buffer += chunk
        result, self._buffer = self._buffer[:count], self._buffer[count:]
        return result


def ruok(address: Address, seconds: float = 2.0) -> Optional[dict]:
    """What a ZEO server says of itself, {storage: status}; None if it doesn't answer."""
    try:
        with _connect(address, seconds) as sock:
            sock.settimeout(seconds)
            sock.sendall(struct.pack('>I', 4) + b'ruok')
            data = b''
            while True:
                chunk = sock.recv(65536)
                if not chunk:
                    break
                data += chunk
    except OSError:
        return None
    greeting_end = 4 + struct.unpack('>I', data[:4])[0] if len(data) >= 4 else 0
    body = data[greeting_end + 4:]
    try:
        return json.loads(body.decode()) if body else None
    except ValueError:
        return None
