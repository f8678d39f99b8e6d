#!/usr/bin/env python3
"""Record what a real ZEO client and a real ZEO server say to each other.

A relay stands between a ClientStorage and a server with a FileStorage; each
scenario drives the client, and every frame that passes is written down as
text. The files are committed; tests of the codec read them. Not run in CI.

    python3 -m venv venv
    venv/bin/pip install 'ZEO[msgpack]==6.2' 'ZODB==6.4' ZopeUndo
    venv/bin/python record.py ../resources/golden

A file is named after its encoding and scenario. Lines that begin with
    #  say what the next frame means, decoded by ZEO itself
    >  are a frame from the client, < from the server: the connection's
       number, then the body in hexadecimal, without its length; xx*n is
       the byte xx n times
"""
import os
import re
import socket
import struct
import sys
import tempfile
import threading
import time

import BTrees.IOBTree
import transaction
import ZEO._forker
import ZEO.asyncio.marshal as marshal
import ZODB
import ZODB.blob
import ZopeUndo.Prefix
from BTrees.Length import Length
from persistent.mapping import PersistentMapping
from ZEO.ClientStorage import ClientStorage
from ZODB.Connection import TransactionMetaData
from ZODB.utils import maxtid, p64, u64, z64

# Not a <blobstorage> around it: that hides client-side conflict resolution.
STORAGE = """
<filestorage>
path Data.fs
blob-dir blobs
</filestorage>
"""


def hexadecimal(data):
    """Hexadecimal, with long runs of one byte cut short."""
    pieces = []
    while data:
        run = re.search(rb"(.)\1{31,}", data, re.DOTALL)
        start = run.start() if run else len(data)
        if start:
            pieces.append(data[:start].hex())
        if run:
            pieces.append("%s*%d" % (run.group(1).hex(), len(run.group())))
            start = run.end()
        data = data[start:]
    return " ".join(pieces)


def relative_blob_dirs():
    """Keep this machine's paths out of error messages, and so out of git."""
    original = ZODB.blob.FilesystemHelper.__init__

    def init(self, *args, **kw):
        original(self, *args, **kw)
        self.base_dir = os.path.relpath(self.base_dir) + os.sep

    ZODB.blob.FilesystemHelper.__init__ = init


class Relay:
    """Forwards connections to a server and keeps every frame."""

    def __init__(self, server):
        self.server = server
        self.frames = []
        self.connections = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addr = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.server)
            self.connections += 1
            for direction, a, b in (">", client, server), ("<", server, client):
                threading.Thread(
                    target=self.forward, daemon=True,
                    args=(self.connections, direction, a, b)).start()

    def forward(self, connection, direction, source, target):
        try:
            while True:
                head = self.exactly(source, 4)
                body = self.exactly(source, struct.unpack(">I", head)[0])
                with self.lock:
                    self.frames.append((connection, direction, body))
                target.sendall(head + body)
        except OSError:
            pass
        for end in source, target:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def exactly(source, count):
        data = b""
        while len(data) < count:
            more = source.recv(count - len(data))
            if not more:
                raise OSError("closed")
            data += more
        return data

    def close(self):
        self.listener.close()

    def text(self):
        lines = []
        encodings = {}
        for connection, direction, body in self.frames:
            if len(body) == 2:
                if direction == ">":
                    encodings[connection] = body
                meaning = repr(body)
            elif connection not in encodings:
                meaning = repr(body)  # ruok and its answer
            else:
                try:
                    meaning = repr(marshal.decoder(encodings[connection])(body))
                except Exception as error:
                    meaning = "%s: %s" % (type(error).__name__, error)
            if len(meaning) > 300:
                meaning = meaning[:300] + "..."
            lines.append("# " + meaning)
            lines.append("%s %d %s" % (direction, connection, hexadecimal(body)))
        return "\n".join(lines) + "\n"


class Session:
    """A server in a thread, the relay, and clients."""

    def __init__(self, msgpack, **conf):
        conf["msgpack"] = msgpack
        addr, self.stop = ZEO._forker.start_zeo_server(
            STORAGE, conf, threaded=True, keep=True)
        self.relay = Relay(addr)
        self.clients = []

    def client(self, **kw):
        storage = ClientStorage(self.relay.addr, wait_timeout=10, **kw)
        self.clients.append(storage)
        return storage

    def close(self):
        for client in self.clients:
            client.close()
        self.relay.close()
        self.stop()


