"""OCI image archives without a registry and without a daemon (https://github.com/opencontainers/image-spec).

The same content gives the same bytes: times are fixed, names sorted, everything belongs to root.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import stat
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

_TYPE = 'application/vnd.oci.image.'


@dataclass(frozen=True)
class Layer:
    """What one folder adds to the file system."""

    comment: str
    folder: Path


@dataclass(frozen=True)
class Image:
    """An image: layers, the lowest first, and how it is run."""

    name: str  # as a container runtime resolves it: docker.io/zeoraid/server:1.0
    layers: Sequence[Layer]
    entrypoint: Sequence[str]
    user: str
    architecture: str
    env: Sequence[str] = ()
    ports: Sequence[int] = ()
    labels: Dict[str, str] = field(default_factory=dict)


def write(image: Image, archive: Path) -> List[Tuple[str, int]]:
    """Writes the archive; returns the comment and the compressed size of each layer, in bytes."""
    blobs: List[bytes] = []
    layers, diff_ids, history, sizes = [], [], [], []
    for layer in image.layers:
        plain = _tar(layer.folder)
        packed = gzip.compress(plain, compresslevel=6, mtime=0)
        blobs.append(packed)
        layers.append(_descriptor('layer.v1.tar+gzip', packed))
        diff_ids.append(_digest(plain))
        history.append({'created': '1970-01-01T00:00:00Z', 'comment': layer.comment})
        sizes.append((layer.comment, len(packed)))
    config = _json({
        'architecture': image.architecture, 'os': 'linux',
        'config': {
            'User': image.user, 'Entrypoint': list(image.entrypoint), 'Env': list(image.env), 'WorkingDir': '/',
            'ExposedPorts': {f'{port}/tcp': {} for port in image.ports}, 'Labels': image.labels},
        'rootfs': {'type': 'layers', 'diff_ids': diff_ids},
        'history': history})
    manifest = _json({'schemaVersion': 2, 'mediaType': _TYPE + 'manifest.v1+json',
                      'config': _descriptor('config.v1+json', config), 'layers': layers})
    reference = _descriptor('manifest.v1+json', manifest)
    # Both are read: the first by containerd, the second by skopeo and podman.
    reference['annotations'] = {'io.containerd.image.name': image.name,
                                'org.opencontainers.image.ref.name': image.name.rpartition(':')[2]}
    index = _json({'schemaVersion': 2, 'mediaType': _TYPE + 'index.v1+json', 'manifests': [reference]})
    fresh = archive.with_suffix('.new')
    with tarfile.open(fresh, 'w', format=tarfile.PAX_FORMAT) as out:
        _add(out, 'oci-layout', b'{"imageLayoutVersion":"1.0.0"}')
        _add(out, 'index.json', index)
        for blob in (*blobs, config, manifest):
            _add(out, 'blobs/sha256/' + _digest(blob).partition(':')[2], blob)
    fresh.replace(archive)
    return sizes


def _digest(blob: bytes) -> str:
    return 'sha256:' + hashlib.sha256(blob).hexdigest()


def _descriptor(kind: str, blob: bytes) -> Dict[str, Any]:
    return {'mediaType': _TYPE + kind, 'digest': _digest(blob), 'size': len(blob)}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(',', ':')).encode()


def _add(out: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    out.addfile(info, io.BytesIO(content))


def _tar(folder: Path) -> bytes:
    """The folder as a layer. What is in it may be read by everybody, and written by nobody but root."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w', format=tarfile.PAX_FORMAT) as out:
        for path in sorted(folder.rglob('*')):
            info = out.gettarinfo(path, arcname=str(path.relative_to(folder)))
            if info.islnk():  # a second name of the same file: which one is first depends on the disk
                info.type, info.linkname, info.size = tarfile.REGTYPE, '', path.stat().st_size
            info.uid = info.gid = 0
            info.uname = info.gname = ''
            info.mtime = 0
            info.mode = _mode(path.lstat().st_mode)
            if info.isreg():
                with path.open('rb') as file:
                    out.addfile(info, file)
            else:
                out.addfile(info)
    return buffer.getvalue()


def _mode(mode: int) -> int:
    if stat.S_ISDIR(mode):
        return 0o1777 if mode & stat.S_ISVTX else 0o755
    return 0o755 if stat.S_ISLNK(mode) or mode & 0o111 else 0o644


def architecture() -> str:
    """What this machine is called in images."""
    machine = os.uname().machine
    return {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine)
