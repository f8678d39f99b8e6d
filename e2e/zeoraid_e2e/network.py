"""A network of the test's own: each party in a network namespace, and firewall rules that part them.

Linux only, as root, with iproute2 and nftables. Everything is inside namespaces whose names begin with `zeoraid-e2e-`
and the id of the process that made them; the machine's own network is not touched. The parties' addresses exist in
there only.

    with Network(['s1', 's2', 'a']) as network:
        Backend('a', folder, host=network.host('a'))    # runs in a's namespace
        network.cut('s1', 'a')                          # packets vanish
        network.heal_all()

The thread that enters the context is itself moved into a namespace, `TESTER`, which reaches all parties and is never
parted from one, and so are the threads and processes that it starts. `inside` moves it to another party for a while.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import enum
import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Type

from zeoraid_e2e.process import Host, wait_until

TESTER = 'tester'

PREFIX = 'zeoraid-e2e-'
_NETNS = Path('/run/netns')
_HUB = 'hub'
_TABLE = 'inet zeoraid'

# The ports of a server in a namespace of its own; ZEO clients find the first one.
FIRST_PORT = 8100

_CLONE_NEWNET = 0x40000000
_numbers = itertools.count(1)
_open: 'Set[Network]' = set()


class Unavailable(RuntimeError):
    """This machine, or this user, can't have network namespaces; says what to do."""


class How(enum.Enum):
    """What becomes of the packets between two parties."""

    DROP = 'drop'  # they vanish, as with a broken switch
    REJECT = 'reject'  # the sender is told, as by a firewall


class Cut(NamedTuple):
    """No packet of `source` arrives at `target`."""

    source: str
    target: str


