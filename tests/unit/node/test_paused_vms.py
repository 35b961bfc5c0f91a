"""VMs that stand still: what paused them, and when they go on."""

import errno

import msgspec
import pytest

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.vms import DownReason, IoError, VmDisk, VmState
from node.api.refusals import (
    LeaseTaken,
    NotMounted,
    VmNotPaused,
)
from node.storage.sanlock import SanlockFailed
from node.vms.hypervisor import DomainAction
from node.vms.resume import ROOM_BYTES
from node.vms.states import FULL, PAUSED, PAUSED_BY_STORAGE, RUNNING, SHUT_OFF
from tests.unit.node.vm_world import VM, World


async def test_a_paused_vm_says_what_paused_it_and_counts_as_running(world: World) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, 5)
    (report,) = await vms.vms()
    assert report.state is VmState.PAUSED
    assert "storage" in report.detail
    assert await vms.count_running() == 1


async def test_a_vm_that_starts_paused_waits_until_it_is_resumed(world: World) -> None:
    spec = msgspec.structs.replace(VM, start_paused=True)
    for _ in range(2):
        report = await world.vms.start_vm(spec)
        assert (report.state, report.detail) == (VmState.PAUSED, "it waits to be resumed")
    await world.vms.resume_paused_by_storage()
    assert (await world.vms.vms())[0].state is VmState.PAUSED
    for _ in range(2):
        assert (await world.vms.resume_vm(VM.id)).state is VmState.UP
    await world.wait_idle()
    assert world.reported == [(VmState.PAUSED, DownReason.NONE), (VmState.UP, DownReason.NONE)]
    await world.vms.destroy_vm(VM.id)
    with pytest.raises(VmNotPaused, match="it is down"):
        await world.vms.resume_vm(VM.id)


async def test_only_vms_paused_by_their_storage_go_on_and_only_when_it_is_back(world: World) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, 1)
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.PAUSED
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.hypervisor.storage_is_away = True
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.PAUSED
    world.hypervisor.storage_is_away = False
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.UP


async def test_a_vm_whose_storage_is_full_waits_for_room_and_says_so(world: World) -> None:
    vms, image = world.vms, ImageRef(storage_domain="data", disk_id="d", image_id="i")
    await vms.start_vm(msgspec.structs.replace(VM, disks=(VmDisk(image=image, format=ImageFormat.RAW),)))
    world.hypervisor.storage_is_full = True
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    assert (await vms.vms())[0].io_error is IoError.EIO, "nobody listened when it was paused"
    world.free = ROOM_BYTES - 1
    await vms.resume_paused_by_storage()
    (report,) = await vms.vms()
    assert (report.state, report.io_error, report.detail) == (VmState.PAUSED, IoError.ENOSPC, FULL)
    assert DomainAction.RESUME not in world.hypervisor.acts
    world.free = ROOM_BYTES
    await vms.resume_paused_by_storage()
    (report,) = await vms.vms()
    assert (report.state, report.io_error) == (VmState.UP, IoError.NONE)


async def test_what_becomes_of_a_paused_vm_is_said_once_and_when_it_changes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "node.vms.resume")
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.missing = NotMounted(storage_domain="data", reason="the volume does not answer")
    for _ in range(3):
        await vms.resume_paused_by_storage()
    world.missing, world.hypervisor.refuse_resume = None, "Failed to acquire lock: Input/output error"
    for _ in range(3):
        await vms.resume_paused_by_storage()
    world.hypervisor.refuse_resume, world.hypervisor.storage_is_away = "", True
    for _ in range(3):
        await vms.resume_paused_by_storage()
    world.hypervisor.storage_is_away = False
    for _ in range(3):
        await vms.resume_paused_by_storage()
    since = "VM my web is paused by its storage since 1970-01-12 13:46:40 UTC and cannot go on yet: "
    assert [record.getMessage() for record in caplog.records] == [
        since + "Cannot use storage domain data: the volume does not answer",
        since + "Failed to acquire lock: Input/output error",
        since + "its storage failed again at once",
        "VM my web goes on; its storage had paused it since 1970-01-12 13:46:40 UTC",
    ]


async def test_a_disk_that_cannot_be_looked_at_is_said_and_holds_up_no_other_vm(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.missing = OSError(errno.EIO, "Input/output error", "/volumes/data/images/disk")
    await vms.resume_paused_by_storage()
    assert "the storage below failed to read or write (Input/output error): /volumes/data/images/disk" in caplog.text
    world.missing = None
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.UP


async def test_a_paused_vm_whose_lease_another_host_has_had_since_is_ended(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It ran there, and what this one has in memory of its disks is of an earlier time."""
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.taken = ("engine", 2)
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.DOWN
    assert "host 2 has had its lease engine since it was paused" in caplog.text


async def test_one_that_is_told_to_go_on_is_ended_as_well(world: World) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.taken = ("engine", 2)
    with pytest.raises(LeaseTaken):
        await vms.resume_vm(VM.id)
    assert (await vms.vms())[0].state is VmState.DOWN


async def test_while_nobody_can_say_who_had_the_lease_nothing_goes_on_and_nothing_is_ended(world: World) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.taken = SanlockFailed(act="tell who had the lease last", reason="Input/output error")
    await vms.resume_paused_by_storage()
    with pytest.raises(SanlockFailed):
        await vms.resume_vm(VM.id)
    assert (await vms.vms())[0].state is VmState.PAUSED


async def test_a_vm_that_was_stopped_while_it_was_paused_is_news_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    vms = await world.running()
    world.missing = NotMounted(storage_domain="data", reason="the volume does not answer")
    for _ in range(2):
        world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
        await vms.resume_paused_by_storage()
        world.hypervisor.set(VM.id, SHUT_OFF, 2)
        await vms.resume_paused_by_storage()
        world.missing, missing = None, world.missing
        await vms.start_vm(VM)
        world.missing = missing
    assert len([record for record in caplog.records if "cannot go on yet" in record.getMessage()]) == 2


async def test_states_of_the_past_do_not_return(world: World) -> None:
    """Resumed after a pause: since counts from the change."""
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, 1)
    await world.wait_idle()
    world.clock.advance(5)
    world.hypervisor.set(VM.id, RUNNING, 1, pid=4711)
    (report,) = await vms.vms()
    assert report.since == world.clock.now()
