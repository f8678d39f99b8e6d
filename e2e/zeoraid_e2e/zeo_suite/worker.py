"""Runs tests of ZEO's suite, one after another, as the process that `run` drives.

Reads lines `NAME SECONDS` from standard input and writes for each one a line of JSON: an Outcome. After SECONDS it says
in the log where all threads are; so do the tests with what they print. The first argument is the folder to work in, the
second one whose servers to use, the third one, if there is one, the seed by which backends fail.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
import unittest
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Optional

from zeoraid_e2e.zeo_suite.names import Test, load

PASSED = 'passed'
FAILED = 'failed'
SKIPPED = 'skipped'

ZEORAID = 'zeoraid'
STOCK = 'stock'


@dataclass(frozen=True)
class Outcome:
    """How a test ended."""

    name: str
    outcome: str  # PASSED, FAILED, or SKIPPED by the suite itself
    seconds: float
    text: str  # what was wrong
    killed: int = 0  # so many times a backend was killed meanwhile
    recovered: int = 0


class Layers:
    """The layer of zope.testrunner that is set up at present."""

    def __init__(self) -> None:
        self._now: Any = None

    def change(self, layer: Any) -> None:
        """Tears down the present one and sets up another, unless it is the same."""
        if layer is self._now:
            return
        if self._now is not None:
            self._now.tearDown()
        self._now = layer
        if layer is not None:
            layer.setUp()

    def run(self, test: Test, result: unittest.TestResult) -> None:
        """Runs a test in its layer."""
        self.change(test.layer)
        if test.layer is not None:
            test.layer.testSetUp()
        try:
            test.case.run(result)
        finally:
            if test.layer is not None:
                test.layer.testTearDown()


def run_test(layers: Layers, test: Test) -> Outcome:
    """Runs one test."""
    result = unittest.TestResult()
    begun = time.perf_counter()
    layers.run(test, result)
    seconds = time.perf_counter() - begun
    problems = [text for _, text in result.errors + result.failures]
    problems += ['expected to fail, but passed'] if result.unexpectedSuccesses else []
    outcome = FAILED if problems else SKIPPED if result.skipped else PASSED
    return Outcome(test.name, outcome, seconds, '\n'.join(problems))


def main(folder: Path, servers: str, seed: Optional[str] = None) -> None:
    """Serves until there is no more to do."""
    answers = os.fdopen(os.dup(1), 'w', buffering=1)
    questions = os.fdopen(os.dup(0))
    _redirect(folder / 'output.log')
    host, starter = None, None
    if servers == ZEORAID:
        from zeoraid_e2e.zeo_suite.programs import servers_in
        from zeoraid_e2e.zeo_suite.servers import Starter
        host = servers_in(folder)
        starter = Starter(host, folder, seed)
        starter.install()
    os.chdir(folder)
    tests = load()
    layers = Layers()
    try:
        for name, seconds in map(str.split, questions):
            print(f'--- {name}', flush=True)
            faulthandler.dump_traceback_later(float(seconds))
            outcome = run_test(layers, tests[name])
            faulthandler.cancel_dump_traceback_later()
            if starter:
                outcome = replace(outcome, killed=starter.killed, recovered=starter.recovered)
                starter.killed = starter.recovered = 0
            print(json.dumps(asdict(outcome)), file=answers)
        layers.change(None)
    finally:
        if host:
            host.close()


def _redirect(log: Path) -> None:
    """Standard output and error to the log, standard input to nothing, for this process and those it starts."""
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(target, 1)
    os.dup2(target, 2)
    faulthandler.enable()


if __name__ == '__main__':
    main(Path(sys.argv[1]), *sys.argv[2:])
