"""A small application before a RAID, and what is required of a RAID that had trouble."""

from __future__ import annotations

import contextlib
import re
from typing import Optional

import transaction
from transaction.interfaces import NoTransaction

from zeoraid_e2e import wire
from zeoraid_e2e.bank import open_database
from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import Raid


class Application:
    """Commits one number after the other, and must read what it committed. By default at the cluster's first server."""

    def __init__(self, cluster: Cluster, address: Optional[wire.Address] = None):
        self._db = open_database(address or cluster.address)
        self.last = 0

    def commit(self, count: int = 1) -> None:
        wait_until('the application connected', self._db.storage.is_connected)
        for _ in range(count):
            manager = transaction.TransactionManager(explicit=True)
            connection = self._db.open(manager)
            try:
                manager.begin()
                root = connection.root()
                assert root.get('number', 0) == self.last
                root['number'] = self.last + 1
                root[f'padding {self.last % 10}'] = 'x' * 500
                manager.commit()
                self.last += 1
            finally:
                with contextlib.suppress(NoTransaction):
                    manager.abort()
                connection.close()

    def close(self) -> None:
        self._db.close()


def require_reason(text: str, pattern: str = '') -> None:
    """The text says more than the state, and says it in words."""
    state, _, reason = text.partition(':')
    assert len(reason.split()) >= 2, f'{text!r} does not say why'
    assert re.search(pattern, reason, re.IGNORECASE), f'{text!r} does not tell of {pattern}'


def require_recovery(cluster: Cluster, raid: Raid, application: Application, name: str) -> None:
    """The backend can be recovered while the application goes on, and ends up with the same transactions."""
    application.commit(3)
    raid.recover(name)
    assert raid.status() == 'optimal'
    application.commit(3)
    application.close()
    cluster.require_equal()
