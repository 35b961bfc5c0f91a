"""NetworkManager held to the contract in namespaces, with what any kernel that runs the tests has."""

import asyncio

import pytest

from tests.integration.netconf.cases import CASES
from tests.integration.netconf.contract import Case, hold
from tests.integration.netconf.machine import Machine

_HERE = {"vxlan"}  # what any kernel that runs a lab has


@pytest.mark.parametrize("case", [c for c in CASES if set(c.needs) <= _HERE], ids=lambda case: case.name)
async def test_a_layout(machine: Machine, case: Case) -> None:
    network = await machine.power_on()
    for number in (1, 2):
        machine.ip("link", "add", f"eth{number}", "type", "veth", "peer", "name", f"cable{number}")
        machine.ip("link", "set", f"cable{number}", "up")

    async def ask(*argv: str) -> str:
        inside = ("nsenter", f"--net={machine.netns}", *argv)
        process = await asyncio.create_subprocess_exec(*inside, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        return said.decode()

    await hold(network, case, ask)
