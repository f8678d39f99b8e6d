"""Sums up JUnit reports in one closing line: `N passed, N failed`. Used by ./dev test."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import List, NamedTuple
from xml.etree import ElementTree


class Tally(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other: 'Tally') -> 'Tally':
        return Tally(*(mine + theirs for mine, theirs in zip(self, other)))

    def __str__(self) -> str:
        skipped = f', {self.skipped} skipped' if self.skipped else ''
        return f'{self.passed} passed, {self.failed} failed{skipped}'


def read_report(path: Path) -> Tally:
    """The tally of one report in JUnit's XML, as Surefire and pytest write it."""
    total = Tally()
    for suite in ElementTree.parse(path).getroot().iter('testsuite'):
        tests, failures, errors, skipped = (
            int(suite.get(name) or 0) for name in ('tests', 'failures', 'errors', 'skipped'))
        total = total.plus(Tally(tests - failures - errors - skipped, failures + errors, skipped))
    return total


def reports(folders: List[Path], since: Path) -> List[Path]:
    """The reports below the folders that were written after the file `since`: older ones tell of earlier runs."""
    found = [path for folder in folders
             for pattern in ('**/surefire-reports/TEST-*.xml', '**/failsafe-reports/TEST-*.xml', '*.xml')
             for path in sorted(folder.glob(pattern))]
    start = since.stat().st_mtime_ns
    return [path for path in found if path.stat().st_mtime_ns >= start and path.name != 'pom.xml']


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folders', nargs='+', type=Path)
    parser.add_argument('--since', required=True, type=Path, help='a file as old as the start of the tests')
    parser.add_argument('--status', action='append', type=int, default=[], help="a test run's exit code")
    options = parser.parse_args(arguments)
    total = Tally()
    for path in reports(options.folders, options.since):
        total = total.plus(read_report(path))
    failed = any(options.status)
    if failed and not total.failed:
        print('The build failed before or beside the tests; see above.')
        total = total.plus(Tally(failed=1))
    print(total)
    return 1 if failed or total.failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
