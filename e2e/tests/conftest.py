"""Options and fixtures; the logs of all servers are shown if a test fails.

    ./dev e2e                                   everything, a ZEORaid server of this tree before stock ZEO servers
    ./dev e2e --server=stock                    a stock ZEO server in place of ZEORaid: shows that the tests can pass
    ./dev e2e --native                          the native executable instead of the JVM
    ZEORAID_FULL=1 ./dev e2e                    the long versions
    ZEORAID_COMMAND='java -jar ...' pytest      another ZEORaid
"""

from __future__ import annotations

import os
from typing import Callable, Iterator, List

import pytest

from zeoraid_e2e.application import Application
from zeoraid_e2e.bank import silence_clients
from zeoraid_e2e.cluster import Cluster, StandIn
from zeoraid_e2e.kube import SERVER_IMAGE, Site
from zeoraid_e2e.process import kill_all
from zeoraid_e2e.raid import Raid, prepare

FULL = os.environ.get('ZEORAID_FULL', '') not in ('', '0')


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption('--server', choices=('zeoraid', 'stock'), default='zeoraid', help='what clients connect to')


def pytest_collection_modifyitems(config: pytest.Config, items: List[pytest.Item]) -> None:
    if config.getoption('--server') == 'stock':
        for item in items:
            if item.get_closest_marker('raid'):
                item.add_marker(pytest.mark.skip(reason='needs a ZEORaid server'))
    if SERVER_IMAGE != 'server':
        for item in items:
            if item.get_closest_marker('native'):
                item.add_marker(pytest.mark.skip(reason='needs the native executable: ./dev e2e --native'))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Ends the run at once, with one sentence, if it needs a ZEORaid server and there is none."""
    if session.config.getoption('--server') == 'stock':
        return
    if any(item.get_closest_marker('raid') or 'new_cluster' in getattr(item, 'fixturenames', ()) for item in session.items):
        try:
            prepare()
        except FileNotFoundError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    report = yield
    if report.failed:
        for cluster in Cluster.open:
            report.sections.append((f'cluster in {cluster.folder}', cluster.describe()))
        for site in Site.open:
            report.sections.append((f'namespace {site.namespace}', site.describe()))
        for told in Cluster.failures:
            report.sections.append(('cluster', told))
    Cluster.failures.clear()
    return report


def pytest_sessionstart() -> None:
    silence_clients()


def pytest_sessionfinish() -> None:
    kill_all()


@pytest.fixture(scope='session')
def full() -> bool:
    """Whether the long versions are asked for."""
    return FULL


@pytest.fixture(scope='session')
def new_cluster(request: pytest.FixtureRequest) -> Callable[..., Cluster]:
    """Makes a cluster whose clients speak msgpack or pickle, by what --server says; options are the Cluster's."""
    if request.config.getoption('--server') == 'stock':
        return lambda msgpack, **_: StandIn(msgpack)
    return lambda msgpack, **options: Cluster(3, msgpack, **options)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster(3) as started:
        yield started.start()


@pytest.fixture
def raid(cluster: Cluster) -> Raid:
    assert isinstance(cluster.raid, Raid)
    return cluster.raid


@pytest.fixture
def application(cluster: Cluster) -> Iterator[Application]:
    running = Application(cluster)
    running.commit(5)
    yield running
    running.close()
