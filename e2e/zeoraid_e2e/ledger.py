"""What the bank's workers saw, and whether the backends' files agree with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

import transaction
import ZODB
from ZODB.FileStorage import FileStorage

from zeoraid_e2e import compare, wire

START_BALANCE = 1000


class BankError(AssertionError):
    """The bank saw something that must never happen."""


class Transfer(NamedTuple):
    """One transaction of the bank; its text is the transaction's description, which no other transaction has."""

    writer: int
    number: int  # the writer's own count, from 1
    source: int
    target: int
    amount: int

    def __str__(self) -> str:
        return f'writer {self.writer} transfer {self.number}: {self.source} pays {self.target} {self.amount}'


_TRANSFER = re.compile(r'writer (\d+) transfer (\d+): (\d+) pays (\d+) (-?\d+)')


def parse_transfer(description: bytes) -> Optional[Transfer]:
    """The transfer that a description tells of; None if it is not one of the bank's."""
    match = _TRANSFER.fullmatch(description.decode('utf-8', 'replace'))
    return Transfer(*map(int, match.groups())) if match else None


class Timed(NamedTuple):
    """How long an operation took, and when it ended, by time.monotonic()."""

    ended: float
    seconds: float


class Lost(NamedTuple):
    """A connection that a worker lost, or could not get, by time.monotonic()."""

    at: float
    worker: str
    where: Tuple[wire.Address, ...]  # the servers that its client knows
    error: str


@dataclass
class Report:
    """What happened while the bank was open."""

    acknowledged: Dict[bytes, Transfer] = field(default_factory=dict)
    unknown: List[Transfer] = field(default_factory=list)  # neither acknowledged nor refused
    conflicts: int = 0
    lost: List[Lost] = field(default_factory=list)
    snapshots: int = 0
    errors: List[str] = field(default_factory=list)
    commits: List[Timed] = field(default_factory=list)
    loads: List[Timed] = field(default_factory=list)

    def __str__(self) -> str:
        return (f'{len(self.acknowledged)} transfers, {self.conflicts} conflicts, {self.disconnects} disconnects, '
                f'{len(self.unknown)} unknown outcomes, {self.snapshots} sums checked, {len(self.errors)} errors, '
                f'longest commit {self.longest_commit():.3f} s, longest read {longest(self.loads):.3f} s')

    @property
    def disconnects(self) -> int:
        """How often a worker lost its connection."""
        return len(self.lost)

    def longest_commit(self, since: float = 0.0) -> float:
        """The seconds of the slowest commit that ended after `since`."""
        return longest(self.commits, since)

    def require_no_errors(self) -> None:
        """Raises BankError with the first errors, if there were any."""
        if self.errors:
            raise BankError(f'{len(self.errors)} errors while the bank was open:\n' + '\n'.join(self.errors[:5]))


def longest(timed: List[Timed], since: float = 0.0) -> float:
    """The seconds of the slowest operation that ended after `since`; 0 if there is none."""
    return max((item.seconds for item in timed if item.ended >= since), default=0.0)


def longest_gap(timed: Iterable[Timed], since: float, until: float) -> float:
    """The longest time between `since` and `until` (time.monotonic()) in which no operation ended."""
    ends = sorted(item.ended for item in timed if since <= item.ended <= until)
    return max(later - earlier for earlier, later in zip([since, *ends], [*ends, until]))


class Balances(NamedTuple):
    """The state of a bank."""

    accounts: List[int]
    tills: List[int]  # how many transfers each writer made


def replay(data: Path, accounts: int, writers: int) -> Balances:
    """The balances that the transfers in a file lead to. Raises BankError if a transfer is there twice or out of order."""
    balances = [START_BALANCE] * accounts
    tills = [0] * writers
    for item in compare.transactions(data):
        transfer = parse_transfer(item.description)
        if transfer is None:
            continue
        if transfer.number != tills[transfer.writer] + 1:
            raise BankError(f'{data}: "{transfer}" follows transfer {tills[transfer.writer]} of that writer')
        tills[transfer.writer] += 1
        balances[transfer.source] -= transfer.amount
        balances[transfer.target] += transfer.amount
    return Balances(balances, tills)


def read_balances(data: Path) -> Tuple[Balances, List[str]]:
    """The balances of the objects in a file, and what is wrong with the receipts. Nobody may write to it meanwhile."""
    db = ZODB.DB(FileStorage(str(data), read_only=True))
    try:
        manager = transaction.TransactionManager(explicit=True)
        connection = db.open(manager)
        manager.begin()
        bank = connection.root()['bank']
        wrong = [f'account {index} holds the receipt of account {account.receipt.account}'
                 for index, account in enumerate(bank['accounts'])
                 if account.receipt is not None and account.receipt.account != index]
        balances = Balances([account.balance for account in bank['accounts']], [till.count for till in bank['tills']])
        manager.abort()
        connection.close()
        return balances, wrong
    finally:
        db.close()


def verify_file(data: Path, report: Report) -> None:
    """Checks one backend's file against what the clients were told.

    Every acknowledged transfer is there under its tid; no other transfer is there but those of unknown outcome; none
    is there twice; the objects hold the balances that the transfers lead to, and the money is all there.
    """
    compare.require_tids_ascend(data)
    compare.require_contains(data, {tid: str(transfer).encode() for tid, transfer in report.acknowledged.items()})
    allowed = {str(transfer).encode() for transfer in (*report.acknowledged.values(), *report.unknown)}
    for item in compare.transactions(data):
        if parse_transfer(item.description) and item.description not in allowed:
            raise BankError(f'{data}: {item} was never acknowledged, and its commit did not fail either')
    balances, wrong = read_balances(data)
    if wrong:
        raise BankError(f'{data}: ' + '; '.join(wrong))
    total = len(balances.accounts) * START_BALANCE
    if sum(balances.accounts) != total:
        raise BankError(f'{data}: the accounts sum up to {sum(balances.accounts)}, not {total}')
    replayed = replay(data, len(balances.accounts), len(balances.tills))
    if replayed != balances:
        raise BankError(f'{data}: the transfers lead to {replayed}, the objects hold {balances}')


def verify_files(files: Mapping[str, Path], report: Report) -> None:
    """Checks the files of all backends, by name: they are equal, and each passes `verify_file`."""
    compare.require_equal(files)
    for data in files.values():
        verify_file(data, report)
