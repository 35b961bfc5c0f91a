"""The first page: shows what is known, goes on when parts hang, and is legible on any terminal."""

import asyncio
import threading

import pytest

from installer.console.status_part import StatusPart
from tests.unit.installer.console.machine import Machine, shows
from tests.unit.installer.console.operator import Operator
from tests.unit.netconf.screens.console import text


def _all_is_well() -> tuple[StatusPart, ...]:
    return (
        StatusPart(
            "Node", lambda: ("node1, Trivet 0.1.0, member of site branch-7", "fingerprint  lusab-babad-gutih-tugad")
        ),
        StatusPart(
            "Network", lambda: ("ovirtmgmt up: 192.0.2.11/24 static", "gateway 192.0.2.1, name servers 192.0.2.53")
        ),
        StatusPart("Agent", lambda: ("answers",)),
        StatusPart("Volumes", lambda: ("storage is whole", "engine: Started, bricks 3 of 3 online, 12 % used")),
        StatusPart(
            "Engine", lambda: ("engine.test at 192.0.2.10: running on node2, health good", "this host: engine_down")
        ),
        StatusPart("Certificates", lambda: ("this node: until 2028-01-04, 400 days",)),
    )


async def test_a_node_that_is_well(machine: Machine) -> None:
    machine.status_parts = _all_is_well()
    async with machine.on() as pilot:
        await shows(pilot, "status", "400 days")


async def test_everything_is_broken(machine: Machine) -> None:
    """A part hangs for good, another dies of something nobody thought of: the rest is shown, and keys work."""
    forever = threading.Event()

    def hang() -> tuple[str, ...]:
        forever.wait(60)
        return ()

    def die() -> tuple[str, ...]:
        raise ZeroDivisionError("of all things")

    machine.status_parts = (
        StatusPart("Node", lambda: ("node1, Trivet 0.1.0, in no site yet",)),
        StatusPart("Agent", die),
        StatusPart("Volumes", hang, limit_s=0.5),
    )
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.expect("Look at what is marked with !: Agent, Volumes", "! unknown: of all things")
        await operator.expect("! unknown: no answer for")
        await operator.goes("enter")
        await operator.expect("What can be done")
    forever.set()


async def test_on_the_nodes_own_screen_there_is_nothing_to_leave_to(machine: Machine) -> None:
    machine.may_leave = False
    async with machine.on() as pilot:
        operator = Operator(pilot)
        assert "Q: leave" not in await operator.expect("Q: lock")
        await operator.goes("q", "escape")
        await pilot.press("ctrl+c", "ctrl+q")
        await operator.expect("Trivet: this node")


async def test_elsewhere_it_is_left(machine: Machine) -> None:
    async with machine.on() as pilot:
        await Operator(pilot).expect("Q: leave")
        await pilot.press("q")
        for _ in range(100):
            if not pilot.app.is_running:
                break
            await asyncio.sleep(0.02)
        assert pilot.app.return_code == 0


@pytest.mark.parametrize("size", [(5, 20), (20, 5), (79, 24), (1, 1)])
async def test_a_small_terminal_gets_a_sentence_and_no_traceback(machine: Machine, size: tuple[int, int]) -> None:
    async with machine.on(size) as pilot:
        await pilot.press("enter", "c", "down", "escape")
        await pilot.pause()
        assert "Node" not in text(pilot.app)
        await pilot.resize_terminal(80, 24)
        await Operator(pilot).expect("Trivet: this node")