def attempt(function, *args):
    """Call what is meant to fail."""
    try:
        return function(*args)
    except Exception as error:
        return error


def commit(storage, oid, serial, data, user=b"jane", description=b"a change",
           extension=None, finish=True):
    t = TransactionMetaData(user, description, extension or {})
    storage.tpc_begin(t)
    try:
        storage.store(oid, serial, data, "", t)
        storage.tpc_vote(t)
        if finish:
            return storage.tpc_finish(t)
        storage.tpc_abort(t)
    except Exception:
        storage.tpc_abort(t)
        raise


def record(obj):
    """A data record of a persistent object, as ZODB writes it."""
    import ZODB.serialize
    return ZODB.serialize.ObjectWriter().serialize(obj)


def connect(session):
    a = session.client(client_label="golden")
    a.ping()
    a.lastTransaction()
    a._call("lastTransaction")
    protocol = a._server.client.protocol
    a._server.loop.call_soon_threadsafe(protocol.heartbeat)
    a.ping()
    session.client(storage="1", read_only=True).ping()
    session.client(read_only_fallback=True).ping()
    attempt(lambda: session.client(storage="nope", wait=False)._wait(2))


def commits(session):
    a, b = session.client(), session.client()
    oids = [a.new_oid() for _ in range(3)]
    tid = commit(a, oids[0], z64, b"x" * 10)
    tid = commit(a, oids[0], tid, b"y" * 300, u"jos\xe9".encode("utf-8"),
                 b"", {"key": "value", "n": 7, "f": 1.5, "l": [1, 2]})
    t = TransactionMetaData()
    a.tpc_begin(t)
    a.checkCurrentSerialInTransaction(oids[0], tid, t)
    a.store(oids[1], z64, b"z" * 65600, "", t)
    a.tpc_vote(t)
    a.tpc_finish(t)
    b.ping()
    t = TransactionMetaData()
    a.tpc_begin(t)
    a.tpc_abort(t)
    a._call("tpc_finish", 4711)
    a._call("tpc_abort", 4711)
    attempt(a._call, "vote", 4711)
    t = TransactionMetaData()
    a.tpc_begin(t)
    a.deleteObject(oids[1], a.lastTransaction(), t)
    a.tpc_vote(t)
    a.tpc_finish(t)
    b.ping()


def loads(session):
    a = session.client()
    oid, other = a.new_oid(), a.new_oid()
    first = commit(a, oid, z64, b"first")
    second = commit(a, oid, first, b"2" * 255)
    commit(a, other, z64, b"o" * 256)
    for before in first, second, p64(u64(second) + 1), maxtid:
        a._server.load_before(oid, before)
    a._server.load_before(other, maxtid)
    attempt(a._server.load_before, p64(4711), maxtid)
    a.loadSerial(oid, first)
    attempt(a.loadSerial, oid, p64(1))
    a.getTid(oid)
    attempt(a.getTid, p64(4711))
    a.history(oid, 2)
    attempt(a.history, p64(4711))
    next = None
    while True:
        _, _, _, next = a.record_iternext(next)
        if next is None:
            break


def conflicts(session):
    a = session.client()
    db = ZODB.DB(a)
    with db.transaction() as connection:
        root = connection.root()
        root["length"] = Length()
        root["tree"] = BTrees.IOBTree.IOBTree({1: 1})
        root["map"] = PersistentMapping()
    managers = transaction.TransactionManager(), transaction.TransactionManager()
    one, two = (db.open(manager) for manager in managers)

    def clash(change):
        for manager in managers:
            manager.begin()
        change(one.root(), 1)
        change(two.root(), 2)
        managers[0].commit()
        attempt(managers[1].commit)
        managers[1].abort()

    clash(lambda root, n: root["length"].change(n))
    clash(lambda root, n: root["tree"].__setitem__(1, n + 1))
    clash(lambda root, n: root["map"].__setitem__("key", n))

    def check(root, n):
        if n == 1:
            root["map"]["key"] = 9
        else:
            root._p_jar.readCurrent(root["map"])
            root["n"] = n

    clash(check)
    for connection in one, two:
        connection.close()
    a.ping()


