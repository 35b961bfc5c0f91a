"""The power switch of a lab's node, as its controller has it in its hands; and two ways in which it can be broken."""

import threading
from pathlib import Path

from ci.lab import supplies
from ci.lab.machine import Machine
from node.system.process import Run


class Fault:
    """Set for a test by a file beside the lab's state: `dead` gives no answer, `liar` says off and cuts nothing."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def is_set(self, kind: str) -> bool:
        return self._file(kind).exists()

    def set(self, kind: str, on: bool) -> None:
        if on:
            self._file(kind).touch(mode=0o600)
        else:
            self._file(kind).unlink(missing_ok=True)

    def _file(self, kind: str) -> Path:
        return self._folder / f"{self._name}.{kind}"


class NodePower:
    """Implements redfish.Power. One thing at a time: a machine that is half off cannot be switched on."""

    def __init__(self, machine: Machine, fault: Fault, run: Run) -> None:
        self._machine, self._fault, self._run = machine, fault, run
        self._one = threading.Lock()
        self._lied = False

    def is_on(self) -> bool:
        if self._fault.is_set("liar"):
            return not self._lied
        return self._machine.supervisor() is not None

    def off(self) -> None:
        if self._fault.is_set("liar"):
            self._lied = True
            return
        with self._one:
            self._machine.kill()

    def on(self) -> None:
        """As it was switched on last; returns before it is up."""
        self._lied = False
        with self._one:
            made_of = supplies.recall(self._machine, self._run)
            self._machine.start(made_of.launch, lower=made_of.lower, shim=made_of.shim)
