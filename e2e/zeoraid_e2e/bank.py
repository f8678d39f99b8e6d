"""A bank as the application: threads move money between accounts, and others check that none is lost.

Each writer thread has its own ZODB connection, and the threads share a few ClientStorages, as in Zope. A transfer changes two
accounts and the writer's till, which counts its transfers, and sometimes leaves a new object (a receipt). Readers check in
every snapshot that the sum is right, and that it shows everything that was acknowledged before it began.
"""

from __future__ import annotations

import contextlib
import faulthandler
import itertools
import logging
import random
import sys
import threading
import time
import traceback
from typing import Collection, Iterator, List, Optional, Set, Tuple, Union

import transaction
import ZODB
from persistent import Persistent
from persistent.list import PersistentList
from persistent.mapping import PersistentMapping
from transaction.interfaces import NoTransaction
from ZEO.ClientStorage import ClientStorage
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import ConflictError, StorageTransactionError

from zeoraid_e2e import wire
from zeoraid_e2e.ledger import START_BALANCE, BankError, Lost, Report, Timed, Transfer
from zeoraid_e2e.process import wait_until

# What a client may see while its server dies. Anything else is an error even then.
DISCONNECTED = (ClientDisconnected, ConnectionError, StorageTransactionError)

# The server that a ZEO client connects to, or the ones that it may choose from.
Where = Union[wire.Address, List[wire.Address]]

# A ZODB client hangs as long as its server does; whoever waits for a worker longer than this gives up.
JOIN_SECONDS = 40.0


class Account(Persistent):
    def __init__(self) -> None:
        self.balance = START_BALANCE
        self.receipt = None


class Till(Persistent):
    def __init__(self) -> None:
        self.count = 0


class Receipt(Persistent):
    def __init__(self, account: int, text: str) -> None:
        self.account = account
        self.text = text


def choices(where: Where) -> Tuple[wire.Address, ...]:
    """The servers that a client may choose from."""
    return tuple(where) if isinstance(where, list) else (where,)


def create(address: Where, accounts: int = 100, writers: int = 8) -> None:
    """Commits a bank with its accounts, unless the database has one."""
    db = open_database(address)
    try:
        with db.transaction('the bank opens') as connection:
            if 'bank' not in connection.root():
                connection.root()['bank'] = PersistentMapping(
                    accounts=PersistentList(Account() for _ in range(accounts)),
                    tills=PersistentList(Till() for _ in range(writers)))
    finally:
        db.close()


def silence_clients() -> None:
    """Keeps the ZODB clients in this process from logging what the bank reports anyway."""
    for name in ('ZEO', 'ZODB', 'txn'):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def open_database(address: Where, **options: object) -> ZODB.DB:
    """A database of a ZEO client that holds little, so that the server is asked."""
    return ZODB.DB(ClientStorage(address, cache_size=200_000, **options))


class Worker(threading.Thread):
    """Repeats `step` in a thread of its own until told to stop. What it sees is in its own `report`."""

    def __init__(self, bank: 'Bank', db: ZODB.DB, where: Where, name: str):
        super().__init__(name=name, daemon=True)
        self.bank = bank
        self.where = choices(where)
        self.report = Report()
        self.manager = transaction.TransactionManager(explicit=True)
        self._db = db

    def run(self) -> None:
        connection = self._db.open(self.manager)
        try:
            while not self.bank.stopping.is_set() and not self.report.errors:
                with self._errors_counted():
                    self.step(connection)
                with self._errors_counted(), contextlib.suppress(NoTransaction):
                    self.manager.abort()
        except Exception:
            self._fail()
        finally:
            connection.close()

    def step(self, connection: ZODB.Connection) -> None:
        """Begins one transaction; it is aborted on return if it is not committed then."""
        raise NotImplementedError

    @contextlib.contextmanager
    def _errors_counted(self) -> Iterator[None]:
        try:
            yield
        except ConflictError:
            self.report.conflicts += 1
        except DISCONNECTED as error:
            self.report.lost.append(
                Lost(time.monotonic(), self.name, self.where, f'{type(error).__name__}: {error}'))
            if not self.bank.server_may_die:
                self._fail()
        except Exception:
            self._fail()

    def _fail(self) -> None:
        kind, error, trace = sys.exc_info()
        assert kind is not None
        calls = ' > '.join(frame.name for frame in traceback.extract_tb(trace))
        self.report.errors.append(f'{self.name}: {kind.__name__}: {error}\n  in {calls}')


