"""An application with one connection to a database, which asks the server what is new whenever it begins."""

from __future__ import annotations

import base64
import contextlib

import transaction
from transaction.interfaces import NoTransaction
from ZEO.ClientStorage import ClientStorage
from ZODB.Connection import TransactionMetaData

from zeoraid_e2e import wire
from zeoraid_e2e.bank import open_database


class Client:
    """`begin` first asks the server for all that others have committed."""

    def __init__(self, address: wire.Address, **options: object):
        self.db = open_database(address, server_sync=True, **options)
        self.manager = transaction.TransactionManager(explicit=True)
        self.connection = self.db.open(self.manager)

    def begin(self) -> dict:
        """Returns the root of a new snapshot."""
        self.abort()
        self.manager.begin()
        return self.connection.root()

    def commit(self) -> bytes:
        """Returns the transaction's tid."""
        self.manager.commit()
        return self.storage.lastTransaction()

    def abort(self) -> None:
        with contextlib.suppress(NoTransaction):
            self.manager.abort()

    def put(self, **values: object) -> bytes:
        """Commits some keys of the root; returns the transaction's tid."""
        self.begin().update(values)
        return self.commit()

    def undo(self, *tids: bytes) -> bytes:
        """Undoes these transactions in one; returns its tid."""
        self.begin()
        self.db.undoMultiple([undo_id(tid) for tid in tids], self.manager.get())
        return self.commit()

    def delete(self, oid: bytes, serial: bytes) -> bytes:
        """Deletes an object, as an external garbage collection does; returns the transaction's tid."""
        meta = TransactionMetaData()
        self.storage.tpc_begin(meta)
        try:
            self.storage.deleteObject(oid, serial, meta)
            self.storage.tpc_vote(meta)
            return self.storage.tpc_finish(meta)
        except BaseException:
            self.storage.tpc_abort(meta)
            raise

    def close(self) -> None:
        self.abort()
        self.connection.close()
        self.db.close()

    @property
    def storage(self) -> ClientStorage:
        return self.db.storage


def undo_id(tid: bytes) -> bytes:
    """What undoLog calls a transaction (ZODB/FileStorage/FileStorage.py, UndoSearch)."""
    return base64.encodebytes(tid).rstrip(b'\n')
