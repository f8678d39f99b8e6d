"""ZODB's own checks of a FileStorage: fstest (is it readable?) and fsrefs (is every object there that another refers to?)."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Iterable, Mapping

from ZODB.scripts import fsrefs, fstest


class Unsound(AssertionError):
    """A check has found something."""


def require_sound(files: Mapping[str, Path]) -> None:
    """Runs both over the file of each backend, by name. The servers must not write meanwhile. Raises Unsound."""
    for name, data in files.items():
        found = problems(data)
        if found:
            raise Unsound(f'{name}: {found}')


def require_readable(files: Iterable[Path]) -> None:
    """Runs fstest over each file. The servers must not write meanwhile. Raises Unsound."""
    for data in files:
        found = unreadable(data)
        if found:
            raise Unsound(f'{data}: {found}')


def unreadable(data: Path) -> str:
    """What fstest says of a file; nothing if all is well."""
    try:
        fstest.check(str(data))
    except fstest.FormatError as error:
        return f'fstest: {error}'
    return ''


def problems(data: Path) -> str:
    """What the two say of a file; nothing if all is well."""
    found = unreadable(data)
    if found:
        return found
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        fsrefs.main(str(data))
    return said.getvalue() and f'fsrefs: {said.getvalue()}'
