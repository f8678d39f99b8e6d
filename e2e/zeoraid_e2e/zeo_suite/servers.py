"""`start_zeo_server` as ZEO's tests call it (ZEO/_forker.py), with a RAID of two stock backends behind it.

The options of <zeo> go to the ZEORaid server; see `storages` for what the backends get.
"""

from __future__ import annotations

import importlib
import itertools
import os
import random
import re
import socket
import threading
from pathlib import Path
from typing import Any, Callable, List, Optional, Tuple, Union

import ZEO._forker

from zeoraid_e2e import checks
from zeoraid_e2e.process import LOOPBACK, PORTS, wait_until
from zeoraid_e2e.raid import RAID_OPTIONS
from zeoraid_e2e.zeo_suite.failures import FailingBackend
from zeoraid_e2e.zeo_suite.host import Servers
from zeoraid_e2e.zeo_suite.storages import Storages

Address = Union[Tuple[str, int], str]
Backend = Tuple[Address, Callable[..., None]]  # as the stock function returns it

_stock_start = ZEO._forker.start_zeo_server
_ports = itertools.cycle(random.sample(PORTS, len(PORTS)))

# The second backend of a RAID that is to fail is recovered as soon as it is back.
RECOVERING_OPTIONS = (*(option for option in RAID_OPTIONS if not option.startswith('auto-recover')), 'auto-recover yes')

_ADDRESS = re.compile(r'^\s*address\s+(\S.*?)\s*$', re.MULTILINE)
_LOGFILE = re.compile(r'<logfile>\s*path\s+(\S+)')
_PASSWORD_FUNCTION = re.compile(r'^\s*password-function\s+(\S+)\.(\w+)\s*$', re.MULTILINE)
_ZEO = re.compile(r'<zeo>(.*?)</zeo>', re.DOTALL)


def free_port() -> int:
    """A port that was not given to anyone for a long time: what retries an old one must not meet a new server."""
    for port in _ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise AssertionError('endless')


def connects(address: Address) -> bool:
    """Whether somebody listens there."""
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def zeo_section(zeo_conf: Any, port: Any, log: Any) -> Tuple[str, Optional[Path]]:
    """(what stands in <zeo>, where the log should be); by the rules of the stock function."""
    if zeo_conf is None or isinstance(zeo_conf, dict):
        address = (LOOPBACK, port or 0) if port is None or isinstance(port, int) else port
        config = ZEO._forker.ZEOConfig(address, log=log)
        config.__dict__.update(zeo_conf or {})
        zeo_conf = config
    found = _ZEO.search(str(zeo_conf))
    if found is None:
        raise ValueError(f'no <zeo> in {zeo_conf}')
    logfile = _LOGFILE.search(str(zeo_conf))
    return found[1], Path(logfile[1]).absolute() if logfile else None


def place(section: str) -> Tuple[Address, str]:
    """(the address where clients connect, the section with it): port 0 is one that is free now."""
    found = _ADDRESS.search(section)
    if found is None:
        raise ValueError(f'no address in {section}')
    text = found[1].replace(' ', '')
    host, colon, port = text.rpartition(':')
    if '/' in text or not (colon or text.isdigit()):
        address: Address = text
        text = os.path.abspath(text)
    else:
        address = (host or LOOPBACK, int(port) or free_port())
        text = '%s:%d' % address
    return address, section[:found.start()] + f'address {text}\n' + section[found.end():]


def password_in_file(section: str, file: Path) -> str:
    """The section with a password-file in the place of a function in Python, which a ZEORaid server can't call."""
    function = _PASSWORD_FUNCTION.search(section)
    if function is None:
        return section
    file.write_text(str(getattr(importlib.import_module(function[1]), function[2])()))
    return _PASSWORD_FUNCTION.sub(f'password-file {file}', section)


