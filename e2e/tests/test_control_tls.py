"""TLS at the control service: the command line, and others, with certificates of all kinds."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path
from typing import Iterator, List, Optional

import pytest

from zeoraid_e2e.backends import Backend
from zeoraid_e2e.certificates import NAME, Authority, await_end, context
from zeoraid_e2e.process import wait_until
from zeoraid_e2e.raid import Raid, zeoraid_command

pytestmark = [pytest.mark.raid, pytest.mark.timeout(240)]


class Site:
    """A RAID whose control service speaks TLS, and nothing else of it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.authority = Authority(folder / 'good')
        self.server = self.authority.issue('server')
        self.administrator = self.authority.issue('administrator')
        self.trusted = folder / 'trusted.pem'
        shutil.copyfile(self.authority.pem, self.trusted)
        self.backends = [Backend(name, folder / name) for name in 'ab']
        self.raid = Raid(folder / 'raid', self.backends, options=[
            '<control-ssl>', f'certificate {self.server}', f'authenticate {self.trusted}', '</control-ssl>'])
        for server in [*self.backends, self.raid]:
            server.launch()
        self.raid.await_ready()

    def tls(self, certificate: Optional[Path] = None, authority: Optional[Path] = None) -> List[str]:
        return ['--certificate', str(certificate or self.administrator), '--authority',
                str(authority or self.authority.pem), '--server-hostname', NAME]

    def await_optimal(self) -> None:
        wait_until('optimal', lambda: self.raid.cli(*self.tls(), 'status').stdout == 'optimal\n', 60)

    def handshake(self, certificate: Optional[Path] = None) -> bytes:
        """The server's certificate, if it goes on talking to who shows that one (None: none); else raises OSError."""
        host, port = self.raid.control.split(':')
        client = context(self.authority, certificate)
        client.set_alpn_protocols(['h2'])
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            with client.wrap_socket(plain, server_hostname=NAME) as secure:
                # In TLS 1.3 the server judges the client when that believes the handshake to be over.
                if not secure.recv(1):
                    raise ConnectionError('closed')
                shown = secure.getpeercert(True)
        assert shown
        return shown

    def stop(self) -> None:
        for server in [self.raid, *self.backends]:
            server.kill()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.stop()


def test_lets_only_those_in_whom_it_trusts(site: Site, tmp_path: Path) -> None:
    site.await_optimal()
    other = Authority(tmp_path / 'other')
    stranger, late = other.issue('stranger'), site.authority.issue('late', days=-1)
    refused = [
        ([], 'Maybe it speaks TLS'),
        (site.tls(stranger), f'does not accept the certificate in {stranger}'),
        (site.tls(late), f'does not accept the certificate in {late}'),
        (site.tls(authority=other.pem), 'its certificate is not trusted'),
        (site.tls()[:-2], 'its certificate is not for 127.0.0.1')]
    for tls, words in refused:
        done = site.raid.cli(*tls, 'status')
        assert (done.returncode, done.stdout) == (2, ''), tls
        assert words in done.stderr, done

    def is_logged(name: str, certificate: Path) -> bool:
        site.raid.cli(*site.tls(certificate), 'status')
        return f'refused a client of the control service with the certificate CN={name}' in site.raid.log.read_text()

    for name, certificate in (('stranger', stranger), ('late', late)):  # one a second is logged, and how many there were beside it
        wait_until(f'the refusal of {name}', lambda: is_logged(name, certificate), 20)
    assert site.handshake(site.administrator)
    with pytest.raises(OSError):
        site.handshake()
    site.await_optimal()
    status, metrics = site.raid.http('/q/metrics')
    assert status == 200 and 'zeoraid_raid_state' in metrics
    assert site.raid.http('/q/health/ready')[0] == 200


def test_renewed_certificates_disturb_no_stream(site: Site) -> None:
    site.await_optimal()
    told = site.folder / 'watch'
    with told.open('w') as out, subprocess.Popen(
            [*zeoraid_command(), '--control', site.raid.control, *site.tls(), 'watch'], stdout=out) as watch:
        try:
            wait_until('the first line', lambda: 'optimal' in told.read_text(), 30)
            before = site.handshake(site.administrator)
            shutil.copyfile(site.authority.issue('renewed'), site.server)
            wait_until('the new certificate', lambda: site.handshake(site.administrator) != before, 20)
            after = site.handshake(site.administrator)
            site.server.write_text('broken')
            wait_until('the error in the log', lambda: 'TLS goes on with' in site.raid.log.read_text(), 20)
            assert site.handshake(site.administrator) == after
            site.backends[1].kill()
            wait_until('the change, on the old stream', lambda: 'degraded' in told.read_text(), 30)
            assert watch.poll() is None
        finally:
            watch.kill()


def test_cuts_off_those_who_do_not_speak_tls(site: Site) -> None:
    host, port = site.raid.control.split(':')
    for says in (b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', b''):
        with socket.create_connection((host, int(port)), timeout=30) as plain:
            plain.sendall(says)
            await_end(plain)
    site.await_optimal()


def test_trusts_whom_the_changed_file_names(site: Site, tmp_path: Path) -> None:
    site.await_optimal()
    other = Authority(tmp_path / 'other')
    successor = other.issue('successor')
    with pytest.raises(OSError):
        site.handshake(successor)
    shutil.copyfile(other.pem, site.trusted)

    def gets_in() -> bool:
        try:
            return bool(site.handshake(successor))
        except OSError:
            return False

    wait_until('the new one to get in', gets_in, 20)
    with pytest.raises(OSError):
        site.handshake(site.administrator)


def test_says_when_it_is_open_to_the_network(tmp_path: Path) -> None:
    raid = Raid(tmp_path / 'raid', [Backend('a', tmp_path / 'a')])
    raid.control = f'0.0.0.0:{raid.port + 1}'
    raid.launch()
    try:
        wait_until('the warning', lambda: f'the control service at {raid.control} has no TLS' in raid.log.read_text(), 30)
    finally:
        raid.kill()


def test_does_not_start_without_its_certificate(tmp_path: Path) -> None:
    missing = tmp_path / 'missing.pem'
    raid = Raid(tmp_path / 'raid', [Backend('a', tmp_path / 'a')], options=[
        '<control-ssl>', f'certificate {missing}', f'authenticate {missing}', '</control-ssl>'])
    raid.launch()
    assert raid.wait_end() == 1
    assert f"<control-ssl> in <zeo>: can't read {missing}" in raid.log.read_text()
