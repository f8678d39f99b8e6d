"""ZODB's own tests of races between loads, invalidations and disconnects, with clients spread over two ZEORaid servers.

See ZODB/tests/racetest.py; ZEO runs the same tests with one server (ZEO/tests/testZEO.py, GenericTests).
"""

from __future__ import annotations

import itertools
import os
import resource
import unittest
from typing import Callable, Iterator, List

import pytest
from ZEO.ClientStorage import ClientStorage
from ZODB.tests.racetest import RaceTests

from zeoraid_e2e import wire
from zeoraid_e2e.bank import create
from zeoraid_e2e.cluster import Cluster

pytestmark = pytest.mark.timeout(240)

FULL = os.environ.get('ZEORAID_FULL', '') not in ('', '0')

# Threads of a test, times connections, times what each of them needs: the limit is low on some systems.
OPEN_FILES = 4096


def with_many_files() -> None:
    """Raises this process' limit of open files, as ZEO's tests do."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard) if hard >= 0 else OPEN_FILES, hard))


@pytest.fixture(scope='class')
def servers(request: pytest.FixtureRequest, new_cluster: Callable[..., Cluster]) -> Iterator[Cluster]:
    """Two ZEORaid servers; with --server=stock one stock ZEO server, which stands for both."""
    with_many_files()
    with new_cluster(request.cls.msgpack, servers=2) as cluster:
        cluster.start()
        create(cluster.address, 1, 1)
        request.cls.addresses = cluster.addresses
        yield cluster
        cluster.require_equal()


class _Races(RaceTests):
    """The tests, for a subclass that says what the clients speak."""

    msgpack: bool
    addresses: List[wire.Address]

    def setUp(self) -> None:
        self._places = itertools.cycle(self.addresses)
        self._storage = self._new_storage_client()

    def tearDown(self) -> None:
        self._storage.close()

    def _new_storage_client(self) -> ClientStorage:
        """Each client connects to another server than the one before."""
        return ClientStorage(next(self._places), wait_timeout=60)


@pytest.mark.usefixtures('servers')
class TestRacesInPickle(_Races, unittest.TestCase):
    """Clients speak pickle."""

    msgpack = False


@pytest.mark.usefixtures('servers')
class TestRacesInMsgpack(_Races, unittest.TestCase):
    """Clients speak msgpack."""

    msgpack = True

    @pytest.mark.skipif(not FULL, reason='one encoding is enough for the short run')
    def test_race_external_invalidate_vs_disconnect(self) -> None:
        super().test_race_external_invalidate_vs_disconnect()
