"""Services that the agent starts and that outlive it: units of systemd made for one purpose, which leave no file."""

from collections.abc import Sequence
from typing import Protocol

from node.system.process import CommandFailed, Run

STOP_S = 40.0  # longer than TimeoutStopSec of any of them


class Units(Protocol):
    """`properties` are systemd's, `NAME=VALUE`. Raises CommandFailed."""

    def start(self, name: str, argv: Sequence[str], properties: Sequence[str]) -> None: ...

    def stop(self, name: str) -> None:
        """Returns when nothing of it runs; fine when nothing did."""

    def is_running(self, name: str) -> bool: ...

    def last_log_line(self, name: str) -> str:
        """What it wrote last, for example why it ended."""

    def run(self, argv: Sequence[str], properties: Sequence[str], *, timeout_s: float) -> str:
        """What a command writes that runs in a unit of its own until it ends."""


class TransientUnits:
    def __init__(self, run: Run) -> None:
        self._run = run

    def start(self, name: str, argv: Sequence[str], properties: Sequence[str]) -> None:
        self._run("systemd-run", "--quiet", "--collect", f"--unit={name}", *_property_options(properties), "--", *argv)

    def stop(self, name: str) -> None:
        if self.is_running(name):
            self._run("systemctl", "stop", name, timeout_s=STOP_S)

    def is_running(self, name: str) -> bool:
        """Also while it starts or stops."""
        try:
            state = self._run("systemctl", "is-active", name)
        except CommandFailed as err:
            if not err.stdout:
                raise
            state = err.stdout
        return state.strip() in ("active", "activating", "deactivating", "reloading")

    def last_log_line(self, name: str) -> str:
        lines = self._run("journalctl", f"--unit={name}", "--output=cat", "--lines=20", "--quiet").splitlines()
        own = [line for line in lines if not line.startswith((name, "Start", "Stopp"))]
        return own[-1] if own else ""

    def run(self, argv: Sequence[str], properties: Sequence[str], *, timeout_s: float) -> str:
        bounds = (f"RuntimeMaxSec={timeout_s:.0f}",)
        options = ("--quiet", "--collect", "--wait", "--pipe", *_property_options((*properties, *bounds)))
        return self._run("systemd-run", *options, "--", *argv, timeout_s=timeout_s + STOP_S)


def _property_options(properties: Sequence[str]) -> list[str]:
    return [f"--property={one}" for one in properties]
