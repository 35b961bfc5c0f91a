"""A node's console in the lab, with a VT220 in front of it: somebody reads it, types answers, and can be cut off."""

import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ci.lab import processes
from ci.lab.machine import INSIDE, Machine
from tests.vt220 import Vt220

ENTER, TAB, ESCAPE = "\r", "\t", "\x1b"


class NodeConsole(Vt220):
    """`trivet console` of that node. `answers` counts what was typed, keys that move or go on left out."""

    def __init__(self, machine: Machine) -> None:
        self._end, terminal = pty.openpty()
        super().__init__(self._end)
        self.answers = 0
        self._entered = subprocess.Popen(
            ["setsid", "--ctty", *machine.enter(["trivet", "console"])],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=INSIDE | {"TERM": "vt220"},
        )
        os.close(terminal)

    def answer(self, typed: str) -> None:
        self.answers += 1
        self.type(typed)

    def expect(self, *texts: str, within_s: float = 60) -> str:
        """What stands there in one line, wherever lines break, as soon as all of `words` are part of it."""
        last = time.monotonic() + within_s
        while not all(word in (found := " ".join(self.text.split())) for word in texts):
            if not self.hear(max(0.0, last - time.monotonic())) and time.monotonic() > last:
                raise AssertionError(f"never said {texts!r}:\n{self.text}")
        return found

    def kill(self) -> None:
        """kill -9, whatever it does."""
        for pid in self._inside():
            process = processes.identify(pid)
            if process is not None:
                processes.kill(process, signal.SIGKILL)
        self._entered.wait(60)

    def close(self) -> None:
        if self._entered.poll() is None:
            self.kill()
        os.close(self._end)

    def _inside(self) -> Iterator[int]:
        """nsenter forks once, into the node's pid namespace."""
        yield from reversed(list(processes.children(self._entered.pid)))
        yield self._entered.pid


@contextmanager
def console_of(machine: Machine) -> Iterator[NodeConsole]:
    console = NodeConsole(machine)
    try:
        yield console
    finally:
        console.close()


def read_introduction(machine: Machine) -> tuple[str, str]:
    """The words of the node's fingerprint and its claim code, off its own screen."""
    with console_of(machine) as console:
        text = console.expect("fingerprint", "claim code", "in no site yet")
    words = re.search(r"fingerprint ([a-z]{5}(?:-[a-z]{5}){3})", text)
    code = re.search(r"claim code (\w{4}(?:-\w{4}){3})", text)
    assert words is not None, text
    assert code is not None, text
    return words[1], code[1]
