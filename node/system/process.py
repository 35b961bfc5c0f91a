"""The one seam through which a node runs commands of the operating system; tests hand in a fake instead."""

import os
import subprocess
from collections.abc import Sequence
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
    env = os.environ | {"LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=timeout_s, env=env, check=False, errors="replace"
        )
    except FileNotFoundError as err:
        raise CommandFailed(argv, f"{argv[0]} is not installed") from err
    except subprocess.TimeoutExpired as err:
        raise CommandFailed(argv, f"it took longer than {timeout_s:g} s") from err
    if done.returncode != 0:
        reason = done.stderr.strip() or done.stdout.strip()
        raise CommandFailed(argv, reason, status=done.returncode, stdout=done.stdout)
    return done.stdout
