"""A Zope site on a RAID, while backends die and come back; `./dev zope` shows it with progress."""

from __future__ import annotations

import pytest

from zeoraid_e2e.cluster import Cluster
from zeoraid_e2e.zope.__main__ import play


@pytest.mark.raid
@pytest.mark.timeout(300)
def test_a_zope_site_does_not_notice(full: bool) -> None:
    with Cluster(2) as cluster:
        play(cluster, 50 if full else 10, cluster.note)
