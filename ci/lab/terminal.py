"""Keeps the consoles of a lab: each runs in a session of the lab's own tmux server and is written to a log."""

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ci.lab.names import Lab
from node.system.process import CommandFailed, Run


class Terminal:
    def __init__(self, lab: Lab, run: Run) -> None:
        self._lab = lab
        self._run = run

    def start(self, session: str, argv: Sequence[str], log: Path) -> None:
        """Run a command in a session of its own, detached; what it shows is added to `log`. The session of one that
        fails stays a moment: tmux drops what it has not passed on when a session ends."""
        self._server()
        self.end(session)
        log.touch(mode=0o600)
        keep = f"cat >> {shlex.quote(str(log))}"
        self._tmux(
            "new-session", "-d", "-x", "120", "-y", "40", "-s", session, f"{shlex.join(argv)} || sleep 1",
            ";", "pipe-pane", "-t", session, "-o", keep,
        )  # fmt: skip

    def sessions(self) -> set[str]:
        try:
            return set(self._tmux("list-sessions", "-F", "#{session_name}").split())
        except CommandFailed:
            return set()

    def answers(self) -> bool:
        """Is there a server behind the socket?"""
        try:
            self._tmux("list-sessions")
        except CommandFailed:
            return False
        return True

    def attach(self, session: str) -> NoReturn:
        """Become the console; Ctrl-b d leaves it."""
        os.execvp("tmux", [*self._argv(), "attach-session", "-t", f"={session}"])

    def stop(self) -> None:
        """End the server and all sessions, wait until its socket is free."""
        try:
            self._tmux("kill-server")
        except CommandFailed:
            self._lab.terminal.unlink(missing_ok=True)  # nobody listened on it
        for _ in range(100):
            if not self.answers():
                return
            time.sleep(0.05)

    def _server(self) -> None:
        self._lab.runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Without exit-empty off the server would vanish under the next command when the last console ends.
        self._tmux("start-server", ";", "set-option", "-s", "exit-empty", "off")

    def end(self, session: str) -> None:
        if session in self.sessions():
            self._tmux("kill-session", "-t", f"={session}")

    def _tmux(self, *arguments: str) -> str:
        return self._run(*self._argv(), *arguments)

    def _argv(self) -> tuple[str, ...]:
        return ("tmux", "-f", "/dev/null", "-S", str(self._lab.terminal))
