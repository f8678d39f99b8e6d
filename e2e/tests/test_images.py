"""The images, and stock ZEO's entry point in the pods."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import io
import json
import re
import socket
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, Set

import pytest
import ZODB.DB
from ZODB.Connection import TransactionMetaData
from ZODB.FileStorage import FileStorage

from zeoraid_e2e.process import Server, free_ports

IMAGES = Path(__file__).parents[2] / 'deploy' / 'images'

pytestmark = pytest.mark.timeout(600)

# Nobody can look around in a pod by these, nor install anything.
UNWANTED = {'sh', 'bash', 'dash', 'busybox', 'apt', 'apt-get', 'dpkg', 'pip', 'pip3', 'perl'}


class Archive:
    """An OCI archive, with all its digests checked."""

    def __init__(self, file: Path):
        with tarfile.open(file) as tar:
            self._files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}  # type: ignore[union-attr]
        for name, content in self._files.items():
            if name.startswith('blobs/sha256/'):
                assert hashlib.sha256(content).hexdigest() == name.rpartition('/')[2]
        index = json.loads(self._files['index.json'])
        self.name = index['manifests'][0]['annotations']['io.containerd.image.name']
        self.manifest = json.loads(self.blob(index['manifests'][0]))
        self.config: Dict[str, Any] = json.loads(self.blob(self.manifest['config']))

    def blob(self, descriptor: Dict[str, Any]) -> bytes:
        content = self._files['blobs/' + descriptor['digest'].replace(':', '/')]
        assert len(content) == descriptor['size']
        return content

    def unpack(self, folder: Path) -> None:
        """All of the file system, into a folder."""
        for layer in self.manifest['layers']:
            with tarfile.open(fileobj=io.BytesIO(self.blob(layer))) as tar:
                tar.extractall(folder, filter='fully_trusted')

    def members(self) -> Dict[str, tarfile.TarInfo]:
        """All that is in the file system."""
        found: Dict[str, tarfile.TarInfo] = {}
        for layer in self.manifest['layers']:
            with tarfile.open(fileobj=io.BytesIO(self.blob(layer))) as tar:
                found.update({member.name: member for member in tar})
        return found


def build(image: str, output: Path) -> Archive:
    done = subprocess.run([sys.executable, str(IMAGES / 'build'), image, '--output', str(output)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=500)
    assert done.returncode == 0, done.stdout
    return Archive(output / f'{image}.tar')


@pytest.fixture(scope='module')
def folder() -> Path:
    """Where other tests look for the images, too: each is made once."""
    return IMAGES.parents[1] / 'target' / 'images'


@pytest.mark.parametrize('image', [pytest.param('server', marks=pytest.mark.native), 'server-jvm', 'operator', 'zeo'])
def test_an_image_has_no_shell_and_does_not_run_as_root(image: str, folder: Path) -> None:
    archive = build(image, folder)
    name, _, variant = image.partition('-')
    assert re.fullmatch(rf'docker\.io/zeoraid/{name}:\d+\.\d+\.\d+{variant and "-" + variant}', archive.name)
    assert archive.config['config']['User'] == '10001:10001'
    assert len(archive.config['rootfs']['diff_ids']) == len(archive.manifest['layers'])
    members = archive.members()
    names: Set[str] = {name.rpartition('/')[2] for name, member in members.items() if member.mode & 0o111 and not member.isdir()}
    assert not names & UNWANTED
    for part in archive.config['config']['Entrypoint'][:1]:
        assert members[part.lstrip('/')].mode & 0o111
    assert all(member.uid == 0 and not member.mode & 0o022 or name == 'tmp' or member.issym() for name, member in members.items())


def test_the_servers_jvm_was_trained(folder: Path, tmp_path: Path) -> None:
    archive = build('server-jvm', folder)
    archive.unpack(tmp_path)
    java, *options = archive.config['config']['Entrypoint']
    here = [str(tmp_path) + option if option.startswith('/') else option.replace('=/', f'={tmp_path}/') for option in options]
    done = subprocess.run([str(tmp_path) + java, '-XX:AOTMode=on', *here, '--version'], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith('zeoraid'), done  # it refuses to start if the cache does not fit
    (tmp_path / 'app' / 'quarkus-run.jar').touch()
    done = subprocess.run([str(tmp_path) + java, '-XX:AOTMode=on', *here, '--version'], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode and 'AOT' in done.stdout, done


def test_the_same_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    first, second = build('zeo', folder), build('zeo', tmp_path)
    assert [layer['digest'] for layer in first.manifest['layers']] == [layer['digest'] for layer in second.manifest['layers']]


def test_an_image_that_there_is_not_is_named() -> None:
    done = subprocess.run([sys.executable, str(IMAGES / 'build'), 'zope'], text=True, stderr=subprocess.PIPE)
    assert done.returncode == 2 and "no image zope; there are server, server-jvm, operator, zeo" in done.stderr


def words_of(containerfile: str) -> Dict[str, str]:
    """The last line of each instruction of a Containerfile, without its continuation."""
    return {line.partition(' ')[0]: line.partition(' ')[2] for line in containerfile.splitlines() if line and line[0].isupper()}


@pytest.mark.parametrize('image', ['server', 'server-jvm', 'operator', 'zeo'])
def test_a_containerfile_says_the_same(image: str, builder: ModuleType) -> None:
    words = words_of((IMAGES / image / 'Containerfile').read_text())
    assert words['USER'] == f'{builder.USER_NUMBER}:{builder.USER_NUMBER}'
    if image == 'zeo':
        assert json.loads(words['ENTRYPOINT'])[1:] == ['/app/serve.py']
    elif image == 'server':
        assert json.loads(words['ENTRYPOINT']) == list(builder.NATIVE)
    else:
        assert json.loads(words['ENTRYPOINT']) == [*builder.JAVA, '-jar', '/app/quarkus-run.jar']
        assert words['ENV'].split() == builder.java_environment()
        assert words['RUN'].split()[2].split(',') == list(builder.JAVA_MODULES)


@pytest.fixture(scope='module')
def builder() -> ModuleType:
    """deploy/images/build, as a module."""
    loader = importlib.machinery.SourceFileLoader('images_build', str(IMAGES / 'build'))
    spec = importlib.util.spec_from_loader('images_build', loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


# The entry point of stock ZEO.


@pytest.fixture(scope='module')
def serve() -> ModuleType:
    spec = importlib.util.spec_from_file_location('serve', IMAGES / 'zeo' / 'serve.py')
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_no_ops(path: Path, count: int) -> None:
    """A Data.fs with nothing but empty transactions, and its index, as after a stop in good order."""
    storage = FileStorage(str(path))
    for _ in range(count):
        metadata = TransactionMetaData()
        storage.tpc_begin(metadata)
        storage.tpc_vote(metadata)
        storage.tpc_finish(metadata)
    storage.close()


def test_a_file_of_nothing_but_empty_transactions_can_be_opened_again(serve: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / 'Data.fs'
    of_no_ops(path, 6)
    with pytest.raises(OSError):  # if this does not fail any more, ZODB has mended it
        FileStorage(str(path))
    (tmp_path / 'Data.fs.lock').unlink(missing_ok=True)
    serve.forget_index_of_small(str(path))
    storage = FileStorage(str(path))
    assert len(list(storage.iterator())) == 6
    storage.close()


def test_a_large_file_keeps_its_index(serve: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / 'Data.fs'
    ZODB.DB(str(path)).close()
    monkeypatch.setattr(serve, 'SMALL_BYTES', path.stat().st_size - 1)
    serve.forget_index_of_small(str(path))
    assert (tmp_path / 'Data.fs.index').exists()


def test_connections_are_probed(serve: ModuleType) -> None:
    with socket.create_server(('127.0.0.1', 0)) as listening:
        serve.keep_alive(listening)
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10


def test_it_ends_in_good_order_when_told_to_and_starts_again(tmp_path: Path) -> None:
    port = free_ports(1)
    path = tmp_path / 'Data.fs'
    (tmp_path / 'zeo.conf').write_text(f'<zeo>\naddress 127.0.0.1:{port}\n</zeo>\n<filestorage 1>\npath {path}\n</filestorage>\n')
    of_no_ops(path, 6)  # what stock ZEO would not start with
    for _ in range(2):
        server = Server('backend', [sys.executable, str(IMAGES / 'zeo' / 'serve.py'), '-C', str(tmp_path / 'zeo.conf')], tmp_path)
        server.launch()
        server.await_answer(lambda: answers(port))
        server.terminate()
        assert server.wait_end() == 0
    assert path.with_name('Data.fs.index').exists()


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


def test_it_finds_the_files_of_a_configuration(serve: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / 'zeo.conf'
    file.write_text(f'<zeo>\naddress 127.0.0.1:1\n</zeo>\n<filestorage 1>\npath {tmp_path}/Data.fs\nblob-dir {tmp_path}/blobs\n</filestorage>\n'
                    f'<blobstorage 2>\nblob-dir {tmp_path}/b\n<filestorage>\npath {tmp_path}/Two.fs\n</filestorage>\n</blobstorage>\n')
    options = serve.runzeo.ZEOOptions()
    options.realize(['-C', str(file)])
    assert list(serve.paths(options.storages)) == [f'{tmp_path}/Data.fs', f'{tmp_path}/Two.fs']
