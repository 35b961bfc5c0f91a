"""A lab whose nodes belong to no site yet, and a deploy on its first node, or its undoing, that a test can kill."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from rich.console import Console

from ci.lab import deploying, down, processes, settings
from ci.lab.appliance import Appliance, alone
from ci.lab.deploying import ANSWERS
from ci.lab.machine import Machine
from ci.lab.names import Lab
from ci.lab.progress import Progress
from ci.lab.up import Up
from node.steps import Entry, Mark
from node.system.process import run

JOURNALS = "/var/lib/trivet/deploy/journal"


@contextmanager
def bare_lab(name: str, *, answers: bool = True) -> Iterator[Appliance]:
    """Three nodes that nobody has claimed, with the answers on the first unless a test gives them itself; a lab of its
    own that is removed again."""
    lab = Lab(name)
    progress = Progress(Console())
    with alone(lab):
        if settings.find(lab) is not None:
            down.destroy(Appliance(lab, settings.load(lab), run), progress)
    with alone(lab):
        appliance = Appliance(lab, settings.make(lab, 3), run)
        try:
            Up(appliance, progress, run).nodes()
            machines = appliance.machines
            if answers:
                deploying.hand_answers(machines[0], [deploying.introduce(machine) for machine in machines])
            yield appliance
        finally:
            down.destroy(appliance, progress)


class DeployRun:
    """One process of `trivet deploy`."""

    def __init__(self, machine: Machine, *options: str) -> None:
        command = machine.enter(["env", "PYTHONUNBUFFERED=1", "trivet", "deploy", ANSWERS, *options])
        self._entered = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def kill(self) -> None:
        """kill -9, in the middle of whatever it does."""
        for pid in processes.children(self._entered.pid):
            process = processes.identify(pid)
            if process is not None:
                processes.kill(process, signal.SIGKILL)
        self._entered.communicate()

    def running(self) -> bool:
        return self._entered.poll() is None

    def end(self) -> tuple[int, str]:
        """Wait for its end; exit status and what it said."""
        said, _ = self._entered.communicate()
        return self._entered.returncode, said

    def kill_when(self, ready: Callable[[], bool]) -> bool:
        """Kill it as soon as `ready`; False when it ended before."""
        while self.running():
            if ready():
                self.kill()
                return True
            time.sleep(0.02)
        return False


def begun(machine: Machine, *, journals: str = "*.jsonl") -> set[str]:
    """The keys of all steps that were begun by any run since the site was taken back last."""
    text = machine.exec("sh", "-c", f"cat {JOURNALS}/{journals} 2>/dev/null || true").stdout
    entries = [msgspec.json.decode(line, type=Entry) for line in text.splitlines() if line.endswith("}")]
    return {entry.key for entry in entries if entry.mark is Mark.STARTED}


def begun_back(machine: Machine) -> set[str]:
    """The keys of all steps that have begun to be taken back."""
    return begun(machine, journals="*-back.jsonl")