def raid_configuration(section: str, storages: Storages, backends: List[Address], recovers: bool) -> str:
    """The ZEORaid server's zeo.conf, with the membership record beside the copies; whether it recovers unasked.

    Control and HTTP are named because a Unix socket has no port to count theirs from; nobody listens there.
    """
    lines = ['<zeo>', section, 'drain-timeout 0', 'control-address 127.0.0.1:0', 'http-address 127.0.0.1:0', '</zeo>']
    for name in storages.names:
        lines += [f'<raidstorage {name}>', *(RECOVERING_OPTIONS if recovers else RAID_OPTIONS), *storages.options,
                  f'membership-file {storages.copies.folder / "membership"}-{name}']
        for backend, address in zip('ab', backends):
            lines += [f'<zeoclient {backend}>', 'server %s:%d' % address, f'storage {name}', '</zeoclient>']
        lines += ['</raidstorage>']
    return '\n'.join([*lines, ''])


class Starter:
    """Starts RAIDs for tests in place of stock servers. With a seed the second backend of each fails all the time."""

    def __init__(self, host: Servers, folder: Path, seed: Optional[str] = None):
        self.killed = 0  # so many times a backend failed
        self.recovered = 0  # so many times one was recovered
        self._seed = seed
        self._host = host
        self._folder = folder
        self._count = itertools.count(1)

    def install(self) -> None:
        """Takes the place of ZEO's own function. Before any of ZEO.tests is imported."""
        ZEO._forker.start_zeo_server = self.start_zeo_server

    def start_zeo_server(
            self, storage_conf: Optional[str] = None, zeo_conf: Any = None, port: Any = None, keep: bool = False,
            path: str = 'Data.fs', protocol: Optional[bytes] = None, blob_dir: Optional[str] = None,
            suicide: bool = True, debug: bool = False, threaded: bool = False, start_timeout: float = 33,
            name: Optional[str] = None, log: Any = None, show_config: bool = False
    ) -> Tuple[Address, Callable[..., None]]:
        """(the address, how to stop it), like the stock function, whose parameters these are."""
        storage_conf = storage_conf or f'<filestorage>\npath {path}\n</filestorage>'
        if blob_dir:
            storage_conf = f'<blobstorage>\nblob-dir {blob_dir}\n{storage_conf}\n</blobstorage>'
        if protocol:
            raise ValueError('a ZEORaid server speaks only the protocol 5')
        section, logfile = zeo_section(zeo_conf, port, log)
        address, section = place(section)
        number = next(self._count)
        storages = Storages.of(storage_conf, keep, self._folder, self._folder / f'memory-{number}')
        backends: List[Backend] = []
        failing: List[FailingBackend] = []
        raid: List[int] = []
        logged = self._host.log_size()

        def stop_all(stop_timeout: float = 99) -> None:
            try:
                while raid:
                    self._host.stop(raid.pop())
                    for backend in range(1 if self._seed else 2):  # one that was killed may have half a transaction
                        checks.require_readable(storages.data_files(backend))
            finally:
                _stop(backends)
            while failing:
                self.killed += failing.pop().killed
                self.recovered += self._host.log_since(logged).count('recovery of b is complete')
            if logfile:
                logfile.write_text(self._host.log_since(logged))
            storages.stopped()

        try:
            for configuration in storages.configurations[:1 if self._seed else 2]:
                backends.append(_stock_start(
                    configuration, keep=storages.keep, suicide=suicide, start_timeout=start_timeout))
            if self._seed:
                failing.append(FailingBackend(storages.configurations[1], free_port(), self._folder,
                                              f'failing-{number}', f'{self._seed}-{number}'))
                failing[0].start()
                backends.append((failing[0].address, failing[0].stop))
            file = storages.copies.folder / 'raid.conf'
            section = password_in_file(section, storages.copies.folder / 'password')
            file.write_text(raid_configuration(section, storages, [each[0] for each in backends], bool(self._seed)))
            raid.append(self._host.start(file))
            wait_until('a ZEORaid server', lambda: connects(address), start_timeout,
                       tell=lambda: self._host.log_since(logged))
            for backend in failing:
                backend.begin()
        except BaseException:
            stop_all()
            raise
        return address, stop_all


def _stop(backends: List[Backend]) -> None:
    """Stops them all at once."""
    threads = [threading.Thread(target=stop) for _, stop in backends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    backends.clear()
