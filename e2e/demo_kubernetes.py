"""./dev demo --kubernetes: a ZeoRaid loses a backend's pod and its volume, and gets both back, while an application goes on
committing. In a Kubernetes of this machine's own, in a temporary folder, which is gone at the end.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from zeoraid_e2e.kube import KubeCluster, Site

BACKENDS = ['a', 'b', 'c']


def say(text: str = '') -> None:
    print(text, flush=True)


def step(text: str) -> None:
    say(f'\n== {text}')


class Watch:
    """kubectl get zeoraid --watch, on the screen."""

    def __init__(self, site: Site):
        self._process = subprocess.Popen(site.cluster.command('-n', site.namespace, 'get', 'zeoraid', 'main', '--watch'),
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._show, daemon=True)
        self._thread.start()

    def _show(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            say(f'   {line.rstrip()}')

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._thread.join()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix='zeoraid-demo-') as folder:
        cluster = KubeCluster(Path(folder) / 'node')
        step('A Kubernetes of one node, the images, and the operator (a minute; more the first time)')
        cluster.up()
        try:
            cluster.load_images()
            cluster.install()
            run(Site(cluster, 'zodb'))
        finally:
            step('The end: all of it is stopped and deleted')
            cluster.down()


def run(site: Site) -> None:
    step('kubectl apply: a ZeoRaid of three backends and two servers')
    site.apply(site.manifest(BACKENDS))
    watch = Watch(site)
    try:
        site.await_optimal(len(BACKENDS))
        step('An application commits all the time')
        site.start_writer()
        site.await_commits(100)
        say(f'   {site.written()} transactions so far')
        step('Backend b loses its pod and its volume')
        say(site.kubectl('delete', 'pvc', 'data-main-b-0', '--wait=false').rstrip())
        say(site.kubectl('delete', 'pod', 'main-b-0').rstrip())
        site.await_not('InSync', 'b')
        site.await_commits(100)
        say(f'   {site.written()} transactions so far; the application has not noticed')
        step('The operator gives it a fresh volume, and the servers fill it')
        site.await_optimal(len(BACKENDS))
    finally:
        watch.end()
    step('What the application saw, and what is in each backend')
    report = site.require_nothing_lost_in(*BACKENDS)
    say(f"   {report['acknowledged']} acknowledged transactions, none missing in the RAID or any backend;"
        f" {report['disconnects']} disconnects, the longest time between two commits was {report['longest_gap']:.1f} s")


if __name__ == '__main__':
    main()
