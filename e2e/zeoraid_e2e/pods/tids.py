"""In the writer's pod: {tid: description} of all transactions with records at HOST:PORT, as JSON."""

import json
import sys

from check import transactions

if __name__ == '__main__':
    print(json.dumps({tid: description.decode() for tid, description in transactions(sys.argv[1]).items()}))
