"""What the program says of wrong files and wrong arguments: what was wrong, where, and what is allowed; and it ends at once."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import Tuple

import pytest

from zeoraid_e2e.process import LOOPBACK, free_ports
from zeoraid_e2e.raid import CLI_SECONDS, zeoraid_command

pytestmark = pytest.mark.raid

REFUSED = 1
USAGE = 64

RIGHT = '''<zeo>
  address 127.0.0.1:{port}
</zeo>
<raidstorage 1>
  <zeoclient a>
    server 127.0.0.1:1
    storage 1
  </zeoclient>
</raidstorage>
'''

# What stands in the file instead of what, and what is said of it.
WRONG = [
    ('server 127', 'sever 127', "zeo.conf:6: <zeoclient a>: unknown key 'sever'; did you mean 'server'? Allowed: "),
    ('127.0.0.1:1\n', '127.0.0.1:99999\n', 'a port is a number between 1 and 65535'),
    ('  </zeoclient>\n', '', 'zeo.conf:8: </raidstorage> does not match <zeoclient a>, opened in line 5'),
    ('address 127.0.0.1:{port}', 'read-only false', 'zeo.conf:1: <zeo>: address is missing'),
    ('storage 1\n', 'storage 1\n    storage 1\n', 'zeo.conf:8: <zeoclient a>: storage'),
    ('</zeo>', '  max-calls many\n</zeo>', 'zeo.conf:3: <zeo>: max-calls must be'),
    ('<zeoclient a>', '<zeoclient>', 'zeo.conf:5: <zeoclient>'),
    ('<raidstorage 1>', '%include nothing.conf\n<raidstorage 1>', 'zeo.conf:4: '),
    ('    storage 1', '    \N{SNOWMAN} 1', 'zeo.conf:7: <zeoclient a>: unknown key')]


def run(*arguments: str) -> Tuple[int, str]:
    """(exit code, what was said on standard error)."""
    done = subprocess.run([*zeoraid_command(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=CLI_SECONDS)
    assert done.returncode == 0 or not done.stdout, done
    return done.returncode, done.stderr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / 'zeo.conf'
    path.write_text(RIGHT.format(port=free_ports(1)))
    return path


def test_a_right_file_is_told_to_be_right(file: Path) -> None:
    assert run('serve', '--check', '-C', str(file)) == (0, '')


@pytest.mark.parametrize('right, wrong, words', WRONG, ids=[wrong.strip() or right.strip() for right, wrong, _ in WRONG])
@pytest.mark.parametrize('check', [True, False], ids=['check', 'start'])
def test_a_wrong_file_is_refused_in_words(file: Path, right: str, wrong: str, words: str, check: bool) -> None:
    assert right in RIGHT
    file.write_text(RIGHT.replace(right, wrong).replace('{port}', '12345'))
    code, said = run('serve', *(['--check'] if check else []), '-C', str(file))
    assert code == REFUSED
    assert f'zeoraid: {file} can\'t be used:\n' in said and words in said, said


def test_what_is_no_text_or_not_there_is_refused(file: Path) -> None:
    file.write_bytes(b'\xff\xfe<zeo>')
    assert run('serve', '-C', str(file)) == (REFUSED, f"zeoraid: {file} can't be used:\n{file}:1: this line is not UTF-8 text\n")
    file.unlink()
    assert run('serve', '-C', str(file)) == (REFUSED, f"zeoraid: {file} can't be used:\n{file}: the file does not exist\n")


def test_certificates_that_can_t_be_read_are_named(file: Path) -> None:
    missing = file.with_name('missing.pem')
    file.write_text(file.read_text().replace('</zeo>', f'  <ssl>\n    certificate {missing}\n    authenticate {missing}\n  </ssl>\n</zeo>'))
    code, said = run('serve', '-C', str(file))
    assert code == REFUSED and str(missing) in said, said


@pytest.mark.parametrize('arguments, words', [
    (['frobnicate'], "Unmatched argument at index 0: 'frobnicate'"),
    (['serve'], "Missing required option: '--configure=FILE'"),
    (['--control', 'nowhere', 'status'], "'nowhere' is not HOST:PORT"),
    (['--output', 'xml', 'status'], "'xml'"),
    (['--timeout', '-1', 'status'], '--timeout')])
def test_wrong_arguments_are_refused_in_words(arguments: 'list[str]', words: str) -> None:
    code, said = run(*arguments)
    assert code == USAGE and words in said, said


def test_a_port_that_is_taken_is_told(file: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        code, said = run('serve', '-C', str(file), '--http', f'{LOOPBACK}:{port}')
    assert code == REFUSED and f"can't listen at {LOOPBACK}:{port} for http" in said, said
