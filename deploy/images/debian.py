"""Root file systems from Debian packages: downloaded by apt-get, unpacked here, nothing of them is run."""

from __future__ import annotations

import io
import lzma
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Iterator, List, Sequence, Tuple

# What a program does not need to run; the licences in usr/share/doc/*/copyright stay.
# Libraries, as against perl and debconf.
_LIBRARY = re.compile(r"(lib(?!perl)|zlib1g|tzdata|media-types)")

_LEFT_OUT = ('usr/share/man', 'usr/share/locale', 'usr/share/lintian', 'usr/share/info', 'usr/share/bug', 'usr/share/python3',
             'usr/lib/x86_64-linux-gnu/gconv', 'usr/lib/aarch64-linux-gnu/gconv', 'usr/share/applications', 'usr/share/pixmaps',
             'usr/share/menu', 'usr/share/doc-base', 'etc/init.d', 'etc/cron.daily', 'etc/bash_completion.d')


class CannotBuild(Exception):
    """For people: what is missing, and what to do."""


def require() -> None:
    """Raises CannotBuild where there is no Debian."""
    if not shutil.which('apt-get'):
        raise CannotBuild('the file systems of the images come from Debian packages, and there is no apt-get here. '
                          'Use the Containerfiles in deploy/images with podman or docker.')


def download(packages: Sequence[str], cache: Path) -> List[Path]:
    """The packages' files, in the versions that apt prefers; those that are in the cache are not fetched again."""
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as empty:  # apt-get is silent about files that it finds
        printed = subprocess.run(['apt-get', 'download', '--print-uris', *packages], cwd=empty, text=True, capture_output=True)
    if printed.returncode:
        raise CannotBuild(f'apt-get knows no package to download of {" ".join(packages)}: {printed.stderr.strip()} '
                          'Run apt-get update first.')
    # Each line: 'URI' FILE SIZE HASH
    names = [line.split()[1] for line in printed.stdout.splitlines() if line.startswith("'")]
    missing = [package for package in packages if not any((cache / name).exists() for name in names
                                                          if name.startswith(package + '_'))]
    if missing:
        # apt drops its privileges to a user that can't write here, and says so at length; the download works.
        fetched = subprocess.run(['apt-get', '-qq', '-o', 'APT::Sandbox::User=root', 'download', *missing], cwd=cache,
                                 text=True, capture_output=True)
        if fetched.returncode:
            raise CannotBuild(f'apt-get download {" ".join(missing)}: {fetched.stderr.strip()}')
    files = [cache / name for name in names if (cache / name).exists()]
    if len(files) < len(packages):
        raise CannotBuild(f'of the packages {" ".join(packages)} only {", ".join(file.name for file in files)} came')
    return files


def unpack(package: Path, root: Path) -> None:
    """Puts the files of a .deb into a folder, without what a program does not need."""
    with _data(package) as data:
        for member in data:
            name = os.path.normpath(member.name)
            if name == '.' or name.startswith(_LEFT_OUT) or _is_unwanted_documentation(name):
                continue
            # Debian has these as links into usr; a package may still name the old place.
            if name.split('/')[0] in ('lib', 'lib64', 'bin', 'sbin'):
                name = 'usr/' + name
            _place(data, member, root / name)


def _is_unwanted_documentation(name: str) -> bool:
    return name.startswith('usr/share/doc/') and not name.endswith('/copyright') and '.' in os.path.basename(name)


def _place(data: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if member.issym():
        target.symlink_to(member.linkname)
    elif member.isreg() or member.islnk():
        content = data.extractfile(member)
        assert content is not None
        with content, target.open('wb') as out:
            shutil.copyfileobj(content, out)
        target.chmod(member.mode & 0o777)


def _data(package: Path) -> tarfile.TarFile:
    """The data.tar of a .deb, which is an ar archive (deb(5))."""
    for name, content in _ar(package.read_bytes()):
        if name == 'data.tar.xz':
            return tarfile.open(fileobj=io.BytesIO(lzma.decompress(content)))
        if name in ('data.tar', 'data.tar.gz'):
            return tarfile.open(fileobj=io.BytesIO(content))
        if name.startswith('data.tar'):
            raise CannotBuild(f'{package.name} is packed as {name}, which is not known here')
    raise CannotBuild(f'{package.name} has no data')


def _ar(content: bytes) -> Iterator[Tuple[str, bytes]]:
    if not content.startswith(b'!<arch>\n'):
        raise CannotBuild('what apt-get has downloaded is no Debian package')
    at = 8
    while at < len(content):
        header = content[at:at + 60]
        size = int(header[48:58])
        yield header[:16].decode().rstrip().rstrip('/'), content[at + 60:at + 60 + size]
        at += 60 + size + size % 2


def skeleton(root: Path, user: str, number: int) -> None:
    """What every root file system has: the links into usr, a user, /tmp."""
    for name in ('lib', 'lib64', 'bin', 'sbin'):
        (root / 'usr' / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f'usr/{name}')
    etc = root / 'etc'
    etc.mkdir(exist_ok=True)
    (etc / 'passwd').write_text(f'root:x:0:0:root:/:/nologin\n{user}:x:{number}:{number}:{user}:/tmp:/nologin\n')
    (etc / 'group').write_text(f'root:x:0:\n{user}:x:{number}:\n')
    (etc / 'nsswitch.conf').write_text('passwd: files\ngroup: files\nhosts: files dns\n')
    (root / 'tmp').mkdir()
    (root / 'tmp').chmod(0o1777)


def python_version() -> str:
    """The version of this Debian's Python, such as 3.11."""
    shown = subprocess.run(['apt-cache', 'show', '--no-all-versions', 'python3'], text=True, capture_output=True)
    for line in shown.stdout.splitlines():
        if line.startswith('Version: '):
            return '.'.join(line.split()[1].split('.')[:2])
    raise CannotBuild('apt-cache knows no python3; run apt-get update')


def closure(packages: Sequence[str]) -> List[str]:
    """These packages and the libraries that they need, however indirectly. What else they depend on is for installing them."""
    command = ['apt-cache', 'depends', '--recurse', '--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks',
               '--no-replaces', '--no-enhances', *packages]
    known = subprocess.run(command, text=True, capture_output=True).stdout.splitlines()
    found = {line.strip() for line in known if line and not line.startswith((' ', '<'))}
    wanted = sorted(name for name in found if name in packages or _LIBRARY.match(name))
    missing = set(packages) - set(wanted)
    if missing:
        raise CannotBuild(f'apt-cache knows no {", ".join(sorted(missing))}; run apt-get update')
    return wanted
