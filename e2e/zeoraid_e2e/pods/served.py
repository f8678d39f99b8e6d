"""In the writer's pod: waits until the server at HOST:PORT has died, and until one there has answered a load again; prints when that
was, in seconds since 1970."""

import socket
import sys
import time

from ZEO.ClientStorage import ClientStorage
from ZEO.Exceptions import ClientDisconnected

GIVE_UP_SECONDS = 60


def await_death(address):
    with socket.create_connection(address, timeout=GIVE_UP_SECONDS) as connection:
        connection.recv(1024)  # a ZEO server speaks first
        print('connected', flush=True)
        try:
            while connection.recv(1024):
                pass
        except ConnectionResetError:
            pass


def load(address):
    """Whether a server answers."""
    try:
        storage = ClientStorage(address, wait=True, wait_timeout=0.2, read_only=True)
    except ClientDisconnected:
        return False
    try:
        return bool(storage.load(b'\0' * 8))
    except ClientDisconnected:
        return False
    finally:
        storage.close()


def main(host, port):
    await_death((host, int(port)))
    give_up = time.monotonic() + GIVE_UP_SECONDS
    while not load((host, int(port))):
        if time.monotonic() > give_up:
            sys.exit('no server answers')
        time.sleep(0.02)
    print(time.time())


if __name__ == '__main__':
    main(*sys.argv[1].rsplit(':', 1))
