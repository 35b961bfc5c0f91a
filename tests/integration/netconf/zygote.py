"""Starts watchdogs out of a process that has loaded all they need: a new Python takes long in an emulated machine."""

import os
import sys
from pathlib import Path

from netconf.kernel import watchdog


class Zygote:
    """Made before there are threads or an event loop."""

    def __init__(self) -> None:
        requests, self._ask = os.pipe()
        self._replies, replies = os.pipe()
        if os.fork() == 0:
            os.close(self._ask)
            os.close(self._replies)
            _serve(requests, replies)
            os._exit(0)
        os.close(requests)
        os.close(replies)

    def start(self, folder: Path, change: str) -> None:
        """As netconf.kernel.guarding.start_watchdog."""
        os.write(self._ask, f"{folder} {change}\n".encode())
        if os.read(self._replies, 64) != b"ready\n":
            raise OSError("the watchdog ended at once")


def _serve(requests: int, replies: int) -> None:
    with open(requests) as lines:
        for line in lines:
            child = os.fork()
            if child == 0:
                os.dup2(replies, 1)
                os.close(replies)
                sys.argv[1:] = line.split()
                watchdog.main()
                os._exit(0)
            os.waitpid(child, 0)
