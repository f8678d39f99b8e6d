"""All tests of ZEO's suite, each with a name of its own."""

from __future__ import annotations

import doctest
import importlib
import unittest
from dataclasses import dataclass
from typing import Any, Dict, Iterator

PACKAGE = 'ZEO.tests.'

MODULES = (
    'ZEO.tests.testZEO', 'ZEO.tests.testConnection', 'ZEO.tests.test_client_side_conflict_resolution',
    'ZEO.tests.testssl', 'ZEO.tests.testConfig', 'ZEO.tests.test_client_credentials', 'ZEO.tests.test_sync',
    'ZEO.tests.testZEO2', 'ZEO.tests.testZEOServer', 'ZEO.tests.testZEOOptions', 'ZEO.tests.testConversionSupport',
    'ZEO.tests.testTransactionBuffer', 'ZEO.tests.test_cache', 'ZEO.tests.test_marshal', 'ZEO.asyncio.tests')


@dataclass(frozen=True)
class Test:
    """One test, and the layer of zope.testrunner that it wants to run in (None if it doesn't mind)."""

    name: str
    case: unittest.TestCase
    layer: Any


def load() -> Dict[str, Test]:
    """{name: test}, in the order of the suite. Imports ZEO.tests."""
    tests: Dict[str, Test] = {}
    for name in MODULES:
        module = importlib.import_module(name)
        suite = module.test_suite() if hasattr(module, 'test_suite') else \
            unittest.defaultTestLoader.loadTestsFromModule(module)
        for test in _flatten(name, suite, None):
            if tests.setdefault(test.name, test) is not test:
                raise AssertionError(f'two tests are called {test.name}')
    return tests


def _flatten(module: str, suite: Any, layer: Any) -> Iterator[Test]:
    layer = getattr(suite, 'layer', layer)
    if isinstance(suite, unittest.TestSuite):
        for part in suite:
            yield from _flatten(module, part, layer)
    else:
        yield Test(_name(module, suite, layer), suite, layer)


def _name(module: str, case: unittest.TestCase, layer: Any) -> str:
    """MODULE.CLASS.METHOD or MODULE.DOCTEST; the layer is between where the same doctests are run in several."""
    module = module[len(PACKAGE):] if module.startswith(PACKAGE) else module
    if not isinstance(case, doctest.DocTestCase):
        return f'{module}.{type(case).__name__}.{case._testMethodName}'
    test = case._dt_test
    layer_name = getattr(layer, '__name__', '')
    shared = f'{layer_name}.' if layer_name.endswith('BlobTests') else ''
    return f'{module}.{shared}{test.name.rpartition(".")[2] if test.filename.endswith(".py") else test.name}'
