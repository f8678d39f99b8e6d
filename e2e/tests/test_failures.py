"""What becomes of a RAID when something happens to a backend: its state, the reason in words, and the way back."""

from __future__ import annotations

import contextlib
import re
from typing import Callable

import pytest
from ZODB.POSException import POSError

from zeoraid_e2e import wire
from zeoraid_e2e.application import Application, require_reason, require_recovery
from zeoraid_e2e.backends import Backend
from zeoraid_e2e.bank import open_database
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import BACKEND_TIMEOUT, DISABLED, DIVERGED, FAILED, IN_SYNC, MISSING, Raid

pytestmark = pytest.mark.raid


def test_a_healthy_raid_is_optimal(cluster: Cluster, raid: Raid, application: Application) -> None:
    assert raid.status() == 'optimal'
    assert raid.details() == {'a': 'optimal', 'b': 'optimal', 'c': 'optimal'}
    status = raid.cli('status')
    assert (status.returncode, status.stdout.strip()) == (0, 'optimal'), status
    told = raid.cli_json('details')
    assert told['status'] == 'optimal' and told['serving'] and not told['detail']
    assert [(backend['name'], backend['state'], backend['connected']) for backend in told['backends']] == [
        (name, IN_SYNC, True) for name in 'abc']
    assert raid.http('/q/health/ready')[0] == 200
    application.close()
    assert cluster.require_equal() >= 5


def test_a_lost_connection(cluster: Cluster, raid: Raid, application: Application) -> None:
    cluster['b'].kill()
    application.commit(5)
    require_reason(raid.await_state('b', FAILED), 'connect|closed|lost|refused|reset')
    assert raid.status() == 'degraded'
    status = raid.cli('status')
    assert (status.returncode, status.stdout.strip()) == (2, 'degraded'), status
    assert raid.http('/q/health/ready')[0] == 200, 'a degraded RAID serves its clients'
    cluster['b'].start()
    require_recovery(cluster, raid, application, 'b')


def test_a_lost_connection_is_noticed_without_commits(cluster: Cluster, raid: Raid, application: Application) -> None:
    cluster['a'].kill()
    require_reason(raid.await_state('a', FAILED), 'connect|closed|lost|refused|reset')
    cluster['a'].start()
    require_recovery(cluster, raid, application, 'a')


@pytest.mark.parametrize('way_out', ['resume', 'restart'])
def test_a_hung_backend(cluster: Cluster, raid: Raid, application: Application, way_out: str) -> None:
    cluster['c'].pause()
    application.commit(2)
    require_reason(raid.await_state('c', FAILED), 'answer|time|hung|said nothing|ping')
    application.commit(3)
    if way_out == 'resume':
        cluster['c'].resume()
    else:
        cluster['c'].restart()
    require_recovery(cluster, raid, application, 'c')


def test_a_backend_that_refuses(cluster: Cluster, raid: Raid, application: Application) -> None:
    cluster['b'].kill()
    cluster['b'].read_only = True
    cluster['b'].start()
    application.commit(2)
    require_reason(raid.await_state('b', FAILED))
    said = ''
    try:
        raid.ask('raid_recover', 'b')
    except wire.RemoteError as error:
        said = str(error)
    wait_until('the refusal told', lambda: re.search('read.?only', said + raid.details()['b'], re.IGNORECASE),
               seconds=10, tell=raid.details)
    application.commit(2)
    cluster['b'].kill()
    cluster['b'].read_only = False
    cluster['b'].start()
    require_recovery(cluster, raid, application, 'b')


def test_a_full_disk(cluster: Cluster, raid: Raid, application: Application) -> None:
    cluster['a'].fill_disk()
    application.commit(2)
    require_reason(raid.await_state('a', FAILED), 'too large')
    application.commit(3)
    cluster['a'].free_disk()
    require_recovery(cluster, raid, application, 'a')


def test_a_full_disk_everywhere_is_the_clients_error(
        cluster: Cluster, raid: Raid, application: Application) -> None:
    for backend in cluster.backends:
        backend.fill_disk()
    with pytest.raises(Exception, match='too large'):
        application.commit()
    assert raid.status() == 'optimal', 'nobody is put out for what all have in common'
    for backend in cluster.backends:
        backend.free_disk()
    application.commit(3)
    application.close()
    cluster.require_equal()


def test_a_restart_between_two_commits(cluster: Cluster, raid: Raid, application: Application) -> None:
    cluster['b'].restart()
    application.commit(3)
    assert raid.states()['b'] in (IN_SYNC, FAILED), raid.details()
    require_recovery(cluster, raid, application, 'b')


@pytest.mark.parametrize('moment', ['in passing', 'after it was put out'])
@pytest.mark.parametrize('left', ['nothing', 'an old copy'])
def test_a_volume_that_was_replaced(
        cluster: Cluster, raid: Raid, application: Application, left: str, moment: str) -> None:
    backend = cluster['c']
    backend.save('old')
    application.commit(5)
    backend.kill()
    if moment != 'in passing':
        raid.await_state('c', FAILED)
    if left == 'nothing':
        backend.wipe()
    else:
        backend.roll_back('old')
    backend.start()
    application.commit(3)
    require_reason(raid.await_state('c', FAILED, MISSING))
    require_recovery(cluster, raid, application, 'c')


