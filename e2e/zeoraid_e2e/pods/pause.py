"""In the writer's pod: makes the writer pause, and prints the tid of what it committed last; `pause.py end` lets it go on."""

import json
import os
import sys
import time

from writer import LOG, PAUSE


def notes():
    with open(LOG) as log:
        return [json.loads(line) for line in log if line.endswith('\n')]


def main():
    with open(PAUSE, 'w'):
        pass
    give_up = time.monotonic() + 30
    while (said := notes())[-1]['kind'] != 'paused':
        if time.monotonic() > give_up:
            sys.exit('the writer does not pause')
        time.sleep(0.05)
    print([note['tid'] for note in said if note['kind'] == 'acknowledged'][-1])


if __name__ == '__main__':
    if sys.argv[1:] == ['end']:
        os.remove(PAUSE)
    else:
        main()
