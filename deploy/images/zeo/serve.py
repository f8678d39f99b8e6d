"""Stock ZEO's server (ZEO/runzeo.py), with what it lacks as a backend in a pod:

- connections are probed (SO_KEEPALIVE): a stock server keeps its commit lock for a client whose end it was never told, and
  a machine that vanishes tells nobody;
- the index of a small database is left to be made anew: FileStorage can't open a file that holds nothing but several empty
  transactions with its index (ZODB 6.4, _check_sanity), and a RAID that took office a few times before the first commit
  leaves just that.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from typing import Any, Iterator, List, Optional

from ZEO import runzeo

# A vanished client is found out within this: 10 + 3 * 5 seconds.
KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))

# Making its index anew takes no time.
SMALL_BYTES = 1 << 20


class Server(runzeo.ZEOServer):
    """A stock server."""

    def open_storages(self) -> None:
        for path in paths(self.options.storages):
            forget_index_of_small(path)
        super().open_storages()

    def create_server(self) -> None:
        super().create_server()
        for listening in self.server.acceptor.server.sockets:
            keep_alive(listening)


def keep_alive(listening: Any) -> None:
    """Has each connection probed that this socket accepts from now on: on Linux they inherit its options."""
    if listening.family == socket.AF_UNIX:
        return
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEP_ALIVE:
        listening.setsockopt(socket.IPPROTO_TCP, option, value)


def paths(storages: List[Any]) -> Iterator[str]:
    """The files of the FileStorages in a configuration, also within others, such as <blobstorage>."""
    for storage in storages:
        config = getattr(storage, 'config', None)
        path = getattr(config, 'path', None)
        if path:
            yield path
        base = getattr(config, 'base', None)
        if base is not None:
            yield from paths([base])


def forget_index_of_small(path: str) -> None:
    """Deletes the index of a small file."""
    try:
        if os.path.getsize(path) <= SMALL_BYTES:
            os.unlink(path + '.index')
    except FileNotFoundError:
        pass  # no file yet, or no index
    except OSError as error:
        logging.getLogger('zeoraid.backend').warning("can't delete %s.index: %s", path, error)


def main(args: Optional[List[str]] = None) -> None:
    """As runzeo's; ends with 0 when it is told to by SIGTERM."""
    options = runzeo.ZEOOptions()
    options.realize(args)
    Server(options).main()


if __name__ == '__main__':
    main(sys.argv[1:])
