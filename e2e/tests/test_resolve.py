"""Conflicts: resolved by the backends, or by the client, at a RAID with one server and at the secondary of two."""

from __future__ import annotations

from typing import Iterator, List

import pytest
from BTrees.Length import Length
from persistent import Persistent
from ZODB.POSException import ConflictError

from zeoraid_e2e import wire
from zeoraid_e2e.client import Client
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.raid import RAID_OPTIONS

pytestmark = [pytest.mark.raid, pytest.mark.timeout(120)]

# So many that they can't be resolved one after another: a client votes nine times at most.
MANY = 25


class Counter(Persistent):
    """Of a class that no backend can import: they can't resolve its conflicts."""

    def __init__(self) -> None:
        self.value = 0
        self.padding = b'.' * 1000

    def _p_resolveConflict(self, old: dict, committed: dict, new: dict) -> dict:
        return dict(new, value=committed['value'] + new['value'] - old['value'])


class Register(Persistent):
    """Of a class that nobody can resolve."""

    value = 0


@pytest.fixture(scope='module', params=[1, 2], ids=['one-server', 'secondary'])
def service(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Its servers let clients resolve, and hold little of a transaction in memory."""
    with Cluster(2, msgpack=request.param == 2, servers=request.param, options=('client-conflict-resolution yes',),
                 raid_options=(*RAID_OPTIONS, 'transaction-memory 64KB')) as cluster:
        yield cluster.start()
        cluster.require_equal()


@pytest.fixture
def two(service: Cluster) -> Iterator[List[Client]]:
    """Two clients that compete: at the secondary, if there is one, and at the primary."""
    primary = service.await_primary()
    servers = [*service.others(primary), primary, primary]
    clients = [Client(server.address) for server in servers[:2]]
    yield clients
    for client in clients:
        client.close()


def conflict(two: List[Client], keys: List[str]) -> None:
    """The first client is about to commit what the second one has changed meanwhile."""
    ours, theirs = (client.begin() for client in two)
    for root, by in ((ours, 1), (theirs, 10)):
        for key in keys:
            root[key].value += by
    two[1].commit()


def test_a_client_resolves_what_backends_cannot(two: List[Client]) -> None:
    two[0].put(single=Counter())
    conflict(two, ['single'])
    two[0].commit()
    assert [client.begin()['single'].value for client in two] == [11, 11]


# Within the bound of memory, and beyond it.
@pytest.mark.parametrize('count', [MANY, 10 * MANY])
def test_many_conflicts_in_one_transaction(two: List[Client], count: int) -> None:
    keys = [f'many-{count}-{number}' for number in range(count)]
    two[0].put(**{key: Counter() for key in keys})
    conflict(two, keys)
    two[0].commit()
    for client in two:
        root = client.begin()
        assert {root[key].value for key in keys} == {11}


def test_again_and_again(two: List[Client]) -> None:
    two[0].put(again=Counter())
    for _ in range(5):
        conflict(two, ['again'])
        two[0].commit()
    assert two[0].begin()['again'].value == 55


def test_what_nobody_resolves_is_a_conflict_and_no_harm(two: List[Client]) -> None:
    two[0].put(both=Counter(), register=Register())
    conflict(two, ['both', 'register'])
    with pytest.raises(ConflictError):
        two[0].commit()
    assert two[0].begin()['both'].value == 10
    two[0].put(register=Register())
    conflict(two, ['both'])
    two[0].commit()
    assert two[1].begin()['both'].value == 21


def test_backends_resolve_alike_what_they_can(two: List[Client], service: Cluster) -> None:
    two[0].put(length=Length(0))
    ours, theirs = (client.begin() for client in two)
    ours['length'].change(1)
    theirs['length'].change(10)
    two[1].commit()
    two[0].commit()
    assert [client.begin()['length']() for client in two] == [11, 11]
    assert set(service.await_primary().view().states.values()) == {'in-sync'}


def test_without_the_option_it_is_a_conflict() -> None:
    with Cluster(2) as cluster:
        address: wire.Address = cluster.start().address
        clients = [Client(address), Client(address)]
        clients[0].put(single=Counter())
        conflict(clients, ['single'])
        with pytest.raises(ConflictError):
            clients[0].commit()
        for client in clients:
            client.close()
