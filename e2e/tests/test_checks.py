"""ZODB's own checks, as the tests use them, find what is wrong with a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import transaction
from persistent.mapping import PersistentMapping
from ZODB.Connection import TransactionMetaData
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage

from zeoraid_e2e.checks import Unsound, require_sound


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A Data.fs with a root that refers to an object."""
    db = DB(str(tmp_path / 'Data.fs'))
    with db.transaction() as connection:
        connection.root()['child'] = PersistentMapping()
    db.close()
    return tmp_path / 'Data.fs'


def test_a_sound_file_is_sound(data: Path) -> None:
    require_sound({'a': data})


def test_a_damaged_transaction_is_found(data: Path) -> None:
    content = bytearray(data.read_bytes())
    content[-4] ^= 1  # the length of the last transaction, which stands at its end, too
    data.write_bytes(content)
    with pytest.raises(Unsound, match='a: fstest'):
        require_sound({'a': data})


def test_a_reference_to_nothing_is_found(data: Path) -> None:
    storage = FileStorage(str(data))
    db = DB(storage)
    connection = db.open()
    child = connection.root()['child']
    child._p_activate()
    metadata = TransactionMetaData()
    storage.tpc_begin(metadata)
    storage.deleteObject(child._p_oid, child._p_serial, metadata)
    storage.tpc_vote(metadata)
    storage.tpc_finish(metadata)
    transaction.abort()
    connection.close()
    db.close()
    with pytest.raises(Unsound, match='(?s)a: fsrefs: .*refers to invalid object'):
        require_sound({'a': data})
