"""Guests' agents: what they say is told, one that hangs holds up nobody, one that ended is forgotten."""

import asyncio
import threading
from typing import Any

import pytest

from node.vms.guest_watch import FORGET_S
from tests.fakes.clock import FakeClock
from tests.unit.node.guests import GONE, OTHER, REPORT, VM, GuestWorld


async def test_what_is_new_is_told_and_what_is_not_is_not(guest_world: GuestWorld) -> None:
    agent = guest_world.agent()
    await guest_world.poll()
    await guest_world.poll(10)
    assert (guest_world.reports, guest_world.watch.guests()) == ([REPORT], (REPORT,))
    agent.answers["if.1.addr.0.addr"] = "192.0.2.8"
    await guest_world.poll(10)
    assert guest_world.reports[1].nics[0].addresses[0] == "192.0.2.8"
    assert agent.asked == 3


async def test_a_guest_whose_agent_ended_is_forgotten(guest_world: GuestWorld) -> None:
    guest_world.agent()
    await guest_world.poll()
    guest_world.hypervisor.end_agent(VM)
    await guest_world.poll()
    await guest_world.poll()
    assert (guest_world.reports, guest_world.watch.guests()) == ([REPORT, GONE], ())


async def test_a_guest_whose_vm_ended_is_forgotten(guest_world: GuestWorld) -> None:
    guest_world.agent()
    await guest_world.poll()
    guest_world.hypervisor.set(VM, 5, 1)
    await guest_world.poll()
    assert guest_world.reports == [REPORT, GONE]


async def test_an_agent_that_comes_or_goes_is_noticed_at_once(guest_world: GuestWorld) -> None:
    runs = asyncio.create_task(guest_world.watch.run())
    await asyncio.sleep(0.05)
    guest_world.agent()
    async with asyncio.timeout(5):
        while guest_world.reports != [REPORT]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        guest_world.hypervisor.end_agent(VM)
        while guest_world.reports != [REPORT, GONE]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    runs.cancel()


async def test_an_agent_that_hangs_holds_up_no_other(guest_world: GuestWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    guest_world.agent()
    guest_world.agent(OTHER)
    answer = threading.Event()
    there = guest_world.hypervisor.guest_info

    def hangs(vm_id: str) -> Any:
        if vm_id == VM:
            answer.wait(20)
        return there(vm_id)

    monkeypatch.setattr(guest_world.hypervisor, "guest_info", hangs)
    for _ in range(5):
        await guest_world.watch.poll()
    async with asyncio.timeout(5):
        while not guest_world.reports:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert [report.vm_id for report in guest_world.reports] == [OTHER]
    answer.set()
    await guest_world.finish()
    assert {report.vm_id for report in guest_world.reports} == {VM, OTHER}


async def test_an_agent_that_gives_no_answer_is_asked_seldom_and_forgotten_in_the_end(guest_world: GuestWorld) -> None:
    agent = guest_world.agent()
    await guest_world.poll()
    agent.hangs = True
    await guest_world.poll(10)
    agent.hangs = False
    await guest_world.poll(10)
    assert agent.asked == 1  # its next turn comes after a minute
    agent.hangs = True
    await guest_world.poll(60)
    assert guest_world.watch.guests() == (REPORT,)
    await guest_world.poll(FORGET_S)
    assert guest_world.reports == [REPORT, GONE]


async def test_the_clock_of_a_guest_that_stood_still_is_set(guest_world: GuestWorld) -> None:
    runs = asyncio.create_task(guest_world.watch.run())
    await asyncio.sleep(0.05)
    guest_world.agent()
    guest_world.hypervisor.resumed(VM)
    guest_world.hypervisor.resumed(OTHER)  # it has no agent
    async with asyncio.timeout(5):
        while not guest_world.hypervisor.times_set:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len(guest_world.hypervisor.times_set) == 1
    assert FakeClock().now() <= guest_world.hypervisor.times_set[0] <= guest_world.clock.now()
    runs.cancel()
