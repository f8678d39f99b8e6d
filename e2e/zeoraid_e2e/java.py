"""The JVM that tests run programs of this tree in."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List

ROOT = Path(__file__).parents[2]
_TRAINING = ROOT / 'deploy' / 'images' / 'training.py'

# Netty uses what JDK 24 and later warn about; nobody who reads a test's output can do anything about it.
JVM_OPTIONS = ('--sun-misc-unsafe-memory-access=allow', '--enable-native-access=ALL-UNNAMED')

# What a test starts is over before the second compiler would pay. Runs at full length have it.
SHORT_LIVED = () if os.environ.get('ZEORAID_FULL', '') not in ('', '0') else ('-XX:TieredStopAtLevel=1',)


def java_program(name: str) -> str:
    """A program of the JDK: that of JAVA_HOME, or the one on the PATH."""
    return str(Path(os.environ['JAVA_HOME'], 'bin', name)) if os.environ.get('JAVA_HOME') else name


def run_jar(jar: Path, *options: str) -> List[str]:
    """How to run a program's jar, with further options of the JVM."""
    return [java_program('java'), *JVM_OPTIONS, *SHORT_LIVED, *options, '-jar', str(jar)]


@functools.lru_cache(maxsize=None)
def private_copy(jar: Path) -> Path:
    """A jar in a copy of its folder that lasts until Python ends: a build that goes on meanwhile doesn't pull it away from under a
    running server."""
    return Path(_folder(jar.parent).name, jar.name)


@functools.lru_cache(maxsize=None)
def _folder(folder: Path) -> 'tempfile.TemporaryDirectory[str]':
    copy: 'tempfile.TemporaryDirectory[str]' = tempfile.TemporaryDirectory(prefix='zeoraid-app-')
    shutil.copytree(folder, copy.name, dirs_exist_ok=True)
    return copy


def train(jar: Path) -> None:
    """Lets a JVM learn what the server of this jar does, for those who start it many times: that takes ten seconds, and each of
    them is then there in a third of the time. Kept beside the build until the next one. If it fails, it says so and no more: slow is
    better than not at all, and test_images sees to it that it doesn't."""
    kept = _kept(jar)
    if not _is_fresh(kept, jar):
        fresh = kept.with_suffix(f'.{os.getpid()}')
        if not subprocess.run([sys.executable, str(_TRAINING), str(_java()), str(private_copy(jar)), str(fresh)]).returncode:
            fresh.replace(kept)


def learned(jar: Path) -> List[str]:
    """The option by which a JVM has what was learned of this jar; none if nothing was."""
    kept = _kept(jar)
    return [f'-XX:AOTCache={kept}'] if _is_fresh(kept, jar) else []


def _kept(jar: Path) -> Path:
    return jar.parent.with_name('zeoraid.aot')


def _is_fresh(kept: Path, jar: Path) -> bool:
    return kept.exists() and kept.stat().st_mtime >= max(jar.stat().st_mtime, _java().stat().st_mtime)


def _java() -> Path:
    return Path(shutil.which(java_program('java')) or java_program('java'))
