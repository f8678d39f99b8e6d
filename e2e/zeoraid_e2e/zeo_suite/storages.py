"""What the backends of a test's RAID are told to serve.

The first backend gets the storage's configuration as it is, so that a test finds its files where it expects them; the
second one a copy with paths of its own. The blob directory of the first one is shared with clients that want it. But
two things a RAID can't have at its backends. A MappingStorage takes no transaction id from outside: where a test wants
one, which is in memory and gone with its server, both backends have a FileStorage that is deleted with the server. And
a RAID writes to its backends when it starts: where a test wants a storage that is read-only, that of the RAID is.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import List, Tuple

# The keys of a storage's configuration that name files.
_PATH = re.compile(r'^(\s*(?:path|blob-dir)\s+)(\S+)\s*$', re.MULTILINE)
_BLOB_DIR = re.compile(r'^\s*blob-dir\s+(\S+)\s*$', re.MULTILINE)
_READ_ONLY = re.compile(r'^\s*read-only\s+(\S+)\s*$', re.MULTILINE)
_CREATE = re.compile(r'^\s*create\s+(?:yes|true|on)\s*$', re.MULTILINE | re.IGNORECASE)
_OPENING = re.compile(r'<(\w[\w-]*)(?:\s+([^>/\s]+))?\s*(/?)>')
_MAPPING = re.compile(r'<mappingstorage(\s+[^>/\s]+)?\s*(?:/>|>\s*</mappingstorage>)')


def storage_names(configuration: str) -> List[str]:
    """What clients call the storages of a configuration: the names of the outermost sections, or 1."""
    names = []
    depth = 0
    for line in map(str.strip, configuration.splitlines()):
        if line.startswith('</'):
            depth -= 1
        elif line.startswith('<'):
            section = _OPENING.match(line)
            if section is None:
                raise ValueError(f'no section: {line}')
            if depth == 0:
                names.append((section[2] or '1').lower())
            if not section[3]:
                depth += 1
    return names


@dataclass(frozen=True)
class Copies:
    """Where the second copy of a storage, and the membership record, are: outside the folder of the test.

    They stay when a server is stopped with `keep`, and belong to the files that the test's configuration names.
    """

    folder: Path
    paths: Tuple[Path, ...]

    @classmethod
    def of(cls, configuration: str, folder: Path) -> 'Copies':
        paths = tuple(Path(match[2]).absolute() for match in _PATH.finditer(configuration))
        key = hashlib.sha256('\n'.join(map(str, paths)).encode()).hexdigest()[:16]
        return cls(folder / key, paths)

    def prepare(self) -> None:
        """Begins with what is there: a storage that the test has made itself is copied, one that is gone forgotten."""
        if not any(path.exists() for path in self.paths):
            self.delete()
        self.folder.mkdir(exist_ok=True)
        for path in self.paths:
            copy = self._copy(path)
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                if path.is_dir():
                    shutil.copytree(path, copy)
                elif path.exists():
                    shutil.copyfile(path, copy)

    def rewrite(self, configuration: str) -> str:
        """The configuration with the copies in the place of the files."""
        return _PATH.sub(lambda match: match[1] + str(self._copy(Path(match[2]).absolute())), configuration)

    def delete(self) -> None:
        """Forgets all."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _copy(self, path: Path) -> Path:
        return self.folder / str(self.paths.index(path)) / path.name


@dataclass(frozen=True)
class Storages:
    """What both backends serve, and what the RAID has to know of it."""

    configurations: Tuple[str, str]
    names: List[str]
    options: List[str]  # of <raidstorage>
    copies: Copies
    memory: Path  # where the FileStorages are that stand for MappingStorages
    keep: bool  # whether the files stay when the server stops

    @classmethod
    def of(cls, configuration: str, keep: bool, folder: Path, memory: Path) -> 'Storages':
        """The storages of a configuration, with the files that they begin with."""
        in_files = persistent(configuration, memory)
        if in_files != configuration:
            memory.mkdir()
            keep = False
        read_only = _READ_ONLY.search(in_files)
        first = _READ_ONLY.sub('', in_files)
        copies = Copies.of(first, folder)
        if _CREATE.search(first):
            copies.delete()  # the backends will make their files anew
        copies.prepare()
        return cls((first, copies.rewrite(first)), storage_names(first),
                   [*([f'read-only {read_only[1]}'] if read_only else []), *shared_blobs(first)], copies, memory, keep)

    def data_files(self, backend: int) -> List[Path]:
        """The files of a backend's FileStorages that there are."""
        paths = (Path(match[2]).absolute() for match in _PATH.finditer(self.configurations[backend]))
        return [path for path in paths if path.is_file()]

    def stopped(self) -> None:
        """The servers are gone."""
        if not self.keep:
            self.copies.delete()
            shutil.rmtree(self.memory, ignore_errors=True)


def shared_blobs(configuration: str) -> List[str]:
    """The options by which clients share the blob directory of the first backend, if it has one storage with blobs."""
    found = _BLOB_DIR.findall(configuration)
    return [f'blob-dir {Path(found[0]).absolute()}', 'shared-blob-dir yes'] if len(found) == 1 else []


def persistent(configuration: str, folder: Path) -> str:
    """The configuration with a FileStorage for each MappingStorage."""
    return _MAPPING.sub(
        lambda match: f'<filestorage{match[1] or ""}>\npath {folder / str(match.start())}.fs\n</filestorage>', configuration)
