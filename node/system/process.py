"""The one seam through which a node runs commands of the operating system; tests hand in a fake instead."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from node.api.problems import Failed


class Run(Protocol):
    """Run a command, return its standard output. Raises CommandFailed on an exit status above 0, a command that is
    not there, and on a time-out (the command is killed then)."""

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str: ...


class CommandFailed(Failed):
    what = "The command {command} did not succeed"
    why = "{reason}"
    mend = "Mend what the reason names and try again"

    def __init__(self, argv: Sequence[str], reason: str, *, status: int | None = None, stdout: str = "") -> None:
        super().__init__(command=" ".join(argv[:3]), reason=reason.strip() or f"it ended with {status}")
        self.exit_status = status
        self.stdout = stdout


def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
    """The real Run. Output is read as UTF-8, messages come untranslated."""
    return _run(argv, stdin, timeout_s, group=None)


def run_as_group(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
    """As `run`; on a time-out all is killed that the command has started and that did not leave its process group.
    `gluster volume heal … info` has a child that would go on for minutes, as a client of the volume."""
    return _run(argv, stdin, timeout_s, group=0)


def run_or_leave(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
    """As `run`, for commands that may hang in the kernel, where nothing ends them: on a time-out the command is killed
    and nobody waits for its end; the failure has what it had written by then."""
    process = _start(argv, group=None)
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout_s)
    except subprocess.TimeoutExpired as err:
        _kill(process, is_group=False)
        written = err.stdout.decode(errors="replace") if isinstance(err.stdout, bytes) else err.stdout or ""
        raise CommandFailed(argv, _late(timeout_s), stdout=written) from err
    return _output(argv, process.returncode, stdout, stderr)


def _run(argv: Sequence[str], stdin: str, timeout_s: float, *, group: int | None) -> str:
    with _start(argv, group=group) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout_s)
        except BaseException as err:
            _kill(process, is_group=group is not None)
            if isinstance(err, subprocess.TimeoutExpired):
                raise CommandFailed(argv, _late(timeout_s)) from err
            raise
    return _output(argv, process.returncode, stdout, stderr)


def _start(argv: Sequence[str], *, group: int | None) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            process_group=group,
        )
    except FileNotFoundError as err:
        raise CommandFailed(argv, f"{argv[0]} is not installed") from err


def _output(argv: Sequence[str], status: int, stdout: str, stderr: str) -> str:
    if status != 0:
        raise CommandFailed(argv, stderr.strip() or stdout.strip(), status=status, stdout=stdout)
    return stdout


def _late(timeout_s: float) -> str:
    return f"it took longer than {timeout_s:g} s"


def _kill(process: subprocess.Popen[str], *, is_group: bool) -> None:
    with suppress(ProcessLookupError):
        if is_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
