"""Starts watchdogs out of a process that has loaded all they need: a new Python takes long in an emulated machine."""

import os
import sys
from pathlib import Path

from netconf.kernel import watchdog


class Zygote:
    """Made before there are threads or an event loop."""

    def __init__(self) -> None:
        asked, self._ask = os.pipe()
        self._heard, said = os.pipe()
        if os.fork() == 0:
            os.close(self._ask)
            os.close(self._heard)
            _serve(asked, said)
            os._exit(0)
        os.close(asked)
        os.close(said)

    def start(self, folder: Path, change: str) -> None:
        """As netconf.kernel.guarding.start_watchdog."""
        os.write(self._ask, f"{folder} {change}\n".encode())
        if os.read(self._heard, 64) != b"ready\n":
            raise OSError("the watchdog ended at once")


def _serve(asked: int, said: int) -> None:
    with open(asked) as lines:
        for line in lines:
            child = os.fork()
            if child == 0:
                os.dup2(said, 1)
                os.close(said)
                sys.argv[1:] = line.split()
                watchdog.main()
                os._exit(0)
            os.waitpid(child, 0)
