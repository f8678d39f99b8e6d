"""Writes a large database in the form of a Data.fs, quickly, with all that a history may contain."""

from __future__ import annotations

import contextlib
import pickle
import random
from pathlib import Path
from typing import Iterator, List, Sequence
from unittest import mock

import transaction
from BTrees.OOBTree import OOBTree
from persistent.TimeStamp import TimeStamp
from persistent.mapping import PersistentMapping
from ZODB.Connection import TransactionMetaData
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage
from ZODB.POSException import POSKeyError
from ZODB.blob import Blob
from ZODB.serialize import referencesf
from ZODB.utils import z64

from zeoraid_e2e.client import undo_id

OBJECTS = 1000
_CLASS = pickle.dumps(PersistentMapping, 3)
_BLOB = pickle.dumps(Blob, 3) + pickle.dumps(None, 3)
_CHUNK_BYTES = 1 << 20


def record(**values: object) -> bytes:
    """A PersistentMapping as ZODB stores it."""
    return _CLASS + pickle.dumps({'data': values}, 3)


@contextlib.contextmanager
def _without_fsync() -> Iterator[None]:
    with mock.patch('ZODB.FileStorage.FileStorage.fsync', lambda _: None):
        yield


class _Writer:
    def __init__(self, storage: FileStorage, oids: List[bytes], record_bytes: int):
        self.storage = storage
        self._oids = oids
        self._record_bytes = record_bytes
        self._random = random.Random(5)

    def commit(self, number: int) -> bytes:
        """A transaction with one to three records."""
        with self.transaction(b'change %d' % number) as meta:
            for oid in self._random.sample(self._oids, number % 3 + 1):
                data = record(value=number, padding=self._random.randbytes(self._record_bytes))
                self.storage.store(oid, self.storage.getTid(oid), data, '', meta)
        return self.storage.lastTransaction()

    @contextlib.contextmanager
    def transaction(self, description: bytes, **extension: object) -> Iterator[TransactionMetaData]:
        meta = TransactionMetaData(b'somebody', description, extension)
        self.storage.tpc_begin(meta)
        yield meta
        self.storage.tpc_vote(meta)
        self.storage.tpc_finish(meta)

    def oddities(self, number: int) -> None:
        """An undo, a deletion, no records at all, and metadata that is neither text nor plain."""
        undone = self.commit(number)
        with self.transaction(b'undo') as meta:
            self.storage.undo(undo_id(undone), meta)
        oid = self.storage.new_oid()
        with self.transaction(b'create') as meta:
            self.storage.store(oid, b'\0' * 8, record(), '', meta)
        with self.transaction(b'delete') as meta:
            self.storage.deleteObject(oid, self.storage.getTid(oid), meta)
        with self.transaction(b''):
            pass
        with self.transaction('größer'.encode('latin-1'), place={'of': (b'\xff', 1.5, None)}, number=1 << 70):
            pass

    def commit_blob(self, oid: bytes, size: int) -> bytes:
        """A transaction with a record and a blob; in this order, which is the one of a ZEO server (docs/blobs.md)."""
        with self.transaction(b'blob of %d bytes' % size) as meta:
            other = self._oids[size % len(self._oids)]
            self.storage.store(other, self.storage.getTid(other), record(blob=size), '', meta)
            file = Path(self.storage.temporaryDirectory(), 'next')
            with file.open('wb') as written:
                for left in range(size, 0, -_CHUNK_BYTES):
                    written.write(self._random.randbytes(min(left, _CHUNK_BYTES)))
            self.storage.storeBlob(oid, self._serial(oid), _BLOB, str(file), '', meta)
        return self.storage.lastTransaction()

    def commit_blobs(self, sizes: Sequence[int]) -> None:
        """A transaction for each; every third one is a second revision of the one before. One more is undone."""
        oid = self.storage.new_oid()
        for number, size in enumerate(sizes):
            if number % 3 < 2:
                oid = self.storage.new_oid()
            self.commit_blob(oid, size)
        undone = self.commit_blob(oid, sizes[0])
        with self.transaction(b'undo of a blob') as meta:
            self.storage.undo(undo_id(undone), meta)

    def _serial(self, oid: bytes) -> bytes:
        try:
            return self.storage.getTid(oid)
        except POSKeyError:
            return z64


def write_database(path: Path, transactions: int, record_bytes: int, blobs: Path, blob_sizes: Sequence[int]) -> None:
    """Some changes that are packed, then `transactions` of one to three records of `record_bytes` with oddities.

    In the middle of these come as many blobs as there are sizes, in bytes, and one that is undone.
    """
    with _without_fsync():
        storage = FileStorage(str(path), blob_dir=str(blobs))
        oids = _create_objects(storage)
        writer = _Writer(storage, oids, record_bytes)
        for number in range(transactions // 20):
            last = writer.commit(number)
        storage.pack(_seconds(last), referencesf)
        for number in range(transactions):
            if number == transactions // 2:
                writer.commit_blobs(blob_sizes)
            writer.commit(number)
            if number % 1000 == 500:
                writer.oddities(number)
        storage.close()


def _seconds(tid: bytes) -> float:
    return TimeStamp(tid).timeTime()


def _create_objects(storage: FileStorage) -> List[bytes]:
    db = DB(storage, large_record_size=1 << 30)
    manager = transaction.TransactionManager(explicit=True)
    manager.begin()
    connection = db.open(manager)
    connection.root()['objects'] = tree = OOBTree()
    connection.root()['counter'] = PersistentMapping(value=0)
    for number in range(OBJECTS):
        tree[number] = PersistentMapping(value=0)
    manager.commit()
    manager.begin()
    oids = [item._p_oid for item in tree.values()]
    manager.abort()
    connection.close()
    return oids
