"""In the writer's pod: {"OID TID": digest} of all revisions of blobs at HOST:PORT, as JSON; `blobs.py write HOST:PORT` commits a
blob of which there are two."""

import hashlib
import json
import sys
import tempfile

import ZODB
from ZEO.ClientStorage import ClientStorage
from ZODB.blob import Blob, is_blob_record


def open_storage(address, folder):
    host, port = address.rsplit(':', 1)
    return ClientStorage((host, int(port)), wait=True, wait_timeout=60, blob_dir=folder)


def write(storage):
    db = ZODB.DB(storage)
    with db.transaction() as connection:
        connection.root()['blob'] = Blob(b'first ' * 100_000)
    with db.transaction() as connection, connection.root()['blob'].open('w') as file:
        file.write(b'second ' * 300_000)
    db.close()


def digests(storage):
    found = {}
    for each in storage.iterator():
        for record in each:
            if is_blob_record(record.data):
                with open(storage.loadBlob(record.oid, record.tid), 'rb') as file:
                    found[f'{record.oid.hex()} {record.tid.hex()}'] = hashlib.sha256(file.read()).hexdigest()
    storage.close()
    return found


if __name__ == '__main__':
    with tempfile.TemporaryDirectory(dir='/tmp') as folder:
        storage = open_storage(sys.argv[-1], folder)
        if sys.argv[1] == 'write':
            write(storage)
        else:
            print(json.dumps(digests(storage)))