def undo(session):
    a = session.client()
    oid, other = a.new_oid(), a.new_oid()
    data = [record(PersistentMapping({"n": n})) for n in range(4)]
    first = commit(a, oid, z64, data[0], b" jane", b"/site/one")
    second = commit(a, oid, first, data[1], b" john", b"/site/two",
                    {"kind": "edit"})
    entries = a.undoLog(0, 10)
    a.undoLog()
    a.undoInfo(0, -20, {"user_name": b" john"})
    attempt(a.undoInfo, 0, -20, {"description": ZopeUndo.Prefix.Prefix("/site")})

    def undo_these(*ids):
        t = TransactionMetaData(b"undoer", b"undo")
        a.tpc_begin(t)
        try:
            for id in ids:
                a.undo(id, t)
            a.tpc_vote(t)
            a.tpc_finish(t)
        except Exception:
            a.tpc_abort(t)
            raise

    undo_these(entries[0]["id"])
    last = a.loadBefore(oid, maxtid)[1]
    t = TransactionMetaData(b"", b"two objects")
    a.tpc_begin(t)
    a.store(oid, last, data[2], "", t)
    a.store(other, z64, data[2], "", t)
    a.tpc_vote(t)
    a.tpc_finish(t)
    both = a.lastTransaction()
    commit(a, oid, both, data[3])
    commit(a, other, both, data[3])
    entries = a.undoLog(0, 10)
    attempt(undo_these, entries[2]["id"])  # MultipleUndoErrors
    attempt(undo_these, b"AAAAAAAAAAA=")  # UndoError


def iteration(session):
    a = session.client()
    oid = a.new_oid()
    first = commit(a, oid, z64, b"1", extension={"kind": "create"})
    second = commit(a, oid, first, b"2")
    for transaction_ in a.iterator():
        for _ in transaction_:
            pass
    list(a.iterator(second, second))
    iterator = a.iterator(first, None)
    next(iterator)
    del iterator
    a._iterator_gc()
    attempt(a._call, "iterator_next", 4711)
    attempt(a._call, "iterator_record_start", 0, first)
    a.ping()


def blobs(session):
    a = session.client(blob_dir="a-blobs")
    b = session.client(blob_dir="b-blobs")
    oid = a.new_oid()
    with open("blob", "wb") as f:
        f.write(b"b" * 60000)
    t = TransactionMetaData(b"", b"a blob")
    a.tpc_begin(t)
    a.storeBlob(oid, z64, record(ZODB.blob.Blob()), "blob", "", t)
    a.tpc_vote(t)
    tid = a.tpc_finish(t)
    b.ping()
    b.loadBlob(oid, tid)
    attempt(b._call, "sendBlob", oid, p64(1))
    shared = session.client(blob_dir="blobs", shared_blob_dir=True)
    with open("blob", "wb") as f:
        f.write(b"shared")
    t = TransactionMetaData(b"", b"a shared blob")
    shared.tpc_begin(t)
    shared.storeBlob(oid, tid, record(ZODB.blob.Blob()), "blob", "", t)
    shared.tpc_vote(t)
    shared.tpc_finish(t)


def restores(session):
    a = session.client()
    oid, other = a.new_oid(), a.new_oid()
    tid = p64(0x0400000000000000)
    t = TransactionMetaData(b"jane", b"restored", {"kind": "copy"})
    a.tpc_begin(t, tid, "p")
    a.restore(oid, tid, b"data", "", None, t)
    a.restore(other, tid, None, "", None, t)
    a.tpc_vote(t)
    a.tpc_finish(t)
    later = p64(0x0400000000000100)
    t = TransactionMetaData()
    a.tpc_begin(t, later, " ")
    a.restore(oid, later, b"data", "", tid, t)
    a.tpc_vote(t)
    a.tpc_finish(t)


def administration(session):
    a = session.client()
    ZODB.DB(a)  # makes the root, without which there is nothing to pack
    a._call("new_oids")
    a._call("new_oids", 3)
    tid = commit(a, a.new_oid(), z64, b"1")
    a._call("getInvalidations", tid)
    t = TransactionMetaData()
    a.tpc_begin(t)
    for n in range(1050):
        a.store(p64(10000 + n), z64, b"x", "", t)
    a.tpc_vote(t)
    a.tpc_finish(t)
    a._call("getInvalidations", tid)
    a._call("getInvalidations", p64(1))
    a.pack(time.time())
    a._call("pack", time.time(), False)
    a.server_status()
    b = session.client(read_only=True)
    attempt(b._call, "new_oids")
    attempt(a._call, "register", "1", False)
    attempt(a._call, "loadBefore")
    attempt(a._call, "loadSerial", 7, 8)
    a.ping()
    attempt(a._call, "no_such_method")
    with socket.create_connection(session.relay.addr) as s:
        Relay.exactly(s, 6)
        s.sendall(b"\0\0\0\4ruok")
        Relay.exactly(s, struct.unpack(">I", Relay.exactly(s, 4))[0])


