"""Faults at random: a schedule that a seed determines, and what carries it out on a cluster within a network."""

from __future__ import annotations

import enum
import heapq
import itertools
import random
import time
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from zeoraid_e2e.cluster import STORE, Cluster
from zeoraid_e2e.network import How
from zeoraid_e2e.process import Server, wait_until
from zeoraid_e2e.raid import IN_SYNC

# Before the first fault and after the last one was undone.
CALM_SECONDS = 3.0

# From one fault to the next, whether the first is undone by then or not.
PAUSE_SECONDS = (0.5, 4.0)

# How long a fault lasts. A commit must not have to wait 30 s for a backend: then it fails with an error.
LAST_SECONDS = (0.3, 7.0)

# So many at a time.
MOST_FAULTS = 2

# A wiped backend has that long to be back in sync before the next one is wiped; if it isn't, none is.
WIPE_SECONDS = 15.0


class Kind(enum.Enum):
    """What is done to a party; it is undone after a while."""

    KILL = 'kill'  # SIGKILL, then started again
    STOP = 'stop'  # SIGTERM, then started again; ZEORaid servers only
    HANG = 'hang'  # SIGSTOP, SIGCONT
    WIPE = 'wipe'  # SIGKILL, and the disk is emptied; backends only
    CUT = 'cut'  # from one other party
    CUT_ONE_WAY = 'cut one way'  # what the party sends does not arrive at the other one
    ISOLATE = 'isolate'  # from all other parties but clients; ZEORaid servers only


class Fault(NamedTuple):
    """One thing that happens to a party."""

    at: float  # seconds from the start
    kind: Kind
    party: str
    other: str  # the one from which it is cut; empty if there is none
    how: How  # for cuts
    seconds: float  # until it is undone

    def __str__(self) -> str:
        cut = f' from {self.other}' if self.other else ''
        how = f' ({self.how.value})' if self.kind in (Kind.CUT, Kind.CUT_ONE_WAY, Kind.ISOLATE) else ''
        return f'{self.kind.value} {self.party}{cut}{how} for {self.seconds:.1f} s'


def plan(seed: int, seconds: float, servers: Sequence[str], backends: Sequence[str]) -> List[Fault]:
    """The faults of a run of that many seconds, in order. Pure: equal arguments, equal faults.

    Never more than MOST_FAULTS at a time, none on a party that suffers from another one, and all undone CALM_SECONDS
    before the end. Every kind of fault on every kind of party comes up once before one comes up twice.
    """
    chance = random.Random(f'faults {seed}')
    faults: List[Fault] = []
    menu: List[Tuple[Kind, Sequence[str], Sequence[str]]] = [
        *((kind, servers, ()) for kind in (Kind.KILL, Kind.STOP, Kind.HANG, Kind.ISOLATE)),
        *((kind, backends, ()) for kind in (Kind.KILL, Kind.HANG, Kind.WIPE)),
        *((kind, (STORE,), ()) for kind in (Kind.KILL, Kind.HANG)),
        *((Kind.CUT, servers, others) for others in (servers, backends, (STORE,))),
        *((Kind.CUT_ONE_WAY, servers, others) for others in (servers, backends, (STORE,))),
        (Kind.CUT_ONE_WAY, backends, servers),
    ]
    dishes: List[Tuple[Kind, Sequence[str], Sequence[str]]] = []
    at, wiped = CALM_SECONDS, -WIPE_SECONDS
    end = seconds - CALM_SECONDS
    while at < end - LAST_SECONDS[0]:
        busy = [fault for fault in faults if fault.at + fault.seconds > at]
        if len(busy) == MOST_FAULTS:
            at = min(fault.at + fault.seconds for fault in busy)
            continue
        if not dishes:
            dishes = chance.sample(menu, len(menu))
        suffering = {name for fault in busy for name in (fault.party, fault.other)}
        for dish in dishes:
            kind, parties, others = dish
            party = chance.choice(parties)
            other = chance.choice([name for name in others if name != party]) if others else ''
            if not {party, other} & (suffering - {''}) and not (kind is Kind.WIPE and at < wiped + WIPE_SECONDS):
                break
        else:
            at += PAUSE_SECONDS[0]
            continue
        dishes.remove(dish)
        if kind is Kind.WIPE:
            wiped = at
        faults.append(Fault(at, kind, party, other, chance.choice(list(How)),
                            min(chance.uniform(*LAST_SECONDS), end - at)))
        at += chance.uniform(*PAUSE_SECONDS)
    return faults


