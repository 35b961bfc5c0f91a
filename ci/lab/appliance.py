"""The whole lab as one thing: its network, its machines, its consoles; everything but the product that runs in it."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ci.lab import cgroups, leftovers, settings
from ci.lab.leftovers import Observed, Removal
from ci.lab.machine import Machine
from ci.lab.names import Lab, UnknownNode
from ci.lab.netns import Network
from ci.lab.supplies import Supplies
from ci.lab.terminal import Terminal
from node.api.problems import Refused
from node.system.process import CommandFailed, Run


class Busy(Refused):
    what = "Lab {name} was left alone"
    why = "another command is bringing it up or down"
    mend = "Wait for that one, or end it"


class Appliance:
    def __init__(self, lab: Lab, made_as: settings.Settings, run: Run) -> None:
        self.lab = lab
        self.settings = made_as
        self.network = Network(lab, run)
        self.terminal = Terminal(lab, run)
        self.machines = tuple(Machine(node, run, self.terminal) for node in lab.nodes(made_as.nodes))
        self._run = run

    @property
    def url(self) -> str:
        return f"https://localhost:{self.settings.port}/ovirt-engine/api"

    def machine(self, name: str) -> Machine:
        for machine in self.machines:
            if machine.node.name == name:
                return machine
        raise UnknownNode(node=name, nodes=", ".join(machine.node.name for machine in self.machines))

    def running(self) -> tuple[Machine, ...]:
        return tuple(machine for machine in self.machines if machine.supervisor() is not None)

    # --- leftovers ---

    def leftovers(self) -> tuple[Removal, ...]:
        """What a killed run or a reboot left of this lab."""
        loops = self._run("losetup", "--noheadings", "--raw", "--output", "NAME,BACK-FILE")
        return leftovers.removals(
            self.lab.name,
            Observed(
                nodes=tuple(machine.node.name for machine in self.machines),
                running=tuple(machine.node.name for machine in self.running()),
                dirty=tuple(machine.node.name for machine in self.machines if self._dirty(machine)),
                mounts=leftovers.parse_mounts(Path("/proc/self/mountinfo").read_text()),
                loops=leftovers.parse_loops(loops),
                terminal_file=self.lab.terminal.exists(),
                terminal_answers=self.terminal.answers(),
            ),
        )

    def remove(self, removal: Removal) -> None:
        match removal.what:
            case "machine":
                self.machine(removal.which).sweep()
            case "mount":
                self._run("umount", "--lazy", removal.which)
            case "loop":
                with suppress(CommandFailed):  # it went by itself with its last mount
                    self._run("losetup", "--detach", removal.which)
            case "terminal":
                self.lab.terminal.unlink(missing_ok=True)

    def clean(self) -> tuple[Removal, ...]:
        """Remove all leftovers; gives what was removed."""
        found = self.leftovers()
        for removal in found:
            self.remove(removal)
        return found

    # --- machines ---

    def start(self, supplies: Supplies) -> None:
        """Switch on every node that is off; returns before they are up."""
        for machine in self.machines:
            machine.start(supplies.launch, lower=supplies.lower, shim=supplies.shim)

    def take_down(self) -> None:
        """What remains when all machines are off: consoles, relay, namespace."""
        self.terminal.stop()
        self.network.remove()
        self.clean()
        cgroups.remove(f"trivet-lab/{self.lab.name}")
        shutil.rmtree(self.lab.runtime, ignore_errors=True)

    def delete(self) -> None:
        """Remove every file of the lab. The images stay: they belong to all labs."""
        shutil.rmtree(self.lab.client, ignore_errors=True)
        shutil.rmtree(self.lab.state)

    def _dirty(self, machine: Machine) -> bool:
        return machine.node.process_file.exists() or bool(cgroups.members(machine.node.cgroup))


@contextmanager
def alone(lab: Lab) -> Iterator[None]:
    """Hold the lab's lock; the kernel gives it back when the holder dies. Raises Busy."""
    lab.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lab.lock_file.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise Busy(name=lab.name) from err
        yield
