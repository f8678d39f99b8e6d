"""People who write on a Zope site."""

from __future__ import annotations

import itertools
import threading
import traceback
from typing import Dict, List

from zeoraid_e2e.process import wait_until
from zeoraid_e2e.zope.http import Browser

_SHARED = '/shared'
_SECONDS = 60.0


class Author(threading.Thread):
    """Makes one document after another in a folder of its own, and changes one that all authors change.

    `written` is what the site has acknowledged: {path: text}. A request that fails ends it, and is in `failure`.
    """

    def __init__(self, browser: Browser, name: str):
        super().__init__(name=name, daemon=True)
        self.written: Dict[str, str] = {}
        self.failure = ''
        self.stopping = threading.Event()
        self._browser = browser

    def run(self) -> None:
        try:
            folder = f'/{self.name}'
            self._browser.add_folder('', self.name)
            for number in itertools.count():
                if self.stopping.is_set():
                    return
                text = f'{self.name} wrote this as document {number}. ' + 'Much more followed. ' * (number % 50)
                self._browser.add_document(folder, f'document-{number}', text)
                self.written[f'{folder}/document-{number}'] = text
                if number % 5 == 0:
                    self._browser.edit_document(_SHARED, f'{self.name} was here after document {number}')
        except Exception:
            self.failure = f'{self.name}: {traceback.format_exc()}'


class Authors:
    """Some of them at work, each with as many requests as the site takes."""

    def __init__(self, browser: Browser, count: int = 3):
        browser.add_document('', _SHARED.strip('/'), 'nobody was here')
        self._authors: List[Author] = [Author(browser, f'author-{number}') for number in range(count)]
        for author in self._authors:
            author.start()

    @property
    def written(self) -> Dict[str, str]:
        """What was acknowledged to any of them."""
        return {path: text for author in self._authors for path, text in list(author.written.items())}

    def require_well(self) -> None:
        """Raises if a request has failed."""
        failures = [author.failure for author in self._authors if author.failure]
        assert not failures, '\n'.join(failures)

    def wait(self, count: int) -> None:
        """Waits until each of them has written so many more."""
        goals = [(author, len(author.written) + count) for author in self._authors]

        def reached() -> bool:
            self.require_well()
            return all(len(author.written) >= goal for author, goal in goals)

        wait_until(f'{count} more documents by each author', reached, _SECONDS, tell=lambda: len(self.written))

    def stop(self) -> Dict[str, str]:
        """Ends their work; returns what was acknowledged."""
        for author in self._authors:
            author.stopping.set()
        for author in self._authors:
            author.join(_SECONDS)
            assert not author.is_alive(), f'{author.name} still waits for an answer'
        self.require_well()
        return self.written


def require_shown(browser: Browser, written: Dict[str, str]) -> None:
    """Checks that a site shows all that was acknowledged."""
    lost = [path for path, text in written.items() if browser.read(path) != text]
    assert not lost, f'{len(lost)} of {len(written)} documents are not shown as they were written: {lost[:5]}'
    assert ' was here ' in browser.read(_SHARED)
