"""Every page at 80 x 24, as it is kept: what an operator sees on his way, and every way back."""

import asyncio
import tomllib

from hosted_engine.deploy.progress import ProgressReporter
from hosted_engine.deploy.run import Done
from installer.console.app import ConsoleApp
from installer.console.deploy_page import DeployPage
from node.config import Config
from tests.fakes.clock import FakeClock
from tests.unit.installer.console.machine import Machine, shows
from tests.unit.installer.console.operator import Operator
from tests.unit.installer.console.test_actions import join
from tests.unit.netconf.screens.console import SIZE

FINGERPRINT = "7f0000013f54dcc1".ljust(64, "0")


def fixed(machine: Machine) -> None:
    """Keys that are the same at each run."""
    for number, node in enumerate(machine.world.nodes.values(), 1):
        node.host.fingerprint = FINGERPRINT[:-1] + str(number)


async def test_the_way_to_a_site(machine: Machine) -> None:
    fixed(machine)
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c", "a", "192.0.2.12")
        await shows(pilot, "address", "192.0.2.12")
        await operator.goes("enter")
        await shows(pilot, "words", "lusab-babad-gutih-tugad")
        await operator.goes(" ", "tab", machine.world.nodes["node2"].host.claim_code, "enter")
        await operator.expect("2 nodes: add 1 more")
        await operator.goes("1")
        await operator.expect("Node node1")
        await operator.goes("tab", "tab", "tab", "/x")
        await shows(pilot, "member", "/gluster/data/brick/x")
        await operator.goes("escape", "d", "g")
        await operator.expect("Engine and site")
        await operator.goes("engine.test", "tab", "192.0.2.11")
        await shows(pilot, "engine-mistake", "node1 does not go with it")
        await operator.goes("backspace", "0", "enter")
        await operator.expect("The answers, as")
        await operator.goes("escape")
        await operator.expect("Engine and site", "[192.0.2.10")
        await operator.goes("escape")
        await operator.expect("Nodes of the site")
        await operator.goes("escape")
        await operator.expect("What can be done")
        await operator.goes("escape")
        await operator.expect("Trivet: this node")


async def test_the_pages_of_the_menu(machine: Machine) -> None:
    join(machine)
    machine.run.answers["virsh"] = "vm7\n"
    async with machine.on() as pilot:
        operator = Operator(pilot)
        for key, name, words in (
            ("l", "logs", "messages since the boot"),
            ("m", "maintenance", "this host gives the engine away"),
            ("p", "password", "New password"),
            ("r", "reboot-refused", "VMs run here and would be shut down: vm7"),
            ("c", "member-refused", "member of site branch-7 already"),
        ):
            await operator.expect("Trivet: this node")
            await operator.goes("enter", key)
            await shows(pilot, name, words)
            await operator.goes("escape")
            await operator.expect("What can be done")
            await operator.goes("escape")
        machine.run.answers["virsh"] = ""
        await operator.goes("enter", "o")
        await shows(pilot, "power-off", "No volume loses its quorum without this node")


async def test_a_deploy_on_the_screen(machine: Machine) -> None:
    """Steps that are done below, what goes on above; after an error what it was, and how to go on."""

    async def begin(reporter: ProgressReporter) -> Done:
        for number in range(1, 30):
            reporter.report(f"[{number}/30] Make thing {number}: done in 0.{number} s")
        reporter.report("[30/30] Wait for the engine … 7 s: connection refused")
        await asyncio.sleep(3600)
        raise AssertionError

    app = ConsoleApp(machine.dependencies)
    async with app.run_test(size=SIZE) as pilot:
        operator = Operator(pilot)
        await operator.expect("Trivet: this node")
        await app.push_screen(DeployPage(begin, FakeClock()))
        await shows(pilot, "deploy", "Wait for the engine ... 7 s")
        await operator.goes("escape")
        await shows(pilot, "deploy-stop", "Stop it?")
        await operator.goes("escape")
        await operator.expect("Esc: stop")
        await operator.goes("escape", "s")
        await shows(pilot, "deploy-stopped", "This did not come to its end.")
        await operator.goes("enter")
        await operator.expect("Wait for the engine ... 7 s")
        await operator.goes("escape", "s")
        await operator.expect("This did not come to its end.")
        await operator.goes("escape")
        await operator.expect("Trivet: this node")


async def test_a_configuration_with_a_mistake_ends_no_console(machine: Machine) -> None:
    """Every entry that needs it says so; the others work."""

    def broken() -> Config:
        raise tomllib.TOMLDecodeError("Invalid value (at line 3, column 8)")

    machine.read_settings = broken
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter")
        for key in ("c", "b", "m", "r", "o"):
            await operator.expect("What can be done")
            await operator.goes(key)
            await operator.expect("this did not succeed", "Invalid value (at line 3, column 8)")
            await operator.goes("enter")
        await operator.goes("s", "n")
        await operator.expect("What can be done")
    assert len(machine.outside) == 2
