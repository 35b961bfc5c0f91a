"""Runs a command that may take hours: what it writes is told as it comes, and it ends when nobody wants it any more."""

import os
import select
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from node.system.process import CommandFailed

POLL_S = 1.0  # how soon it ends when it is no longer wanted


class RunWhile(Protocol):
    """Raises CommandFailed, also for a command that was killed because `is_wanted` said no."""

    def __call__(self, *argv: str, is_wanted: Callable[[], bool], notify: Callable[[str], None]) -> None: ...


def run_while(*argv: str, is_wanted: Callable[[], bool], notify: Callable[[str], None]) -> None:
    """The real RunWhile."""
    with tempfile.TemporaryFile() as errors, _start(argv, errors.fileno()) as process:
        try:
            _follow(process, argv, is_wanted, notify)
        except BaseException:
            with suppress(ProcessLookupError):
                process.kill()
            raise
        if process.wait() != 0:
            errors.seek(0)
            reason = errors.read().decode(errors="replace")
            raise CommandFailed(argv, reason, status=process.returncode)


def _start(argv: tuple[str, ...], errors: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError as err:
        raise CommandFailed(argv, f"{argv[0]} is not installed") from err


def _follow(
    process: subprocess.Popen[bytes],
    argv: tuple[str, ...],
    is_wanted: Callable[[], bool],
    notify: Callable[[str], None],
) -> None:
    """Until it closes its output."""
    assert process.stdout is not None
    fd = process.stdout.fileno()
    while True:
        if not is_wanted():
            raise CommandFailed(argv, "nobody asked about it any more")
        if select.select([fd], [], [], POLL_S)[0]:
            text = os.read(fd, 4096)
            if not text:
                return
            notify(text.decode(errors="replace"))
