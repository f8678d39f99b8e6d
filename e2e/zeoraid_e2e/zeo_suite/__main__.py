"""`./dev zeo-suite [NAMES]`: see docs/zeo-suite.md."""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from dataclasses import asdict

from zeoraid_e2e.zeo_suite import left_out
from zeoraid_e2e.zeo_suite.names import load
from zeoraid_e2e.zeo_suite.run import ENCODINGS, HALF, HALF_WITH_FAILURES, Job, Run, Verdict, select, summary
from zeoraid_e2e.zeo_suite.worker import FAILED, STOCK, ZEORAID


def main() -> int:
    """Runs what the command line names; returns the exit code."""
    parser = argparse.ArgumentParser(prog='./dev zeo-suite', description="Runs ZEO's own suite against RAIDs.")
    parser.add_argument('names', nargs='*', metavar='NAME', help='a test, a class, a module, or a pattern; all if none')
    parser.add_argument('--half', action='store_true', help='only what is run for every change')
    parser.add_argument('--encoding', choices=ENCODINGS, help='only this one')
    parser.add_argument('--server', choices=(ZEORAID, STOCK), default=ZEORAID,
                        help="stock: ZEO's own server, and nothing left out: shows what can pass here")
    parser.add_argument('--with-failures', action='store_true',
                        help='kill one backend of each RAID, and start it again, over and over while a test runs')
    parser.add_argument('--seed', type=int, help='by which they fail (default: one that nobody chose)')
    parser.add_argument('--workers', type=int, default=2, help='so many tests at once (default: %(default)s)')
    parser.add_argument('--list', action='store_true', help='print the names and why they are left out; run nothing')
    parser.add_argument('--json', metavar='FILE', help='write how each test ended')
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    tests = load()
    try:
        leaves = left_out.read().match(tests).for_run(options.with_failures)
    except left_out.ListError as error:
        print(f'{left_out.LIST.name}: {error}', file=sys.stderr)
        return 2
    jobs = [Job(name, encoding) for encoding in ENCODINGS if options.encoding in (None, encoding)
            for name in select(list(tests), options.names)
            if not options.half or name in select([name], HALF_WITH_FAILURES if options.with_failures else HALF[encoding])]
    if not jobs:
        parser.error('no test has such a name')
    seed = None
    if options.with_failures:
        seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
        print(f'one backend of each RAID fails all the time: --seed {seed}')
    if options.list:
        for name in dict.fromkeys(job.name for job in jobs):
            line = leaves.line_of(name)
            print(f'{name}  [{line.group}] {line.reason}' if line else name)
        return 0

    total = len(jobs)
    done = 0
    begun = time.monotonic()

    def tell(verdict: Verdict) -> None:
        nonlocal done
        done += 1
        if verdict.outcome:
            print(f'{done:5}/{total} {verdict.kind:8} {verdict.outcome.seconds:6.2f} s  '
                  f'{verdict.job.encoding:7} {verdict.job.name}', flush=True)
        if verdict.kind == FAILED:
            print('\n'.join(f'    {line}' for line in verdict.words.splitlines()), flush=True)

    verdicts = Run(leaves, options.server, options.workers, tell, seed).run(jobs)
    if options.json:
        with open(options.json, 'w') as file:
            json.dump([{**asdict(verdict.job), 'kind': verdict.kind,
                        'outcome': verdict.outcome and asdict(verdict.outcome)} for verdict in verdicts], file, indent=1)
    print(summary(verdicts, time.monotonic() - begun))
    return 1 if any(verdict.kind == FAILED for verdict in verdicts) else 0


if __name__ == '__main__':
    sys.exit(main())
