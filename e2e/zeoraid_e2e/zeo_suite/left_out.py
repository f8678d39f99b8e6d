"""The tests that are left out, and why: left_out.txt."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Dict, Iterable, List, Optional

LIST = Path(__file__).with_name('left_out.txt')

DOES_NOT_APPLY = 'does not apply'
NOT_YET = 'not yet'
NOT_WITH_FAILURES = 'not with failures'


class ListError(Exception):
    """The list says what is not so, or can't be understood."""


@dataclass(frozen=True)
class Line:
    """One line of the list: a name or a pattern as of the shell, in one group, with one reason."""

    number: int
    group: str
    pattern: str
    reason: str

    @property
    def runs(self) -> bool:
        """Whether its tests are run, and must fail."""
        return self.group.startswith(NOT_YET)


@dataclass
class LeftOut:
    """The list, matched against the tests that exist. The first line that matches a test counts."""

    lines: List[Line]
    by_name: Dict[str, Line] = field(default_factory=dict)

    def match(self, names: Iterable[str]) -> 'LeftOut':
        """Finds each test's line. Raises ListError if a line has no test."""
        for name in names:
            line = next((line for line in self.lines if fnmatchcase(name, line.pattern)), None)
            if line:
                self.by_name[name] = line
        used = set(self.by_name.values())
        idle = [f'line {line.number}: {line.pattern}' for line in self.lines if line not in used]
        if idle:
            raise ListError('no test is left out by\n' + '\n'.join(idle))
        return self

    def for_run(self, with_failures: bool) -> 'LeftOut':
        """Forgets what is left out only while backends fail, unless they do."""
        if not with_failures:
            self.by_name = {name: line for name, line in self.by_name.items()
                            if not line.group.startswith(NOT_WITH_FAILURES)}
        return self

    def line_of(self, name: str) -> Optional[Line]:
        """Why a test is left out; None if it is not."""
        return self.by_name.get(name)


def parse(text: str) -> LeftOut:
    """Reads a list: [GROUP] lines, and NAME REASON lines below them; what begins with # is a comment."""
    group = ''
    lines: List[Line] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(None, 1)
        if not words or words[0].startswith('#'):
            continue
        if line.startswith('['):
            group = line.strip('[] ')
            if not group.startswith((DOES_NOT_APPLY, NOT_YET, NOT_WITH_FAILURES)):
                raise ListError(f'line {number}: a group is called [{DOES_NOT_APPLY}], [{NOT_YET}: FEATURE] or '
                                f'[{NOT_WITH_FAILURES}: REASON]')
        elif not group or len(words) < 2:
            raise ListError(f'line {number}: expected NAME REASON, in a group: {line}')
        else:
            lines.append(Line(number, group, words[0], words[1]))
    return LeftOut(lines)


def read() -> LeftOut:
    """The list of this repository."""
    return parse(LIST.read_text())