class Writer(Worker):
    """Moves money. Knows which values its till may have: no other writer changes it."""

    def __init__(self, bank: 'Bank', db: ZODB.DB, where: Where, index: int):
        super().__init__(bank, db, where, f'writer {index}')
        self.acknowledged = 0  # transfers of this writer; readers compare it with its till
        self._index = index
        self._random = random.Random(f'{bank.seed} {index}')
        self._possible: Set[int] = {0}

    def step(self, connection: ZODB.Connection) -> None:
        self.manager.begin()
        accounts = connection.root()['bank']['accounts']
        till = connection.root()['bank']['tills'][self._index]
        if till.count not in self._possible:
            raise BankError(f'till {self._index} says {till.count} transfers; possible are {sorted(self._possible)}')
        source, target = self._random.sample(range(len(accounts)), 2)
        transfer = Transfer(self._index, till.count + 1, source, target, self._random.randint(1, 50))
        accounts[source].balance -= transfer.amount
        accounts[target].balance += transfer.amount
        if transfer.number % 5 == 0:
            accounts[target].receipt = Receipt(target, str(transfer))
        till.count = transfer.number
        self.manager.get().note(str(transfer))
        self._commit(transfer, till)

    def _commit(self, transfer: Transfer, till: Till) -> None:
        started = time.monotonic()
        try:
            self.manager.commit()
        except ConflictError:
            raise
        except Exception:
            # The transfer may have happened: its till will tell.
            self._possible.add(transfer.number)
            self.report.unknown.append(transfer)
            raise
        ended = time.monotonic()
        self.report.acknowledged[till._p_serial] = transfer
        self.report.commits.append(Timed(ended, ended - started))
        self._possible = {transfer.number}
        self.acknowledged = transfer.number


class Reader(Worker):
    """Sums up all accounts in one snapshot after the other."""

    def step(self, connection: ZODB.Connection) -> None:
        acknowledged = [writer.acknowledged for writer in self.bank.writers]
        started = time.monotonic()
        self.manager.begin()
        bank = connection.root()['bank']
        total = sum(account.balance for account in bank['accounts'])
        tills = [till.count for till in bank['tills']]
        ended = time.monotonic()
        snapshot = connection._storage._start
        if total != len(bank['accounts']) * START_BALANCE:
            raise BankError(f'the accounts sum up to {total} before {snapshot.hex()}')
        for index, (count, least) in enumerate(zip(tills, acknowledged)):
            if count < least:
                raise BankError(f'stale: till {index} says {count} before {snapshot.hex()}, '
                                f'but {least} transfers had been acknowledged')
        self.report.snapshots += 1
        self.report.loads.append(Timed(ended, ended - started))


