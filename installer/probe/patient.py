"""Runs commands that read disks: one that hangs in the kernel cannot be killed, so it is left behind instead."""

import os
import subprocess
from contextlib import suppress

from node.system.process import CommandFailed


def run_or_leave(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
    """As `node.system.process.run`, but for two things: after a time-out nobody waits for the end of the command, and
    the failure has what it had written by then."""
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )
    except OSError as err:
        raise CommandFailed(argv, f"{argv[0]} cannot be run: {err.strerror}") from err
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout_s)
    except subprocess.TimeoutExpired as err:
        with suppress(ProcessLookupError):
            process.kill()
        written = err.stdout.decode(errors="replace") if isinstance(err.stdout, bytes) else err.stdout or ""
        raise CommandFailed(argv, f"it took longer than {timeout_s:g} s", stdout=written) from err
    if process.returncode != 0:
        raise CommandFailed(argv, stderr.strip() or stdout.strip(), status=process.returncode, stdout=stdout)
    return stdout