class Network:
    """Some parties, named, who all reach each other until they are `cut`. Not thread-safe."""

    def __init__(self, parties: Sequence[str]):
        require_available()
        remove_leftovers()
        if TESTER in parties or len(set(parties)) != len(parties) or len(parties) > 200:
            raise ValueError(f'these are no parties: {parties}')
        self._prefix = f'{PREFIX}{os.getpid()}-{next(_numbers)}-'
        self._ips = {name: f'10.99.0.{number}' for number, name in enumerate([TESTER, *parties], 1)}
        self._cuts: Dict[Cut, How] = {}
        self._home: Optional[int] = None
        _open.add(self)
        try:
            self._build()
        except BaseException:
            self._remove()
            raise

    def __enter__(self) -> 'Network':
        self._home = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        self._move_to(TESTER)
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        assert self._home is not None
        _set_namespace(self._home)
        os.close(self._home)
        self._home = None
        self.close()

    def close(self) -> None:
        """Ends what still runs in the namespaces, and removes them."""
        self._remove()

    @property
    def parties(self) -> List[str]:
        """All but the tester."""
        return [name for name in self._ips if name != TESTER]

    def host(self, name: str) -> Host:
        """Where a server of this party runs."""
        return Host(self._ips[name], ('ip', 'netns', 'exec', self._namespace(name)), FIRST_PORT)

    @contextlib.contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Within the context this thread, and whatever thread or process it starts, is the party `name`."""
        self._move_to(name)
        try:
            yield
        finally:
            self._move_to(TESTER)

    # ------------------------------------------------------------ faults

    def cut(self, one: str, other: str, how: How = How.DROP) -> None:
        """Parts two parties, in both directions."""
        self._change({Cut(one, other): how, Cut(other, one): how}, [])

    def cut_one_way(self, source: str, target: str, how: How = How.DROP) -> None:
        """Nothing that `source` sends arrives at `target`; the other direction stays as it is."""
        self._change({Cut(source, target): how}, [])

    def isolate(self, name: str, others: Sequence[str], how: How = How.DROP) -> None:
        """Parts one party from each of the others."""
        self._change({cut: how for other in others if other != name
                      for cut in (Cut(name, other), Cut(other, name))}, [])

    def heal(self, one: str, other: str) -> None:
        """Undoes every cut between two parties."""
        self._change({}, [Cut(one, other), Cut(other, one)])

    def heal_all(self) -> None:
        """Undoes every cut."""
        self._change({}, list(self._cuts))

    @property
    def cuts(self) -> Dict[Cut, How]:
        """What is cut now."""
        return dict(self._cuts)

    def _change(self, new: Dict[Cut, How], gone: Sequence[Cut]) -> None:
        for cut in (*new, *gone):
            if TESTER in cut or not self._ips.keys() >= set(cut) or cut.source == cut.target:
                raise ValueError(f'{cut} does not name two parties')
        self._cuts.update(new)
        for cut in gone:
            self._cuts.pop(cut, None)
        for target in sorted({cut.target for cut in (*new, *gone)}):
            self._filter(target)

    def _filter(self, target: str) -> None:
        """Writes the rules of one party anew, at one stroke."""
        rules = [rule for cut, how in sorted(self._cuts.items(), key=str) if cut.target == target
                 for rule in _rules(self._ips[cut.source], how)]
        _run(['ip', 'netns', 'exec', self._namespace(target), 'nft', '-f', '-'],
             '\n'.join([f'flush chain {_TABLE} input', *(f'add rule {_TABLE} input {rule}' for rule in rules), '']))

    # ------------------------------------------------------------ namespaces

    def _namespace(self, name: str) -> str:
        return self._prefix + name

    def _build(self) -> None:
        hub = self._namespace(_HUB)
        _run(['ip', 'netns', 'add', hub])
        _run(['ip', '-n', hub, '-batch', '-'], 'link set lo up\nlink add bridge type bridge\nlink set bridge up\n')
        for number, (name, ip) in enumerate(self._ips.items()):
            namespace = self._namespace(name)
            _run(['ip', 'netns', 'add', namespace])
            # The hub's end is made in the hub, so that nothing ever shows in the machine's own network.
            _run(['ip', '-n', hub, '-batch', '-'],
                 f'link add port{number} type veth peer name net0 netns {namespace}\n'
                 f'link set port{number} master bridge up\n')
            _run(['ip', '-n', namespace, '-batch', '-'],
                 f'link set lo up\naddress add {ip}/24 dev net0\nlink set net0 up\n')
            _run(['ip', 'netns', 'exec', namespace, 'nft', '-f', '-'],
                 f'add table {_TABLE}\n'
                 f'add chain {_TABLE} input {{ type filter hook input priority 0; policy accept; }}\n')

    def _move_to(self, name: str) -> None:
        if self._home is None:
            raise RuntimeError('only within the context of the network')
        namespace = os.open(_NETNS / self._namespace(name), os.O_RDONLY)
        try:
            _set_namespace(namespace)
        finally:
            os.close(namespace)

    def _remove(self) -> None:
        _open.discard(self)
        for name in (*self._ips, _HUB):
            _delete(self._namespace(name))


def _rules(ip: str, how: How) -> List[str]:
    if how is How.DROP:
        return [f'ip saddr {ip} drop']
    # The reset that tells the other side is let through, else neither learns of it.
    return [f'ip saddr {ip} tcp flags & rst == rst accept', f'ip saddr {ip} meta l4proto tcp reject with tcp reset',
            f'ip saddr {ip} drop']


def require_available() -> None:
    """Raises Unavailable, with what to do about it, if no network can be made here."""
    if not sys.platform.startswith('linux'):
        raise Unavailable('tests with a network of their own need Linux: run them there, or leave them out by '
                          '-m "not network"')
    if os.geteuid() != 0:
        raise Unavailable('tests with a network of their own need root: run ./dev as root, or leave them out by '
                          '-m "not network"')
    missing = [package for command, package in (('ip', 'iproute2'), ('nft', 'nftables')) if not shutil.which(command)]
    if missing:
        raise Unavailable(f'tests with a network of their own need {" and ".join(missing)}: '
                          f'apt install {" ".join(missing)}, or start the tests by ./dev, which does that')


def remove_leftovers() -> None:
    """Removes the namespaces of test runs that are gone without having tidied up; those of living ones stay."""
    for name in _namespaces():
        owner = name.removeprefix(PREFIX).split('-')[0]
        if owner.isdigit() and not Path('/proc', owner).exists():
            _delete(name)


def _namespaces() -> List[str]:
    return sorted(path.name for path in _NETNS.glob(f'{PREFIX}*')) if _NETNS.is_dir() else []


def _delete(namespace: str) -> None:
    """Ends the processes in one of our namespaces, and removes it. Nothing happens if it does not exist."""
    if not (_NETNS / namespace).exists():
        return

    def empty() -> bool:
        pids = [int(pid) for pid in subprocess.run(['ip', 'netns', 'pids', namespace], stdout=subprocess.PIPE,
                                                   stderr=subprocess.DEVNULL, text=True).stdout.split()]
        for pid in pids:
            if pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return not set(pids) - {os.getpid()}

    wait_until(f'the processes in {namespace} gone', empty)
    subprocess.run(['ip', 'netns', 'delete', namespace], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _run(command: Sequence[str], text: str = '') -> None:
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f'{" ".join(command)} failed with exit code {done.returncode}: {done.stdout}\n{text}')


def _set_namespace(descriptor: int) -> None:
    """Moves this thread into a network namespace. (os.setns exists from Python 3.12 on.)"""
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _close_all() -> None:
    for network in list(_open):
        network.close()


atexit.register(_close_all)
