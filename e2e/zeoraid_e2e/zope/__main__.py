"""`./dev zope`: a Zope site on a RAID of two stock ZEO servers is written to while each of them dies and comes back.

Afterwards the site shows all that it has acknowledged, and so does a Zope site on either of the two servers alone.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Callable, Dict

from zeoraid_e2e import checks
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import kill_all, tail
from zeoraid_e2e.raid import Raid
from zeoraid_e2e.zope.authors import Authors, require_shown
from zeoraid_e2e.zope.instance import Zope, environment


def play(cluster: Cluster, documents: int, say: Callable[[str], None]) -> None:
    """Runs it all in a cluster that is not started. Each author writes `documents` between any two events."""
    raid = cluster.raid
    assert isinstance(raid, Raid)
    cluster.start()
    zope = Zope('zope', cluster.folder / 'zope', cluster.address)
    zope.start()
    try:
        written = write(cluster, raid, zope, documents, say)
    except BaseException:
        cluster.note(f'zope.log: {tail(zope.log)}')
        raise
    zope.stop()
    say(f'both backends hold the same {cluster.require_equal()} transactions')
    for backend in cluster.backends:
        require_shown_by(backend, cluster.folder / f'zope-{backend.name}', written)
        say(f'a Zope site on backend {backend.name} alone shows all of them')
    checks.require_sound(cluster.files())
    say("ZODB's fstest and fsrefs find nothing wrong in either file")


def write(cluster: Cluster, raid: Raid, zope: Zope, documents: int, say: Callable[[str], None]) -> Dict[str, str]:
    """Has authors write while each backend dies and comes back; returns what was acknowledged, and is shown."""
    say('Zope runs on the RAID; three authors write')
    authors = Authors(zope.http)
    authors.wait(documents)
    for backend in cluster.backends:
        backend.kill()
        authors.wait(documents)
        backend.start()
        raid.recover(backend.name)
        say(f'backend {backend.name} was killed, and is back; {len(authors.written)} documents so far')
    authors.wait(documents)
    written = authors.stop()
    require_shown(zope.http, written)
    say(f'no request failed, and the site shows all {len(written)} documents')
    return written


def require_shown_by(backend: Backend, folder: Path, written: Dict[str, str]) -> None:
    """Checks that a Zope site on one backend alone shows it."""
    backend.start()
    alone = Zope('zope', folder, backend.address)
    alone.start()
    require_shown(alone.http, written)
    alone.stop()
    backend.stop()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f'{time.monotonic() - begun:5.1f} s  {text}', flush=True)

    say('installing Zope, unless it is there')
    environment()
    try:
        with Cluster(2) as cluster:
            try:
                play(cluster, 30, say)
            except Exception as error:
                say(f'failed: {error}\n{cluster.describe()}')
                return 1
    finally:
        kill_all()
    return 0


if __name__ == '__main__':
    sys.exit(main())
