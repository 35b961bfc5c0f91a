"""A module of Python in a process at a terminal of the kernel's, seen from the other end of the line."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

from tests.vt220 import Vt220

_PROJECT = Path(__file__).parents[1]
_NOT_ON_A_LINE = ("COLUMNS", "LINES", "COLORTERM")


class TerminalProcess(Vt220):
    """Without `size` (columns, rows) the terminal knows none, as a serial line does."""

    def __init__(self, term: str, module: str, *arguments: str, size: tuple[int, int] | None = None) -> None:
        self._end, terminal = pty.openpty()
        super().__init__(self._end)
        if size is not None:
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in _NOT_ON_A_LINE}
        argv = ("setsid", "--ctty", sys.executable, "-m", module, *arguments)
        self.process = subprocess.Popen(
            argv, stdin=terminal, stdout=terminal, stderr=terminal, cwd=_PROJECT, env={**environment, "TERM": term}
        )
        os.close(terminal)

    def ended(self) -> int:
        with suppress(OSError):  # the terminal goes with its last user
            while True:
                self.hear(1)
        return self.process.wait(60)

    def remove(self) -> None:
        os.close(self._end)
        self.process.kill()
        self.process.wait()