class Chaos:
    """Carries out a plan on a cluster with a network and an API server; notes what it does in the cluster's timeline.

    It keeps a copy of everything: a disk is emptied only if the record, read after that backend was killed, has another
    one in sync, and if every backend whose disk was emptied before is back in sync. (A record with another one in sync
    stays such a record: nobody can be put out in favour of a backend that doesn't run.)
    """

    def __init__(self, cluster: Cluster, faults: Sequence[Fault], still_well: Callable[[], None]):
        assert cluster.network and cluster.api_server and cluster.store
        self._cluster = cluster
        self._network = cluster.network
        self._api_server = cluster.api_server
        self._store = cluster.store
        self._faults = faults
        self._still_well = still_well
        self._wiped: Dict[str, bytes] = {}  # {backend: what it has to hold before it counts as being back}
        self.done: Dict[Kind, int] = {}
        self.wipes = 0

    def run(self) -> None:
        """Does and undoes everything at its time. Raises what `still_well` raises, which is asked meanwhile.

        The time that it takes to do something does not count: so nothing overlaps that should not.
        """
        started = time.monotonic()
        order = itertools.count()
        # At one moment all that ends comes first: the next fault of a party may begin when its last one is over.
        agenda: List[Tuple[float, bool, int, Fault]] = [(fault.at, True, next(order), fault) for fault in self._faults]
        heapq.heapify(agenda)
        while agenda:
            at, begins, _, fault = heapq.heappop(agenda)
            self._await(started + at)
            reached = time.monotonic()
            if begins:
                self._cluster.note(str(fault))
                self._begin(fault)
                self.done[fault.kind] = self.done.get(fault.kind, 0) + 1
                heapq.heappush(agenda, (at + fault.seconds, False, next(order), fault))
            else:
                self._cluster.note(f'no more: {fault}')
                self._end(fault)
            started += time.monotonic() - reached
        self.heal()

    def heal(self) -> None:
        """Undoes everything, whatever was done; the servers are started, not awaited."""
        self._network.heal_all()
        self._api_server.resume()
        self._api_server.start()
        for server in (*self._cluster.backends, *self._cluster.raids):
            server.resume()
            if not server.running:
                server.launch()

    def _await(self, moment: float) -> None:
        def come() -> bool:
            self._still_well()
            return time.monotonic() >= moment

        wait_until('the next fault', come, max(0.0, moment - time.monotonic()) + 10)

    def _begin(self, fault: Fault) -> None:
        if fault.kind is Kind.WIPE:
            self._wipe(fault.party)
        elif fault.kind is Kind.CUT:
            self._network.cut(fault.party, fault.other, fault.how)
        elif fault.kind is Kind.CUT_ONE_WAY:
            self._network.cut_one_way(fault.party, fault.other, fault.how)
        elif fault.kind is Kind.ISOLATE:
            self._network.isolate(fault.party, self._parties(), fault.how)
        elif fault.party == STORE:
            (self._api_server.kill if fault.kind is Kind.KILL else self._api_server.pause)()
        elif fault.kind is Kind.HANG:
            self._server(fault.party).pause()
        elif fault.kind is Kind.STOP:
            self._server(fault.party).terminate()
        else:
            self._server(fault.party).kill()

    def _end(self, fault: Fault) -> None:
        if fault.kind in (Kind.CUT, Kind.CUT_ONE_WAY):
            self._network.heal(fault.party, fault.other)
        elif fault.kind is Kind.ISOLATE:
            for other in self._parties():
                if other != fault.party:
                    self._network.heal(fault.party, other)
        elif fault.party == STORE:
            (self._api_server.start if fault.kind is Kind.KILL else self._api_server.resume)()
        elif fault.kind is Kind.HANG:
            self._server(fault.party).resume()
        else:
            self._server(fault.party).stop()
            self._server(fault.party).launch()

    def _wipe(self, name: str) -> None:
        backend = self._cluster[name]
        backend.kill()
        refusal = self._why_not_wipe(name)
        if refusal:
            self._cluster.note(f'{name} is killed, but not wiped: {refusal}')
            return
        backend.wipe()
        self.wipes += 1

    def _why_not_wipe(self, name: str) -> str:
        """What speaks against emptying the disk of a backend that does not run; nothing if it is empty."""
        for other, least in list(self._wiped.items()):
            if not self._is_back(other, least):
                return f'{other} is not back in sync'
            del self._wiped[other]
        record = self._store.record()
        if record is None:
            return 'the store says nothing'
        if not set(record.in_sync) - {name}:
            return f'no other is in sync: {dict(record.states)}'
        self._wiped[name] = record.last_tid
        return ''

    def _is_back(self, name: str, least: bytes) -> bool:
        """Whether a backend that was wiped holds all again. Asked in this order: the record may lag behind the wipe."""
        try:
            last = self._cluster[name].last_tid()
        except Exception:
            return False  # it does not run, or hangs
        record = self._store.record()
        return last >= least and record is not None and record.states.get(name) == IN_SYNC

    def _server(self, name: str) -> Server:
        return next(server for server in (*self._cluster.backends, *self._cluster.raids) if server.name == name)

    def _parties(self) -> List[str]:
        return [*(server.name for server in (*self._cluster.raids, *self._cluster.backends)), STORE]


def seed_of(run: int, given: Optional[int] = None) -> int:
    """The seed of the n-th run: the given one and its successors, else one that nobody chose."""
    return random.SystemRandom().randrange(1_000_000) if given is None else given + run
