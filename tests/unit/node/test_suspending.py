"""A VM that is suspended, and goes on from its memory once, whatever fails or is killed in between."""

from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from node.api.messages.images import ImageRef
from node.api.messages.vms import DownReason, SuspendRequest, VmState
from node.api.refusals import MemoryUnknown, NotMounted, NotStartable, VmNotUp
from node.storage import layout
from node.vms.hypervisor import DomainAction
from node.vms.states import PAUSED, PAUSED_TO_SAVE, RUNNING
from node.vms.suspending import NotSuspended, Suspending
from tests.unit.fleet.hand_clock import HandClock
from tests.unit.node.vm_world import VM, Cut, World

MEMORY = ImageRef(storage_domain="data", disk_id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5fff", image_id="memory")
REQUEST = SuspendRequest(memory=MEMORY)
AGAIN = msgspec.structs.replace(VM, resume_from=MEMORY)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path, PurePosixPath(tmp_path / "volumes"))
    yield world
    world.threads.close()


@pytest.fixture
def path(world: World) -> Path:
    return Path(layout.image(world.paths.volumes, MEMORY))


def suspending(world: World) -> Suspending:
    async def need(_: str) -> None:
        if world.missing is not None:
            raise world.missing

    return Suspending(world.vms, world.hypervisor, world.threads, world.clock, volumes=world.paths.volumes, need=need)


async def test_it_ends_with_its_memory_and_goes_on_once(world: World, path: Path) -> None:
    await world.running()
    for _ in range(2):
        report = await suspending(world).suspend_vm(VM.id, REQUEST)
        assert (report.state, report.reason) == (VmState.DOWN, DownReason.SAVED)
    assert world.hypervisor.domains() == []
    assert path.exists()
    for _ in range(2):
        assert (await world.vms.start_vm(AGAIN)).state is VmState.UP
    assert not path.exists()
    await world.vms.destroy_vm(VM.id)
    with pytest.raises(MemoryUnknown):
        await world.vms.start_vm(AGAIN)
    with pytest.raises(VmNotUp, match="it is down"):
        await suspending(world).suspend_vm(VM.id, REQUEST)


async def test_one_that_cannot_be_saved_runs_on_and_leaves_no_file(world: World, path: Path) -> None:
    await world.running()
    world.hypervisor.refuse_save = "No space left on device"
    with pytest.raises(NotSuspended, match="No space left"):
        await suspending(world).suspend_vm(VM.id, REQUEST)
    assert [vm.state for vm in await world.vms.vms()] == [VmState.UP]
    assert not path.exists()
    world.missing = NotMounted(storage_domain="data", reason="it is not mounted")
    with pytest.raises(NotMounted):
        await suspending(world).suspend_vm(VM.id, REQUEST)


async def test_a_memory_that_cannot_be_resumed_from_is_kept(world: World, path: Path) -> None:
    await world.running()
    await suspending(world).suspend_vm(VM.id, REQUEST)
    world.hypervisor.refuse_restore = "the file is damaged"
    with pytest.raises(NotStartable, match="the file is damaged"):
        await world.vms.start_vm(AGAIN)
    assert path.exists()
    world.hypervisor.refuse_restore = ""
    assert (await world.vms.start_vm(AGAIN)).state is VmState.UP


async def test_a_memory_of_another_vm_is_not_started(world: World) -> None:
    await world.running()
    await suspending(world).suspend_vm(VM.id, REQUEST)
    other = msgspec.structs.replace(AGAIN, id="7f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60")
    with pytest.raises(MemoryUnknown):
        await world.vms.start_vm(other)


async def test_it_can_be_resumed_paused(world: World) -> None:
    await world.running()
    await suspending(world).suspend_vm(VM.id, REQUEST)
    assert (await world.vms.start_vm(msgspec.structs.replace(AGAIN, start_paused=True))).state is VmState.PAUSED
    assert (await world.vms.resume_vm(VM.id)).state is VmState.UP
    assert world.hypervisor.acts == [DomainAction.RESUME]


async def test_an_agent_that_finds_it_on_its_way_waits_for_its_end(world: World, path: Path) -> None:
    """Killed after libvirt began to save."""
    world.clock = HandClock()  # type: ignore[assignment]
    world.vms = world.agent(world.clock)
    await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_TO_SAVE)
    report = await world.vms.vm(VM.id)
    assert report is not None
    assert report.state is VmState.SAVING
    saves = suspending(world)
    world.hypervisor.set(VM.id, RUNNING, 1)
    path.parent.mkdir(parents=True)
    world.hypervisor.save(VM.id, str(path))
    assert (await saves.suspend_vm(VM.id, REQUEST)).reason is DownReason.SAVED


@pytest.mark.parametrize("restored", [False, True])
async def test_a_memory_is_never_resumed_from_twice_whatever_is_killed(
    restored: bool, world: World, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disks may have gone on: then it is lost, as with the power of its host."""
    await world.running()
    await suspending(world).suspend_vm(VM.id, REQUEST)
    restore = world.hypervisor.restore

    def cut(path: str, xml: str, *, paused: bool = False) -> None:
        if restored:
            restore(path, xml, paused=paused)
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(world.hypervisor, "restore", cut)
        with pytest.raises(Cut):
            await world.vms.start_vm(AGAIN)
    agent = world.agent()
    if restored:
        assert (await agent.start_vm(AGAIN)).state is VmState.UP
    else:
        with pytest.raises(MemoryUnknown):
            await agent.start_vm(AGAIN)


async def test_a_guest_that_does_not_heed_its_power_button_is_up_again_after_two_minutes(world: World) -> None:
    clock = HandClock()
    world.vms = world.agent(clock)
    world.hypervisor.guests_obey = False
    await world.running()
    asked = await world.vms.shutdown_vm(VM.id)
    assert asked.state is VmState.SHUTTING_DOWN
    await clock.turn(100)
    assert (await world.vms.vms())[0].state is VmState.SHUTTING_DOWN
    await clock.turn(30)
    await world.wait_idle()
    (report,) = await world.vms.vms()
    assert (report.state, report.since > asked.since) == (VmState.UP, True)
    assert [state for state, _ in world.reported] == [VmState.UP, VmState.SHUTTING_DOWN, VmState.UP]
