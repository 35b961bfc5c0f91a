"""`lab add` and `lab remove`: one more bare node beside those that run, and away again with its disks."""

import shutil

from ci.lab import deploying, settings
from ci.lab.appliance import Appliance
from ci.lab.bmc.switch import Controllers
from ci.lab.machine import Machine
from ci.lab.progress import Progress
from ci.lab.up import AGENT_S, BOOT_S, Up
from node.system.process import Run


def add(appliance: Appliance, progress: Progress, run: Run) -> Machine:
    """The new node, whose agent listens. It counts before it is started: whatever cuts this short, `lab up` goes on.
    Raises Problem."""
    grown = Appliance(appliance.lab, settings.add_node(appliance.lab), run)
    machine = grown.machines[-1]
    with progress.step(f"start {machine.node.name}"):
        ready = Up(grown, progress, run).supplies()
        grown.network.make()
        machine.start(ready.launch, lower=ready.lower, shim=ready.shim)
        machine.wait_ready(BOOT_S)
    with progress.step("wait for its agent"):
        deploying.wait_agent(machine, AGENT_S)
        _restart_controllers(grown)
    return machine


def remove(appliance: Appliance, progress: Progress, run: Run) -> Machine:
    """Switch the node that was added last off the hard way and remove its disks. A site that it belongs to sees a
    dead host. Raises NothingAdded."""
    if not appliance.settings.added:
        raise settings.NothingAdded(name=appliance.lab.name)
    machine = appliance.machines[-1]
    with progress.step(f"remove {machine.node.name}"):
        machine.kill()
        appliance.clean()
        shutil.rmtree(machine.node.state, ignore_errors=True)
        settings.remove_node(appliance.lab)
        _restart_controllers(Appliance(appliance.lab, settings.load(appliance.lab), run))
    return machine


def _restart_controllers(appliance: Appliance) -> None:
    """They know the nodes that there were when they started."""
    controllers = Controllers(appliance)
    controllers.stop()
    controllers.start()
