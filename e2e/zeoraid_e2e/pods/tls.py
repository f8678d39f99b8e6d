"""In a pod: commits once to HOST:PORT with the certificate in /tls, and prints the tid that another connection reads."""

import ssl
import sys

import ZODB
from ZEO.ClientStorage import ClientStorage

from writer import commit
import transaction


def open_storage(address):
    host, port = address.rsplit(':', 1)
    context = ssl.create_default_context(cafile='/tls/ca.crt')
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_cert_chain('/tls/tls.crt', '/tls/tls.key')
    return ClientStorage((host, int(port)), wait=True, wait_timeout=60, ssl=context, ssl_server_hostname=host)


def main(address):
    db = ZODB.DB(open_storage(address))
    tid = commit(db, transaction.TransactionManager(explicit=True), 1)
    db.close()
    storage = open_storage(address)
    assert storage.lastTransaction().hex() == tid
    storage.close()
    print(tid)


if __name__ == '__main__':
    main(sys.argv[1])
