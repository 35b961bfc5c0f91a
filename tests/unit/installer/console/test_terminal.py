"""`trivet console` as a process on a real terminal of the kernel's, of any kind, of any size, and without one."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.vt220 import Vt220

_PROJECT = Path(__file__).parents[4]
_NOT_ON_A_LINE = ("COLUMNS", "LINES", "COLORTERM")
_ARGV = (sys.executable, "-m", "installer.cli", "console")


class _Console(Vt220):
    def __init__(self, term: str, size: tuple[int, int] | None, *options: str) -> None:
        self._end, terminal = pty.openpty()
        super().__init__(self._end)
        if size is not None:
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in _NOT_ON_A_LINE}
        self.process = subprocess.Popen(
            ("setsid", "--ctty", "env", "--default-signal=HUP,INT", *_ARGV, *options),  # nohup's child ignores them
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            cwd=_PROJECT,
            env={**environment, "TERM": term},
        )
        os.close(terminal)

    def ended(self) -> int:
        with suppress(OSError):
            while True:
                self.hear(1)
        return self.process.wait(60)

    def hang_up(self) -> int:
        os.close(self._end)
        self._end = -1
        return self.process.wait(60)

    def remove(self) -> None:
        if self._end >= 0:
            os.close(self._end)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def begin() -> Iterator[Callable[..., _Console]]:
    begun: list[_Console] = []

    def start(term: str, *options: str, size: tuple[int, int] | None = None) -> _Console:
        begun.append(_Console(term, size, *options))
        return begun[-1]

    yield start
    for one in begun:
        one.remove()


@pytest.mark.parametrize("term", ["dumb", "vt100", "vt220", "linux", "unheard-of", ""])
def test_any_terminal_shows_it(begin: Callable[..., _Console], term: str) -> None:
    line = begin(term)
    line.until("Trivet: this node", "Certificates")
    line.type("\r")
    line.until("What can be done")
    line.type("\x1b")
    line.until("Trivet: this node")
    line.type("q")
    assert line.ended() == 0
    assert line.beyond() == []
    assert b"Traceback" not in line.received


@pytest.mark.parametrize("term", ["vt220", "dumb"])
def test_a_tiny_terminal_gets_no_traceback(begin: Callable[..., _Console], term: str) -> None:
    line = begin(term, size=(20, 5))
    line.until("This terminal is")
    line.type("\rcs")
    line.type("\x03")
    assert line.ended() == 0
    assert b"Traceback" not in line.received


def test_a_shell_leads_back_to_the_console(begin: Callable[..., _Console]) -> None:
    if os.geteuid() != 0:
        pytest.skip("a shell of root's")
    line = begin("vt220")
    line.until("Trivet: this node")
    line.type("\r")
    line.until("What can be done")
    line.type("s")
    line.until("#")
    line.type("echo it is $((40 + 2)); exit 3\r")
    line.until("it is 42")
    line.until("What can be done")
    line.type("\x1b")
    line.until("Trivet: this node")
    line.type("q")
    assert line.ended() == 0


def test_a_line_that_hangs_up_ends_it(begin: Callable[..., _Console]) -> None:
    line = begin("vt220")
    line.until("Trivet: this node")
    assert line.hang_up() != 0


def test_without_a_terminal_it_says_so() -> None:
    ended = subprocess.run(_ARGV, cwd=_PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "This needs a terminal" in ended.stderr
    assert "Traceback" not in ended.stderr
