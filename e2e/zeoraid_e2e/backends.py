"""Stock ZEO servers with a FileStorage each, and everything that may happen to them."""

from __future__ import annotations

import resource
import shutil
import sys
from pathlib import Path
from typing import Optional, Sequence

from zeoraid_e2e import wire
from zeoraid_e2e.process import LOCAL, START_SECONDS, Host, Server

STORAGE = '1'

_CLASSES = Path(__file__).parents[1]


class Backend(Server):
    """A stock ZEO server (`runzeo`) that serves one FileStorage as storage 1 from a folder of its own.

    The options take effect at the next start: `msgpack` (else pickle), `transaction_timeout` in seconds, `read_only`,
    `quota` in bytes, `blobs` for a blob-dir, `unix` for a Unix socket instead of a TCP port, and `ssl`: what stands in <ssl>;
    `client_ssl` is what a ZEORaid server has in its own.
    """

    def __init__(self, name: str, folder: Path, msgpack: bool = False, transaction_timeout: Optional[int] = None,
                 read_only: bool = False, quota: Optional[int] = None, unix: bool = False, blobs: bool = False,
                 host: Host = LOCAL, ssl: Sequence[str] = (), client_ssl: Sequence[str] = ()):
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / 'Data.fs'
        self.msgpack = msgpack
        self.transaction_timeout = transaction_timeout
        self.read_only = read_only
        self.quota = quota
        self.blobs: Optional[Path] = folder / 'blobs' if blobs else None
        self.ssl = list(ssl)
        self.client_ssl = list(client_ssl)
        self.address: wire.Address = str(folder / 'zeo.sock') if unix else (host.ip, host.ports(1))
        self._config = folder / 'zeo.conf'
        # It knows the classes of the tests, as the ZEO server of an application does: else each conflict is an error in
        # its log, of a class that can't be imported.
        super().__init__(name, [sys.executable, '-m', 'ZEO.runzeo', '-C', str(self._config)], folder,
                         env={'PYTHONPATH': str(_CLASSES)}, host=host)

    def launch(self) -> None:
        """Starts it and does not wait: `await_ready` does."""
        self._config.write_text(self._configuration())
        super().launch()

    def await_ready(self) -> None:
        """Waits until it answers."""
        self.await_answer(lambda: wire.ruok(self.address), START_SECONDS)

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self.launch()
        self.await_ready()

    def restart(self) -> None:
        """Kills it and starts it again with the data that it has."""
        self.kill()
        self.start()

    def wipe(self) -> None:
        """Deletes its data, as a replaced volume would. It must not be running."""
        self._must_not_run()
        for path in self.folder.glob('Data.fs*'):
            path.unlink()
        if self.blobs:
            shutil.rmtree(self.blobs, ignore_errors=True)

    def save(self, label: str) -> None:
        """Keeps a copy of its data for `roll_back`. It may be running."""
        shutil.copyfile(self.data, self.folder / f'saved-{label}.fs')

    def roll_back(self, label: str) -> None:
        """Puts back the data of `save`, as a volume restored from a backup would. It must not be running."""
        self.wipe()
        shutil.copyfile(self.folder / f'saved-{label}.fs', self.data)

    def fill_disk(self) -> None:
        """From now on its data can't grow (Linux only). Undone by `free_disk` and by a restart."""
        size = self.data.stat().st_size
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, hard))

    def free_disk(self) -> None:
        """There is space again."""
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def last_tid(self) -> bytes:
        """What it says is its last transaction; it must be running."""
        with wire.Connection(self.address) as connection:
            return connection.register(STORAGE, True)

    def _must_not_run(self) -> None:
        if self.running:
            raise RuntimeError(f'{self.name} is running')

    def _configuration(self) -> str:
        address = self.address if isinstance(self.address, str) else '%s:%d' % self.address
        server = [f'address {address}', f'msgpack {str(self.msgpack).lower()}']
        if self.transaction_timeout is not None:
            server.append(f'transaction-timeout {self.transaction_timeout}')
        if self.read_only:
            server.append('read-only true')
        if self.ssl:
            server += ['<ssl>', *self.ssl, '</ssl>']
        storage = [f'path {self.data}']
        if self.quota is not None:
            storage.append(f'quota {self.quota}')
        if self.blobs:
            storage.append(f'blob-dir {self.blobs}')
        log = ['level info', '<logfile>', 'path STDERR', 'format %(asctime)s %(levelname)s %(message)s', '</logfile>']
        return '\n'.join(['<zeo>', *server, '</zeo>', f'<filestorage {STORAGE}>', *storage, '</filestorage>',
                          '<eventlog>', *log, '</eventlog>', ''])
