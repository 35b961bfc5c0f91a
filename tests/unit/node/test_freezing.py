"""File systems of guests stand still, and never for long."""

import asyncio
from pathlib import Path

import pytest

from node.api.refusals import NotFrozen
from node.vms.freezing import LONGEST_S, Freezing
from node.vms.states import PAUSED
from tests.fakes.clock import FakeClock
from tests.unit.node.guests import VM, GuestWorld


class HandClock(FakeClock):
    """Its sleepers wait until it is turned."""

    def __init__(self) -> None:
        super().__init__()
        self.turned = asyncio.Event()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.turned.wait()


@pytest.fixture
async def freezing(guest_world: GuestWorld, tmp_path: Path) -> Freezing:
    return Freezing(guest_world.hypervisor, guest_world.threads, HandClock(), tmp_path / "frozen")


async def test_what_is_frozen_is_thawed(guest_world: GuestWorld, freezing: Freezing, tmp_path: Path) -> None:
    agent = guest_world.agent()
    assert await freezing.freeze_vm(VM) == 1
    assert agent.frozen
    assert [file.name for file in (tmp_path / "frozen").iterdir()] == [VM]
    assert await freezing.thaw_vm(VM) == 1
    assert not agent.frozen
    assert await freezing.thaw_vm(VM) == 0
    assert list((tmp_path / "frozen").iterdir()) == []


async def test_what_nobody_thaws_is_thawed_in_time(guest_world: GuestWorld, tmp_path: Path) -> None:
    clock, agent = HandClock(), guest_world.agent()
    freezing = Freezing(guest_world.hypervisor, guest_world.threads, clock, tmp_path)
    await freezing.freeze_vm(VM)
    await asyncio.sleep(0)
    assert clock.slept == [LONGEST_S]
    clock.turned.set()
    async with asyncio.timeout(5):
        while agent.frozen:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_an_agent_that_starts_anew_thaws_what_the_one_before_froze(
    guest_world: GuestWorld, freezing: Freezing, tmp_path: Path
) -> None:
    agent = guest_world.agent()
    await freezing.freeze_vm(VM)
    again = Freezing(guest_world.hypervisor, guest_world.threads, HandClock(), tmp_path / "frozen")
    await again.thaw_left()
    assert not agent.frozen
    assert list((tmp_path / "frozen").iterdir()) == []


async def test_what_cannot_be_thawed_at_once_is_tried_again(guest_world: GuestWorld, tmp_path: Path) -> None:
    """libvirt is not there yet; a VM that ended meanwhile needs nothing."""
    agent = guest_world.agent()
    await Freezing(guest_world.hypervisor, guest_world.threads, HandClock(), tmp_path).freeze_vm(VM)
    (tmp_path / "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5fff").write_text("gone")
    agent.hangs, clock = True, HandClock()
    thaws = asyncio.create_task(Freezing(guest_world.hypervisor, guest_world.threads, clock, tmp_path).thaw_left())
    async with asyncio.timeout(5):
        while not clock.slept:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert [file.name for file in tmp_path.iterdir()] == [VM]
    agent.hangs = False
    clock.turned.set()
    await thaws
    assert not agent.frozen
    assert list(tmp_path.iterdir()) == []


async def test_what_cannot_be_frozen_is_refused_and_runs_on(
    guest_world: GuestWorld, freezing: Freezing, tmp_path: Path
) -> None:
    with pytest.raises(NotFrozen, match="not connected"):
        await freezing.freeze_vm(VM)
    with pytest.raises(NotFrozen, match="does not run"):
        await freezing.freeze_vm("6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5fff")
    guest_world.hypervisor.set(VM, PAUSED, 1)
    with pytest.raises(NotFrozen, match="it is paused"):
        await freezing.freeze_vm(VM)
