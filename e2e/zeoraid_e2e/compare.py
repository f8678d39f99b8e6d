"""Compares the files that backends leave behind, by the eyes of Python's own FileStorage."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from ZODB.FileStorage.FileStorage import FileIterator
from ZODB.blob import is_blob_record


class Transaction(NamedTuple):
    """All that a transaction consists of; two backends are equal if these are, one by one."""

    tid: bytes
    status: str
    user: bytes
    description: bytes
    extension: bytes
    records: Tuple[Tuple[bytes, bytes, Optional[bytes]], ...]  # oid, tid, data

    def __str__(self) -> str:
        oids = ', '.join(oid.hex().lstrip('0') or '0' for oid, _, _ in self.records)
        return f'{self.tid.hex()} {self.description.decode("utf-8", "replace")!r} with oids [{oids}]'


class Different(AssertionError):
    """Two backends do not hold the same transactions."""


class Lost(AssertionError):
    """A backend lacks transactions that were acknowledged."""


def transactions(data: Path) -> Iterator[Transaction]:
    """The transactions of a Data.fs, in its order. It may be in use: the last one may be missing then."""
    iterator = FileIterator(str(data))
    try:
        for record in iterator:
            yield Transaction(
                record.tid, record.status, record.user, record.description, record.extension_bytes,
                tuple((item.oid, item.tid, item.data) for item in record))
    finally:
        iterator.close()


def pointers(data: Path) -> List[List[Tuple[bytes, Optional[bytes]]]]:
    """For each transaction of a Data.fs its records that have their data from elsewhere, or none: (oid, data's tid).

    Without those of blobs: a recovery stores them anew, so that they have data of their own (docs/blobs.md).
    """
    iterator = FileIterator(str(data))
    try:
        return [[(item.oid, item.data_txn) for item in record
                 if item.data is None or item.data_txn and not is_blob_record(item.data)]
                for record in iterator]
    finally:
        iterator.close()


def blob_files(folder: Path) -> Dict[str, str]:
    """{path: digest} of all blobs in a blob-dir, but for what its server has not tidied up."""
    files: Dict[str, str] = {}
    for path in sorted(folder.rglob('*.blob')):
        digest = hashlib.sha256()
        with path.open('rb') as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        files[str(path.relative_to(folder))] = digest.hexdigest()
    return files


def require_equal(files: Mapping[str, Path]) -> int:
    """Checks that all files, by backend name, hold the same sequence of transactions, and returns its length.

    Raises Different, which names the first difference. The servers must not write meanwhile.
    """
    (first, first_file), *others = sorted(files.items())
    count = sum(1 for _ in transactions(first_file))
    for other, other_file in others:
        pairs = itertools.zip_longest(transactions(first_file), transactions(other_file))
        for index, (mine, theirs) in enumerate(pairs):
            if mine != theirs:
                raise Different(_describe(index, first, mine, other, theirs))
    return count


def require_tids_ascend(data: Path) -> None:
    """Checks that no transaction goes back in time."""
    last = b''
    for transaction in transactions(data):
        if transaction.tid <= last:
            raise Different(f'{data}: transaction {transaction} comes after {last.hex()}')
        last = transaction.tid


def require_contains(data: Path, acknowledged: Mapping[bytes, bytes]) -> None:
    """Checks that a file holds every acknowledged transaction, {tid: description}. Raises Lost."""
    found: Dict[bytes, bytes] = {item.tid: item.description for item in transactions(data)}
    lost: List[str] = [
        f'{tid.hex()} {description.decode()!r}' + (f' (there with {found[tid]!r})' if tid in found else '')
        for tid, description in sorted(acknowledged.items()) if found.get(tid) != description]
    if lost:
        shown = ', '.join(lost[:5])
        raise Lost(f'{data}: {len(lost)} of {len(acknowledged)} acknowledged transactions are missing: {shown}')


def _describe(index: int, first: str, mine: Optional[Transaction], other: str,
              theirs: Optional[Transaction]) -> str:
    if mine is None or theirs is None:
        longer, shorter, extra = (other, first, theirs) if mine is None else (first, other, mine)
        return f'{shorter} ends after {index} transactions; {longer} goes on with {extra}'
    fields = [name for name in Transaction._fields if getattr(mine, name) != getattr(theirs, name)]
    return f'transaction {index} differs in {", ".join(fields)}: {first} has {mine}, {other} has {theirs}'
