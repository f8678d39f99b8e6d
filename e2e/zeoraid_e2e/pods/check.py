"""In the writer's pod: which of the acknowledged transactions the servers at HOST:PORT... lack. The writer goes on."""

import json
import sys

from ZEO.ClientStorage import ClientStorage


def transactions(address):
    host, port = address.rsplit(':', 1)
    storage = ClientStorage((host, int(port)), wait=True, wait_timeout=60, read_only=True)
    try:
        return {each.tid.hex(): each.description for each in storage.iterator()}
    finally:
        storage.close()


def main(addresses):
    with open('/tmp/log') as log:
        notes = [json.loads(line) for line in log if line.endswith('\n')]
    acknowledged = {note['tid']: note['number'] for note in notes if note['kind'] == 'acknowledged'}
    missing = {}
    for address in addresses:
        there = transactions(address)
        missing[address] = [number for tid, number in acknowledged.items()
                            if there.get(tid) != f'transaction {number}'.encode()][:20]
    kinds = [note['kind'] for note in notes]
    print(json.dumps({
        'acknowledged': len(acknowledged), 'missing': missing,
        'conflicts': kinds.count('conflict'), 'disconnects': kinds.count('disconnected'),
        'errors': [note['text'] for note in notes if note['kind'] == 'error'][:20],
        'longest_gap': max((note.get('gap', 0) for note in notes), default=0)}))


if __name__ == '__main__':
    main(sys.argv[1:])
