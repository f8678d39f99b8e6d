"""In a pod: commits all the time, except while pause.py wants it to pause, and notes each transaction that was acknowledged, and
each error. writer.py HOST:PORT"""

import json
import os
import sys
import time

import transaction
import ZODB
from ZEO.ClientStorage import ClientStorage
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import ConflictError, POSKeyError, ReadOnlyError

LOG = '/tmp/log'
PAUSE = '/tmp/pause'  # while there is this file, nothing is committed


def commit(db, manager, number):
    """The tid of a transaction with this number in it and in its description."""
    manager.begin()
    connection = db.open(manager)
    try:
        root = connection.root()
        root['number'] = number
        manager.get().note(f'transaction {number}')
        manager.commit()
    except BaseException:
        manager.abort()
        raise
    finally:
        connection.close()
    return root._p_serial.hex()


def pause(log):
    """Says so, and returns when the file is gone."""
    log.write(json.dumps({'kind': 'paused'}) + '\n')
    while os.path.exists(PAUSE):
        time.sleep(0.05)


def main(address):
    host, port = address.rsplit(':', 1)
    storage = ClientStorage((host, int(port)), wait=True, wait_timeout=60, server_sync=False)
    db = ZODB.DB(storage)
    manager = transaction.TransactionManager(explicit=True)
    with open(LOG, 'a', buffering=1) as log:
        number = 0
        last = time.monotonic()
        while True:
            if os.path.exists(PAUSE):
                pause(log)
                last = time.monotonic()
            number += 1
            started = time.monotonic()
            try:
                note = {'kind': 'acknowledged', 'tid': commit(db, manager, number)}
            except (POSKeyError, ReadOnlyError) as error:
                note = {'kind': 'error', 'text': repr(error)}
            except ConflictError:
                note = {'kind': 'conflict'}
            except ClientDisconnected as error:
                note = {'kind': 'disconnected', 'text': repr(error)}
                time.sleep(0.05)  # it reconnects by itself; not in a tight loop
            except Exception as error:
                note = {'kind': 'error', 'text': repr(error)}
                time.sleep(0.2)
            now = time.monotonic()
            note['number'] = number
            note['seconds'] = round(now - started, 3)
            if note['kind'] == 'acknowledged':
                note['gap'] = round(now - last, 3)
                last = now
            log.write(json.dumps(note) + '\n')
            time.sleep(0.05)


if __name__ == '__main__':
    main(sys.argv[1])
