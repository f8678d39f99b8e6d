"""TLS as ZEO does it: Python's own clients in front of a ZEORaid server, stock servers behind it."""

from __future__ import annotations

import shutil
import socket
import ssl
from pathlib import Path
from typing import Iterator, List, Optional, Sequence

import pytest
from ZEO.ClientStorage import ClientStorage
from ZEO.Exceptions import ClientDisconnected

from zeoraid_e2e.backends import Backend
from zeoraid_e2e.certificates import NAME, Authority, await_end, context
from zeoraid_e2e.client import Client
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import Raid
from zeoraid_e2e.stores import FileStore

pytestmark = [pytest.mark.raid, pytest.mark.timeout(240)]


class Site:
    """Two stock backends and some ZEORaid servers, all with TLS."""

    def __init__(self, folder: Path, *peers: str, options: Sequence[str] = ()):
        """There is a server for each of `peers`, the host whom it takes for another server."""
        self.authority = Authority(folder / 'good')
        self.server = self.authority.issue('server')
        self.client = self.authority.issue('client')
        mine = [f'certificate {self.server}', f'authenticate {self.authority.pem}']
        self.backends = [Backend(name, folder / name, ssl=mine, client_ssl=[*mine, f'server-hostname {NAME}'])
                         for name in 'ab']
        store = FileStore(folder / 'membership') if len(peers) > 1 else None
        self.raids = [
            Raid(folder / f'raid-{number}', self.backends, name=f'zeoraid-{number}', store=store,
                 options=[*options, '<ssl>', *mine, f'peer-hostname {peer}', '</ssl>'])
            for number, peer in enumerate(peers)]
        for server in [*self.backends, *self.raids]:
            server.launch()

    def options(self, certificate: Optional[Path] = None) -> dict:
        return {'ssl': context(self.authority, certificate or self.client), 'ssl_server_hostname': NAME}

    def connect(self, raid: Raid) -> Client:
        return Client(raid.address, wait_timeout=60, **self.options())

    def refuses(self, raid: Raid, **options: object) -> None:
        with pytest.raises(ClientDisconnected):
            ClientStorage(raid.address, wait_timeout=3, **options)

    def stop(self) -> None:
        for server in [*self.raids, *self.backends]:
            server.kill()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, NAME)
    yield made
    made.stop()


def test_commits_over_tls_and_refuses_the_others(site: Site, tmp_path: Path) -> None:
    raid = site.raids[0]
    client = site.connect(raid)
    client.put(a=1)
    other = Authority(tmp_path / 'other')
    strangers: List[dict] = [
        {},
        {'ssl': context(site.authority), 'ssl_server_hostname': NAME},
        site.options(other.issue('stranger')),
        site.options(site.authority.issue('late', days=-1))]
    for stranger in strangers:
        site.refuses(raid, **stranger)
    assert client.begin()['a'] == 1
    client.close()


def test_certificates_are_read_again(site: Site, tmp_path: Path) -> None:
    raid = site.raids[0]
    site.connect(raid).close()

    def shown() -> bytes:
        with socket.create_connection(raid.address) as plain, context(site.authority, site.client).wrap_socket(
                plain, server_hostname=NAME) as secure:
            return secure.getpeercert(True)

    before = shown()
    renewed = site.authority.issue('renewed')
    shutil.copyfile(renewed, site.server)
    wait_until('the new certificate', lambda: shown() != before, 20)
    after = shown()
    site.server.write_text('broken')
    wait_until('the error in the log', lambda: 'TLS goes on with' in raid.log.read_text(), 20)
    assert shown() == after


def test_two_servers_with_tls(tmp_path: Path) -> None:
    site = Site(tmp_path, NAME, NAME)
    try:
        clients = [site.connect(raid) for raid in site.raids]
        for number, client in enumerate(clients):
            client.put(**{f'k{number}': number})
        assert [client.begin()[f'k{1 - number}'] for number, client in enumerate(clients)] == [1, 0]
        for client in clients:
            client.close()
    finally:
        site.stop()


def test_takes_nobody_of_another_name_for_the_primary(tmp_path: Path) -> None:
    site = Site(tmp_path, NAME, 'another.example.org')
    first, second = site.raids
    try:
        second.kill()
        client = site.connect(first)
        second.launch()
        wait_until('the reason in its log', lambda: (
            'No subject alternative DNS name matching another.example.org' in second.log.read_text()), 30)
        client.put(a=1)
        client.close()
        site.refuses(second, **site.options())
    finally:
        site.stop()


def test_cuts_off_those_who_do_not_speak_tls(tmp_path: Path) -> None:
    # Whoever does not register is cut off, too; but TLS is to be the first to lose patience.
    site = Site(tmp_path, NAME, options=['handshake-timeout 60'])
    raid = site.raids[0]
    try:
        client = site.connect(raid)
        for says, words in [(b'\0\0\0\2Z5', 'it does not speak TLS'), (b'', 'it did not finish the TLS handshake in time')]:
            with socket.create_connection(raid.address, timeout=30) as plain:
                plain.sendall(says)
                await_end(plain)
            wait_until(words, lambda: words in raid.log.read_text(), 5)
        client.put(a=1)
        client.close()
    finally:
        site.stop()


def test_tls_spoken_to_a_server_without(tmp_path: Path) -> None:
    authority = Authority(tmp_path / 'good')
    backend = Backend('a', tmp_path / 'a')
    raid = Raid(tmp_path / 'raid', [backend])
    try:
        backend.launch()
        raid.start()
        with socket.create_connection(raid.address, timeout=30) as plain, pytest.raises(ssl.SSLError):
            context(authority).wrap_socket(plain, server_hostname=NAME)
        with pytest.raises(ClientDisconnected):
            ClientStorage(raid.address, wait_timeout=3, ssl=context(authority), ssl_server_hostname=NAME)
        client = Client(raid.address)
        client.put(a=1)
        client.close()
    finally:
        raid.kill()
        backend.kill()


def test_a_reload_takes_another_ssl_section_of_a_backend(site: Site) -> None:
    raid, backend = site.raids[0], site.backends[0]
    client = site.connect(raid)
    client.put(a=1)
    other = site.authority.issue('other')
    backend.client_ssl = [f'certificate {other}', f'authenticate {site.authority.pem}', f'server-hostname {NAME}']
    raid.configure()
    told = raid.cli('reload')
    assert told.returncode == 0, told
    client.put(a=2)
    client.close()
