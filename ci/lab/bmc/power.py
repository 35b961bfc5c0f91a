"""The power switch of a lab's node, as its controller has it in its hands; and two ways in which it can be broken."""

import sys
import threading
from pathlib import Path

from ci.lab.machine import Machine
from node.system.process import CommandFailed, Run

START_S = 900.0


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
        self._lied = self._starts = False

    def is_on(self) -> bool:
        if self._fault.is_set("liar"):
            return not self._lied
        return self._starts or self._machine.supervisor() is not None

    def off(self) -> None:
        if self._fault.is_set("liar"):
            self._lied = True
            return
        with self._one:
            self._machine.kill()

    def on(self) -> None:
        """Returns at once; it is on from then on, though its images may have to be made first."""
        self._lied = False
        if not self.is_on():
            self._starts = True
            threading.Thread(target=self._start, daemon=True).start()

    def _start(self) -> None:
        """As `lab start` does, in a process of its own: with the code of the working tree as it is then."""
        node = self._machine.node
        command = (sys.executable, "-m", "ci.lab", "start", node.name, "--name", node.lab.name)
        try:
            with self._one:
                self._run(*command, timeout_s=START_S)
        except CommandFailed as err:
            print(err, flush=True)  # noqa: T201 - the output of its process is its log
        finally:
            self._starts = False
