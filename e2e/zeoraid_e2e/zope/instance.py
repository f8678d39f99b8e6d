"""Zope itself: its Python environment, and an instance whose database is a ZEO server."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from zeoraid_e2e import wire
from zeoraid_e2e.process import LOCAL, Server
from zeoraid_e2e.zope.http import Browser

USER = 'admin'
PASSWORD = 'secret'

_REQUIREMENTS = Path(__file__).with_name('requirements.txt')
_ENVIRONMENT = Path(__file__).parents[3] / '.cache/zope'

_CONFIGURATION = """\
instancehome {folder}
<zodb_db main>
  mount-point /
  <zeoclient>
    server {server}
    storage 1
    cache-size 1MB
  </zeoclient>
</zodb_db>
"""

_SERVER = """\
[app:zope]
use = egg:Zope#main
zope_conf = {folder}/etc/zope.conf

[pipeline:main]
pipeline =
    egg:Zope#httpexceptions
    zope

[server:main]
use = egg:waitress#main
listen = 127.0.0.1:{port}
threads = 4
expose_tracebacks = true

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = line

[logger_root]
level = INFO
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = line

[formatter_line]
format = %(asctime)s %(levelname)s %(name)s %(message)s
"""


def environment() -> Path:
    """The Python environment with Zope; installed from PyPI if it is not there yet, which takes half a minute."""
    _ENVIRONMENT.parent.mkdir(exist_ok=True)
    with open(_ENVIRONMENT.with_suffix('.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(_REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
        stamp = _ENVIRONMENT / '.stamp'
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(_ENVIRONMENT, ignore_errors=True)
            subprocess.run([sys.executable, '-m', 'venv', str(_ENVIRONMENT)], check=True)
            subprocess.run([str(_ENVIRONMENT / 'bin/python'), '-m', 'pip', 'install', '--quiet',
                            '--disable-pip-version-check', '-r', str(_REQUIREMENTS)], check=True)
            stamp.write_text(wanted)
    return _ENVIRONMENT


class Zope(Server):
    """A Zope instance whose database is at a ZEO server. In a new database it makes the user USER."""

    def __init__(self, name: str, folder: Path, address: wire.Address):
        self.port = LOCAL.ports(1)
        self.http = Browser(self.port, USER, PASSWORD)
        programs = environment() / 'bin'
        subprocess.run([str(programs / 'mkwsgiinstance'), '-d', str(folder), '-u', f'{USER}:{PASSWORD}'],
                       check=True, stdout=subprocess.DEVNULL)
        (folder / 'etc/zope.conf').write_text(_CONFIGURATION.format(folder=folder, server='%s:%d' % tuple(address)))
        (folder / 'etc/zope.ini').write_text(_SERVER.format(folder=folder, port=self.port))
        super().__init__(name, [str(programs / 'runwsgi'), str(folder / 'etc/zope.ini')], folder)

    def start(self) -> None:
        """Starts it and waits until it shows its pages."""
        self.launch()
        self.await_answer(self.http.answers)