def test_a_backend_that_somebody_else_wrote_to(cluster: Cluster, raid: Raid, application: Application) -> None:
    backend = cluster['b']
    backend.kill()
    raid.await_state('b', FAILED)
    application.commit(2)
    backend.start()
    with wire.Connection(backend.address) as outsider:
        outsider.register()
        outsider.commit(1, description='not by the RAID')
    with contextlib.suppress(wire.RemoteError):
        raid.ask('raid_recover', 'b')
    require_reason(raid.await_state('b', DIVERGED))
    application.commit(2)
    assert raid.states() == {'a': IN_SYNC, 'b': DIVERGED, 'c': IN_SYNC}
    backend.kill()
    backend.wipe()
    backend.start()
    require_recovery(cluster, raid, application, 'b')


@pytest.mark.parametrize('way', ['zeo', 'cli'])
def test_disable_and_recover(cluster: Cluster, raid: Raid, application: Application, way: str) -> None:
    if way == 'zeo':
        raid.ask('raid_disable', 'b')
    else:
        done = raid.cli('disable', 'b')
        assert done.returncode == 0, done
    require_reason(raid.await_state('b', DISABLED))
    application.commit(3)
    raid.restart()
    assert raid.states() == {'a': IN_SYNC, 'b': DISABLED, 'c': IN_SYNC}, 'it stays out over a restart'
    if way == 'cli':
        done = raid.cli('recover', 'b')
        assert done.returncode == 0, done
    require_recovery(cluster, raid, application, 'b')


def test_a_python_client_storage_can_ask(cluster: Cluster, raid: Raid, application: Application) -> None:
    db = open_database(cluster.address, read_only=True)
    try:
        assert db.storage._call('raid_status') == 'optimal'
        assert db.storage._call('raid_details') == {'a': 'optimal', 'b': 'optimal', 'c': 'optimal'}
        db.storage._call('raid_disable', 'a')
        assert db.storage._call('raid_status') == 'degraded'
        db.storage._call('raid_recover', 'a')
    finally:
        db.close()
    raid.await_optimal()


def test_requests_that_make_no_sense_are_refused_in_words(raid: Raid) -> None:
    for method, arguments in (('raid_disable', ('nonesuch',)), ('raid_recover', ('nonesuch',))):
        with pytest.raises(wire.RemoteError, match='nonesuch'):
            raid.ask(method, *arguments)
    raid.ask('raid_disable', 'a')
    raid.ask('raid_disable', 'b')
    with pytest.raises(wire.RemoteError, match='last|no other'):
        raid.ask('raid_disable', 'c')
    assert raid.states() == {'a': DISABLED, 'b': DISABLED, 'c': IN_SYNC}


def test_one_backend_is_enough(cluster: Cluster, raid: Raid, application: Application) -> None:
    cluster['a'].kill()
    cluster['b'].kill()
    application.commit(5)
    assert raid.states()['c'] == IN_SYNC
    cluster.start_backends()
    raid.recover('a')
    cluster['c'].kill()
    application.commit(5)
    cluster['c'].start()
    raid.recover('c')
    require_recovery(cluster, raid, application, 'b')


def test_the_last_backend_is_never_put_out(cluster: Cluster, raid: Raid, application: Application) -> None:
    for name in 'ab':
        cluster[name].kill()
    application.commit()
    cluster['c'].kill()

    def told() -> bool:
        return 'failed' in raid.cli('status').stdout

    wait_until('the RAID says that it failed', told)
    cluster['a'].start()  # lacks the last commit, so it must not serve
    cluster['c'].start()
    wait_until('clients are served again', lambda: wire.ruok(cluster.address))

    def committed() -> bool:
        try:
            application.commit()
        except POSError:
            return False
        return True

    wait_until('commits go on', committed)
    assert raid.states()['c'] == IN_SYNC
    cluster['b'].start()
    raid.recover('a')
    require_recovery(cluster, raid, application, 'b')


@pytest.mark.parametrize('hurt', [Backend.kill, Backend.pause], ids=['kill', 'pause'])
def test_a_recovery_outlives_its_source_and_its_target(
        cluster: Cluster, raid: Raid, application: Application, hurt: Callable[[Backend], None]) -> None:
    """Whatever dies on the way, the recovery can be repeated until it succeeds."""
    cluster['c'].kill()
    raid.await_state('c', FAILED)
    application.commit(50)
    cluster['c'].start()
    raid.ask('raid_recover', 'c')
    hurt(cluster['a'])
    application.commit(2)
    raid.await_state('a', FAILED, seconds=BACKEND_TIMEOUT + 10)
    hurt(cluster['c'])
    application.commit(2)
    for name in 'ac':
        if cluster[name].running:
            cluster[name].resume()
        else:
            cluster[name].start()
    raid.recover('a')
    require_recovery(cluster, raid, application, 'c')
