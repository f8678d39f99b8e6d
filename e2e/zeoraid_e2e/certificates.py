"""Certificates as OpenSSL makes them."""

from __future__ import annotations

import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any, Dict, Optional, Sequence

# The host that all of them are for.
NAME = 'zeo.example.org'


class Authority:
    """Makes certificates that Python takes, which is strict."""

    def __init__(self, folder: Path):
        folder.mkdir()
        self.folder = folder
        self.pem = folder / 'ca.pem'
        self._openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', f'/CN=CA {folder.name}',
                      '-keyout', 'ca.key', '-out', 'ca.pem', '-addext', 'keyUsage=critical,keyCertSign,cRLSign')

    def issue(self, name: str, days: int = 30, hosts: Sequence[str] = (NAME,)) -> Path:
        """Returns a file with a certificate and its key; already expired if the days are negative."""
        (self.folder / 'ext').write_text('\n'.join([
            'subjectAltName=' + ','.join(f'DNS:{host}' for host in hosts), 'basicConstraints=critical,CA:false', 'subjectKeyIdentifier=hash',
            'authorityKeyIdentifier=keyid', 'extendedKeyUsage=serverAuth,clientAuth', '']))
        self._openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', f'/CN={name}', '-keyout', f'{name}.key',
                      '-out', f'{name}.csr')
        self._openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
                      '-extfile', 'ext', '-out', f'{name}.crt', '-days', str(days))
        both = self.folder / f'{name}.pem'
        both.write_text((self.folder / f'{name}.crt').read_text() + (self.folder / f'{name}.key').read_text())
        return both

    def secret(self, name: str, *hosts: str) -> Dict[str, Any]:
        """A Secret with a new certificate, its key and this authority, as cert-manager makes them."""
        self.issue(name, hosts=hosts)
        files = {'tls.crt': f'{name}.crt', 'tls.key': f'{name}.key', 'ca.crt': 'ca.pem'}
        return {'apiVersion': 'v1', 'kind': 'Secret', 'type': 'kubernetes.io/tls', 'metadata': {'name': name},
                'stringData': {key: (self.folder / file).read_text() for key, file in files.items()}}

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(['openssl', *arguments], cwd=self.folder, check=True, capture_output=True)


def context(authority: Authority, certificate: Optional[Path] = None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(authority.pem))
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    if certificate:
        made.load_cert_chain(str(certificate))
    return made


def await_end(connection: socket.socket) -> None:
    """Waits until the other side closes it."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionError:
        pass