def client_resolution(session):
    a = session.client()
    db = ZODB.DB(a)
    with db.transaction() as connection:
        connection.root()["length"] = Length()
    managers = transaction.TransactionManager(), transaction.TransactionManager()
    one, two = (db.open(manager) for manager in managers)
    for manager, connection in zip(managers, (one, two)):
        manager.begin()
        connection.root()["length"].change(1)
    for manager in managers:
        manager.commit()


def values():
    """Values by name, for all that the encodings treat differently."""
    yield "None", None
    yield "True", True
    yield "False", False
    for n in (0, 1, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31,
              2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**100,
              -1, -32, -33, -128, -129, -255, -256, -32768, -32769, -2**31,
              -2**31 - 1, -2**40, -2**55, -2**63, -2**63 - 1, -2**100):
        yield "int %d" % n, n
    yield "float 1.5", 1.5
    yield "float -1e300", -1e300
    yield "float inf", float("inf")
    yield "str empty", ""
    yield "str ascii", "name\n\\u\\'"
    yield "str latin", "jos\xe9"
    yield "str euro", "\u20ac"
    yield "str astral", "\U0001f600"
    yield "str surrogate", "\ud800"
    for n in 31, 32, 255, 256, 65535, 65536:
        yield "str %d" % n, "s" * n
    for n in 0, 1, 255, 256, 65535, 65536:
        yield "bytes %d" % n, b"b" * n
    for n in 0, 1, 2, 3, 4, 15, 16, 65535, 65536:
        yield "tuple %d" % n, (None,) * n
    for n in 0, 1, 2, 999, 1000, 1001, 2000, 2001:
        yield "list %d" % n, [None] * n
    for n in 0, 1, 2, 15, 16, 999, 1000, 1001, 2000:
        yield "dict %d" % n, {i: None for i in range(n)}
    yield "nested", [(1, [2, {"k": (b"v", [])}]), ()]
    same = (b"12345678", "text")
    yield "shared", [same, same, (same,)]
    yield "prefix", ZopeUndo.Prefix.Prefix("/site/folder")


def write_values(target):
    """How Python writes each value: name, encoding, bytes."""
    import io
    import pickle

    import msgpack
    import zodbpickle.pickle
    lines = ["# name | encoding | hexadecimal; fast is what ZEO writes, the others it reads"]
    for name, value in values():
        f = io.BytesIO()
        pickler = zodbpickle.pickle.Pickler(f, 3)
        pickler.fast = 1
        pickler.dump(value)
        encoded = {"fast": f.getvalue()}
        if len(f.getvalue()) < 5000:
            for protocol in range(5):
                data = pickle.dumps(value, protocol)
                # Bytes take a callable before protocol 3.
                if b"_codecs" not in data and b"bytes" not in data:
                    encoded["protocol%d" % protocol] = data
        try:
            encoded["msgpack"] = msgpack.packb(value, use_bin_type=True)
        except (OverflowError, TypeError, UnicodeEncodeError):
            pass
        for encoding, data in encoded.items():
            lines.append("%s | %s | %s" % (name, encoding, hexadecimal(data)))
    with open(os.path.join(target, "values.txt"), "w") as f:
        f.write("\n".join(lines) + "\n")


SCENARIOS = {
    "connect": (connect, {}),
    "commit": (commits, {}),
    "load": (loads, {}),
    "conflict": (conflicts, {}),
    "undo": (undo, {}),
    "iterate": (iteration, {}),
    "blob": (blobs, {}),
    "restore": (restores, {}),
    "administration": (administration, {}),
    "client-resolution": (client_resolution,
                          {"client_conflict_resolution": True}),
}


def main(target):
    relative_blob_dirs()
    target = os.path.abspath(target)
    write_values(target)
    for encoding in "pickle", "msgpack":
        for name, (scenario, conf) in SCENARIOS.items():
            with tempfile.TemporaryDirectory() as directory:
                os.chdir(directory)
                session = Session(encoding == "msgpack", **conf)
                try:
                    scenario(session)
                finally:
                    session.close()
                    text = session.relay.text()
                os.chdir(target)
            path = os.path.join(target, "%s-%s.txt" % (encoding, name))
            with open(path, "w") as f:
                f.write(text)
            print("%s: %d frames" % (path, text.count("\n") // 2))


if __name__ == "__main__":
    main(sys.argv[1])
