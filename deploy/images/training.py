#!/usr/bin/env python3
"""Lets a JVM learn what a ZEORaid server does, and keeps what it learned in an AOT cache (JEP 483, 514, 515): with it a JVM starts
in a third of the time, and is warm sooner.

    training.py JAVA QUARKUS_RUN_JAR CACHE

The server is started over a real ZEO server, so ZEO must be installed; a client commits and loads; then all of it ends. The cache
works with the same JVM, the same jars (their sizes and times) and another folder; elsewhere the JVM goes without it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator, List, Sequence, Tuple

# Netty and msgpack use what JDK 24 and later warn about.
OPTIONS = ('--sun-misc-unsafe-memory-access=allow', '--enable-native-access=ALL-UNNAMED')

START_SECONDS = 60.0
END_SECONDS = 180.0
TRANSACTIONS = 200


class CannotTrain(Exception):
    """Why there is no cache."""


def train(java: Path, jar: Path, cache: Path, options: Sequence[str] = OPTIONS) -> None:
    """Writes the cache. Raises CannotTrain."""
    with tempfile.TemporaryDirectory(prefix='zeoraid-training-') as name:
        folder = Path(name)
        zeo, port, control, health = _ports(4)
        (folder / 'zeo.conf').write_text(
            f'<zeo>\naddress 127.0.0.1:{zeo}\n</zeo>\n<filestorage 1>\npath {folder}/Data.fs\nblob-dir {folder}/blobs\n</filestorage>\n')
        (folder / 'raid.conf').write_text(
            f'<zeo>\naddress 127.0.0.1:{port}\ncontrol-address 127.0.0.1:{control}\nhttp-address 127.0.0.1:{health}\n</zeo>\n'
            f'<raidstorage 1>\n<zeoclient a>\nserver 127.0.0.1:{zeo}\nstorage 1\n</zeoclient>\n</raidstorage>\n')
        server = [str(java), *options, '-jar', str(jar)]
        with _running([sys.executable, '-m', 'ZEO.runzeo', '-C', str(folder / 'zeo.conf')], folder), \
                _running([*server[:1], f'-XX:AOTCacheOutput={cache}', *server[1:], 'serve', '-C', str(folder / 'raid.conf')], folder) as raid:
            _await_ready(raid, health, folder)
            _use(port, folder)
            _get(health, '/q/metrics')
            subprocess.run([*server, '--control', f'127.0.0.1:{control}', 'status'], check=True, stdout=subprocess.DEVNULL)
            raid.send_signal(signal.SIGTERM)
            raid.wait(END_SECONDS)  # the cache is written when the JVM ends
        if not cache.is_file() or not cache.stat().st_size:
            raise CannotTrain(f'the JVM wrote no cache: {_said(folder)}')


def _ports(count: int) -> List[int]:
    with contextlib.ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(('127.0.0.1', 0))
        return [each.getsockname()[1] for each in sockets]


@contextlib.contextmanager
def _running(command: Sequence[str], folder: Path) -> Iterator['subprocess.Popen[bytes]']:
    with open(folder / 'log', 'ab') as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _await_ready(raid: 'subprocess.Popen[bytes]', health: int, folder: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while _get(health, '/q/health/ready') != 200:
        if raid.poll() is not None or time.monotonic() > give_up:
            raise CannotTrain(f'the server does not serve: {_said(folder)}')
        time.sleep(0.1)


def _get(port: int, path: str) -> int:
    """The status; 0 if nobody answers."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    try:
        connection.request('GET', path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except OSError:
        return 0
    finally:
        connection.close()


def _use(port: int, folder: Path) -> None:
    """What clients do: transactions with new and changed objects, loads of what is in no cache, history, undo, a blob."""
    import transaction
    import ZODB
    from persistent.mapping import PersistentMapping
    from ZEO.ClientStorage import ClientStorage
    from ZODB.blob import Blob

    def client(**options: object) -> ClientStorage:
        return ClientStorage(('127.0.0.1', port), wait_timeout=START_SECONDS, blob_dir=str(folder / 'client'), **options)

    db = ZODB.DB(client())
    with db.transaction() as connection:
        connection.root()['blob'] = Blob(b'blob' * 1000)
    for number in range(TRANSACTIONS):
        with db.transaction() as connection:
            connection.root()[f'{number % 50}'] = PersistentMapping(number=number, text='x' * 500)
    with db.transaction(note='undone') as connection:
        connection.root()['undone'] = True
    db.undo(db.undoLog(0, 1)[0]['id'])
    transaction.commit()
    db.history(b'\0' * 8)
    db.close()
    db = ZODB.DB(client(cache_size=1))
    for _ in range(4):
        connection = db.open()
        for each in connection.root().values():
            getattr(each, '_p_activate', dict)()
        connection.cacheMinimize()
        connection.close()
    db.close()


def _said(folder: Path) -> str:
    log = folder / 'log'
    return log.read_text(errors='replace')[-2000:] if log.exists() else 'nothing'


def main(arguments: Sequence[str]) -> Tuple[int, str]:
    """(exit code, complaint)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('java', type=Path, help='the java program that the cache is for')
    parser.add_argument('jar', type=Path, help="the server's quarkus-run.jar")
    parser.add_argument('cache', type=Path, help='the file to write')
    options = parser.parse_args(arguments)
    if not os.access(options.java, os.X_OK) or not options.jar.is_file():
        return 2, f'{options.java} or {options.jar} does not exist'
    try:
        train(options.java, options.jar.resolve(), options.cache.resolve())
    except (CannotTrain, OSError, subprocess.SubprocessError) as error:
        return 1, str(error)
    return 0, ''


if __name__ == '__main__':
    code, complaint = main(sys.argv[1:])
    if complaint:
        print(f'training: {complaint}', file=sys.stderr)
    sys.exit(code)
