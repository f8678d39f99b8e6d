"""./dev demo: a RAID of three ZEO servers loses one of them and gets it back, while an application goes on committing.

Everything runs on this machine, in a temporary folder, and is gone at the end.
"""

from __future__ import annotations

import hashlib
import signal
import sys
import threading
import time
from pathlib import Path

import transaction
from persistent.mapping import PersistentMapping

from zeoraid_e2e import compare
from zeoraid_e2e.bank import open_database, silence_clients
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import kill_all, wait_until
from zeoraid_e2e.raid import IN_SYNC, Raid, state_of

# How many commits the lost server misses, so that its recovery has something to do.
COMMITS_MISSED = 300

PAGES = 10


def say(text: str = '') -> None:
    print(text, flush=True)


def step(text: str) -> None:
    say(f'\n== {text}')


class Application(threading.Thread):
    """An ordinary ZODB application: counts in the database, reads what it wrote, and tells once a second how it goes."""

    def __init__(self, cluster: Cluster):
        super().__init__(daemon=True)
        self.commits = 0
        self.failure = ''
        self._db = open_database(cluster.address)
        self._stopping = threading.Event()

    def run(self) -> None:
        connection = self._db.open()
        root = connection.root()
        for number in range(PAGES):
            root[f'page {number}'] = PersistentMapping()
        told, commits_told, slowest = time.monotonic(), 0, 0.0
        try:
            while not self._stopping.is_set():
                started = time.monotonic()
                page = root[f'page {self.commits % PAGES}']
                page['text'] = f'written by commit {self.commits + 1}'
                transaction.get().note(f'commit {self.commits + 1}')
                transaction.commit()
                connection.cacheMinimize()
                if page['text'] != f'written by commit {self.commits + 1}':
                    raise AssertionError(f'read "{page["text"]}" after commit {self.commits + 1}')
                self.commits += 1
                now = time.monotonic()
                slowest = max(slowest, now - started)
                if now - told > 1:
                    say(f'   application: {self.commits:5d} commits, each read back; '
                        f'{(self.commits - commits_told) / (now - told):4.0f}/s, slowest {slowest * 1000:.0f} ms')
                    told, commits_told, slowest = now, self.commits, 0.0
        except Exception as error:
            self.failure = f'the application failed: {type(error).__name__}: {error}'
        finally:
            transaction.abort()
            connection.close()

    def wait_commits(self, count: int) -> None:
        """Waits until it has committed that many times more; raises if it failed."""
        goal = self.commits + count

        def reached() -> bool:
            if self.failure:
                raise AssertionError(self.failure)
            return self.commits >= goal

        wait_until(f'{count} more commits', reached, seconds=40)

    def stop(self) -> None:
        self._stopping.set()
        self.join(20)
        if self.failure or self.is_alive():
            raise AssertionError(self.failure or 'the application hangs')
        self._db.close()


def show(raid: Raid, *arguments: str) -> None:
    """Runs the command line and shows what it says."""
    say(f'\n   $ zeoraid --control {raid.control} {" ".join(arguments)}')
    done = raid.cli(*arguments)
    for line in (done.stdout or done.stderr).splitlines():
        say(f'     {line}')
    if done.returncode:
        say(f'     (exit code {done.returncode})')


def digest(data: Path) -> str:
    """A short fingerprint of all transactions in a Data.fs."""
    total = hashlib.sha256()
    for item in compare.transactions(data):
        total.update(repr(item).encode())
    return total.hexdigest()[:16]


def watch_recovery(raid: Raid, name: str) -> None:
    """Tells what the RAID says of a backend until it is in sync."""
    told, told_at = '', 0.0

    def done() -> bool:
        nonlocal told, told_at
        text = raid.details()[name]
        in_sync = state_of(text) == IN_SYNC
        if text != told and (in_sync or time.monotonic() > told_at + 0.5):
            say(f'   {name}: {text}')
            told, told_at = text, time.monotonic()
        return in_sync

    wait_until(f'{name} in sync', done, seconds=30)


def play(cluster: Cluster) -> None:
    raid, lost = cluster.raid, cluster['b']
    assert isinstance(raid, Raid)
    step('Three ordinary ZEO servers start: a, b and c. Each has a file of its own, Data.fs.')
    cluster.start_backends()
    step('One ZEORaid server starts before them. To applications it is one more ZEO server.')
    raid.start()
    say(f'   It listens at port {raid.port}, and knows a, b and c from its zeo.conf.')

    step('An application starts to commit. Every commit goes to all three servers.')
    application = Application(cluster)
    application.start()
    application.wait_commits(100)
    show(raid, 'status')

    step('Server b is killed, as if its machine had lost power. The application does not notice.')
    lost.kill()
    application.wait_commits(COMMITS_MISSED)
    show(raid, 'status')
    show(raid, 'details')

    step('Server b comes back. It lacks what was committed meanwhile, so it stays out until it is recovered.')
    lost.start()
    show(raid, 'recover', 'b')
    watch_recovery(raid, 'b')
    show(raid, 'status')
    application.wait_commits(100)

    step('The application and all servers stop. What is in the three files?')
    application.stop()
    cluster.stop()
    count = compare.require_equal(cluster.files())
    for name, data in cluster.files().items():
        say(f'   {name}/Data.fs  {count} transactions, {data.stat().st_size} bytes, fingerprint {digest(data)}')
    say(f'\nThe application made {application.commits} commits without an error, and each server holds every one of them.')


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, interrupted)
    silence_clients()
    started = time.monotonic()
    try:
        with Cluster(3) as cluster:
            try:
                play(cluster)
            except Exception as error:
                say(f'\nThe demo failed: {error}\n{cluster.describe()}')
                return 1
    except KeyboardInterrupt:
        say('\nInterrupted; everything was stopped and deleted.')
        return 130
    finally:
        kill_all()
    say(f'All is cleaned up. That took {time.monotonic() - started:.0f} s.')
    return 0


if __name__ == '__main__':
    sys.exit(main())
