"""Backends held to the contract in namespaces, with what any kernel that runs the tests has."""

import asyncio

import pytest

from tests.integration.netconf.bare import Bare
from tests.integration.netconf.cases import for_backend
from tests.integration.netconf.contract import Case, check_case
from tests.integration.netconf.machine import Machine


def _cases(backend: str) -> pytest.MarkDecorator:
    cases = [case for case in for_backend(backend) if case.anywhere]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@_cases("networkmanager")
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

    await check_case(network, case, ask)


@_cases("kernel")
async def test_a_layout_with_the_kernel_alone(bare: Bare, case: Case) -> None:
    await check_case(bare.network(), case, bare.ask)
