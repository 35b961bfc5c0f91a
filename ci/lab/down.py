"""`lab down` and `lab destroy`: the engine first, then the nodes, then what held them together."""

from concurrent.futures import ThreadPoolExecutor

from ci.lab import engine_vm
from ci.lab.appliance import Appliance
from ci.lab.bmc.switch import Controllers
from ci.lab.engine_vm import EngineOff
from ci.lab.progress import Progress
from node.api.problems import Problem

ENGINE_S = 60.0


def shut_down(appliance: Appliance, progress: Progress) -> None:
    """Shut everything down cleanly; nothing is lost and `lab up` brings it back."""
    Controllers(appliance).stop()
    if appliance.running():
        with progress.step("shut the engine down"):
            _stop_keepers(appliance)
            _stop_engine(appliance, progress)
        with progress.step("shut the nodes down"), ThreadPoolExecutor() as pool:
            list(pool.map(lambda machine: machine.stop(), appliance.machines))
    with progress.step("take the network down"):
        appliance.take_down()


def destroy(appliance: Appliance, progress: Progress) -> None:
    """Switch everything off the hard way and remove every file of the lab."""
    Controllers(appliance).stop()
    with progress.step("switch the nodes off"):
        for machine in appliance.machines:
            machine.kill()
    with progress.step("take the network down"):
        appliance.take_down()
    with progress.step("remove the files"):
        appliance.delete()


def _stop_keepers(appliance: Appliance) -> None:
    """Until the next boot: they would start the engine again on another node."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda one: one.exec("systemctl", "stop", "trivet-ha", check=False), appliance.running()))


def _stop_engine(appliance: Appliance, progress: Progress) -> None:
    try:
        engine = engine_vm.find(appliance.machines)
        if not engine.shut_down(ENGINE_S):
            progress.note(f"the engine did not power off within {ENGINE_S:g} s and goes with its node")
    except EngineOff:
        progress.note("the engine did not run")
    except Problem as problem:
        progress.note(str(problem))
