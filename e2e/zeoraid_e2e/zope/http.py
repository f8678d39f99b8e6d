"""What a web browser does at a Zope site, as far as it is needed here."""

from __future__ import annotations

import base64
import http.client
import urllib.parse
from typing import Tuple

from zeoraid_e2e.process import LOOPBACK

# A request waits for a commit; that of a hung backend is the longest.
_SECONDS = 60.0

# Zope repeats a request that meets a conflict three times; then its user has to. The error page has the traceback.
_REPEATS = 20


class Refused(AssertionError):
    """The site answered with an error."""


class Browser:
    """Makes requests to one site, each by a connection of its own. Any thread."""

    def __init__(self, port: int, user: str, password: str):
        self._port = port
        self._authorization = 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()

    def answers(self) -> bool:
        """Whether somebody does."""
        try:
            return self._request('GET', '/')[0] == 200
        except OSError:
            return False

    def add_folder(self, parent: str, name: str) -> None:
        """Makes a folder in another one."""
        self._post(f'{parent}/manage_addProduct/OFSP/manage_addFolder', id=name)

    def add_document(self, folder: str, name: str, text: str) -> None:
        """Makes a document in a folder."""
        self._post(f'{folder}/manage_addProduct/OFSP/manage_addDTMLMethod', id=name, file=text)

    def edit_document(self, path: str, text: str) -> None:
        """Changes a document."""
        self._post(f'{path}/manage_edit', data=text, title='')

    def read(self, path: str) -> str:
        """What a page shows."""
        status, page = self._request('GET', path)
        if status != 200:
            raise Refused(f'GET {path}: {status} {page}')
        return page

    def _post(self, path: str, **form: str) -> None:
        for _ in range(_REPEATS):
            status, page = self._request('POST', path, urllib.parse.urlencode(form))
            if status in (200, 302):
                return
            if 'ConflictError' not in page:
                break
        raise Refused(f'POST {path}: {status} {page}')

    def _request(self, method: str, path: str, body: str = '') -> Tuple[int, str]:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=_SECONDS)
        try:
            connection.request(method, path, body, {
                'Authorization': self._authorization, 'Content-Type': 'application/x-www-form-urlencoded'})
            answer = connection.getresponse()
            return answer.status, answer.read().decode('utf-8', 'replace')
        finally:
            connection.close()