class Bank:
    """Customers and auditors of the bank at a ZEO server, from `start` to `stop`.

    `where` is one address, to which `clients` ZEO clients connect; or a list with what each client connects to, which
    may be a list of addresses itself. The threads that write share these clients; readers have clients of their own.

    With `server_may_die`, lost connections are allowed, and a transfer that was cut off may have happened or not, but
    not both. Without, everything but a conflict is an error.
    """

    def __init__(self, where: Union[wire.Address, List[Where]], writers: int = 8, readers: int = 2, clients: int = 4,
                 accounts: int = 100, seed: int = 1, server_may_die: bool = False):
        places: List[Where] = list(where) if isinstance(where, list) else [where] * clients
        create(places[0], accounts, writers)
        self.seed = seed
        self.server_may_die = server_may_die
        self.stopping = threading.Event()
        databases = [open_database(place) for place in places]
        # The readers of one place share a client, too.
        reading = {known: open_database(places[index], server_sync=True)
                   for known, index in {choices(place): index for index, place in enumerate(places[:readers])}.items()}
        self._databases = [*databases, *reading.values()]
        self.writers = [Writer(self, databases[index % len(places)], places[index % len(places)], index)
                        for index in range(writers)]
        self._workers: List[Worker] = [*self.writers, *(
            Reader(self, reading[choices(place)], place, f'reader {index}')
            for index, place in enumerate(itertools.islice(itertools.cycle(places), readers)))]

    def __enter__(self) -> 'Bank':
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()

    def start(self) -> None:
        for worker in self._workers:
            worker.start()

    @property
    def transfers(self) -> int:
        """How many transfers have been acknowledged so far."""
        return sum(len(writer.report.commits) for writer in self.writers)

    def commits_at(self, addresses: Collection[wire.Address]) -> List[Timed]:
        """The commits so far of clients that know no servers but these."""
        return [commit for worker in self._at(addresses) for commit in list(worker.report.commits)]

    def made_since(self, moment: float, addresses: Collection[wire.Address]) -> int:
        """How many transfers of clients that know no servers but these have been acknowledged since then."""
        return sum(commit.ended >= moment for commit in self.commits_at(addresses))

    def lost_at(self, addresses: Collection[wire.Address]) -> List[Lost]:
        """The connections lost so far by clients that know no servers but these."""
        return [lost for worker in self._at(addresses) for lost in list(worker.report.lost)]

    def longest_commit(self, since: float) -> float:
        """The seconds of the slowest commit that ended after `since` (time.monotonic())."""
        return self._collect().longest_commit(since)

    def require_open(self) -> None:
        """Raises BankError if a worker has seen an error."""
        if any(worker.report.errors for worker in self._workers):
            self._collect().require_no_errors()

    def wait_transfers(self, count: int, seconds: float = 20.0,
                       at: Optional[Collection[wire.Address]] = None) -> None:
        """Waits until `count` more transfers have been acknowledged; with `at`, to clients that know no other servers."""

        def made() -> int:
            return sum(len(worker.report.commits) for worker in self._at(at))

        goal = made() + count

        def reached() -> bool:
            self.require_open()
            return made() >= goal

        wait_until(f'{count} more transfers', reached, seconds, tell=self._collect)

    def wait_everybody(self, seconds: float = 20.0, at: Optional[Collection[wire.Address]] = None) -> None:
        """Waits until every worker has got on with its work; with `at`, those whose client knows no other servers."""

        def progress(worker: Worker) -> int:
            return len(worker.report.commits) + worker.report.snapshots

        before = {worker: progress(worker) for worker in self._at(at)}

        def waiting() -> List[str]:
            return [worker.name for worker, count in before.items() if progress(worker) == count]

        def nobody_waits() -> bool:
            self.require_open()
            return not waiting()

        wait_until('progress for everybody', nobody_waits, seconds, tell=lambda: f'{", ".join(waiting())} wait')

    def wait_stall(self, quiet: float, seconds: float = 20.0) -> None:
        """Waits until no transfer has been acknowledged for `quiet` seconds."""
        started = time.monotonic()

        def silent() -> bool:
            self.require_open()
            last = [writer.report.commits[-1].ended for writer in self.writers if writer.report.commits]
            return time.monotonic() - max(started, *last) >= quiet

        wait_until('a standstill', silent, seconds, tell=self._collect)

    def _at(self, addresses: Optional[Collection[wire.Address]]) -> List[Worker]:
        """The workers whose client knows no servers but these; None: all."""
        return [worker for worker in self._workers if addresses is None or set(worker.where) <= set(addresses)]

    def wait_snapshots(self, count: int, seconds: float = 20.0) -> None:
        """Waits until `count` more sums have been checked."""
        goal = self._collect().snapshots + count
        wait_until(f'{count} more sums', lambda: self._collect().snapshots >= goal, seconds, tell=self._collect)

    def stop(self) -> Report:
        """Closes the bank and reports; a worker that does not end is an error, and where it hangs goes to stderr."""
        self.stopping.set()
        deadline = time.monotonic() + JOIN_SECONDS
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        report = self._collect()
        hanging = [worker.name for worker in self._workers if worker.is_alive()]
        if hanging:
            faulthandler.dump_traceback(file=sys.__stderr__)
            report.errors.insert(0, f'{", ".join(hanging)} did not end within {JOIN_SECONDS:.0f} s')
        else:
            for db in self._databases:
                db.close()
        return report

    def _collect(self) -> Report:
        total = Report()
        for worker in self._workers:
            report = worker.report
            total.acknowledged.update(report.acknowledged)
            for name in ('unknown', 'lost', 'errors', 'commits', 'loads'):
                getattr(total, name).extend(getattr(report, name))
            for name in ('conflicts', 'snapshots'):
                setattr(total, name, getattr(total, name) + getattr(report, name))
        return total
