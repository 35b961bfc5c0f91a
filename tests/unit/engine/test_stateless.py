"""Stateless runs: what a VM writes goes with the end of its run, however that comes."""

import pytest

from hosted_engine.engine.disks.entity import DISK_ATTACHMENTS
from hosted_engine.engine.disks.model import DiskFormat, DiskStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.snapshots.model import Snapshot, SnapshotType
from hosted_engine.engine.snapshots.sweeper import FIRST_PAUSE_S, ImageSweeper
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.commands.suspend import ResumeSuspendedVm, SuspendVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.lifecycle import lost, unknown, vm_reported
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.vms import DownReason, VmReport, VmState
from node.api.problems import Failed, NodeNonResponsive
from node.steps import StepFailed
from tests.fakes.engine import World
from tests.unit.engine.scenes import (
    acting,
    adding,
    changing,
    detaching,
    done,
    events_of,
    new_disk,
    removing,
    running_vm,
    snapshot_of,
    tiny_vm,
    vm_of,
)
from tests.unit.engine.task_scenes.vms import stateless_vm
from tests.unit.engine.test_snapshots import disk_of, read, take, write


async def stateless_run(world: World) -> str:
    """It has written a word before, and one in its run."""
    vm_id = await stateless_vm(world)
    write(world, vm_id, "kept")
    await done(world, StartVm(id=vm_id))
    write(world, vm_id, "gone")
    assert read(world, vm_id) == ("kept", "gone")
    return vm_id


def snapshot_types(world: World, vm_id: str) -> set[SnapshotType]:
    with world.store.transaction() as tx:
        return {one.type for one in tx.of(Snapshot).list(vm_id=vm_id)}


async def swept(world: World) -> None:
    await ImageSweeper(world.engine).observe()


async def test_a_stateless_run_writes_to_images_of_its_own() -> None:
    world = World()
    vm_id = await stateless_vm(world)
    before = disk_of(world, vm_id)
    await done(world, StartVm(id=vm_id))
    after = disk_of(world, vm_id)
    assert (after.parent_image_id, after.format, after.status) == (before.image_id, DiskFormat.COW, DiskStatus.OK)
    node = next(node for node in world.nodes.values() if node.machines.running())
    assert after.image in [disk.image for disk in node.machines.spec(vm_id).disks]
    assert snapshot_types(world, vm_id) == {SnapshotType.ACTIVE, SnapshotType.STATELESS}
    assert events_of(world)[-1] == "USER_RUN_VM_AS_STATELESS"


@pytest.mark.parametrize("reason", [None, DownReason.SHUTDOWN, DownReason.CRASHED])
async def test_its_disks_are_as_before_when_it_is_down(reason: DownReason | None) -> None:
    """Stopped, or as its host says."""
    world = World()
    images = len(snapshot_of(world)["images"])
    vm_id = await stateless_run(world)
    if reason is None:
        await done(world, StopVm(id=vm_id))
    else:
        vm = vm_of(world, vm_id)
        world.nodes[str(vm.node_id)].machines.destroy_vm(vm_id)
        report = VmReport(id=vm_id, name=vm.name, state=VmState.DOWN, reason=reason, since=vm.reported_at + 1)
        with world.store.transaction() as tx:
            vm_reported(tx, str(vm.node_id), report, world.now)
    assert vm_of(world, vm_id).status is VmStatus.DOWN
    assert (read(world, vm_id), snapshot_types(world, vm_id)) == (("kept",), {SnapshotType.ACTIVE})
    await swept(world)
    assert (snapshot_of(world)["layers"], len(snapshot_of(world)["images"])) == ([], images + 2)
    assert read(world, vm_id) == ("kept",)


async def test_each_run_begins_with_what_was_there_before_whether_it_was_swept_or_not() -> None:
    world = World()
    vm_id = await stateless_run(world)
    for _ in range(3):
        await done(world, StopVm(id=vm_id))
        await done(world, StartVm(id=vm_id))
        assert read(world, vm_id) == ("kept",)
        write(world, vm_id, "gone again")
    await swept(world)
    assert read(world, vm_id) == ("kept", "gone again")
    await done(world, StopVm(id=vm_id))
    await swept(world)
    assert (read(world, vm_id), snapshot_of(world)["layers"]) == (("kept",), [])


@pytest.mark.parametrize("rebooted", [True, False])
async def test_what_it_wrote_goes_with_its_host_too(rebooted: bool) -> None:
    world = World()
    vm_id = await stateless_run(world)
    vm = vm_of(world, vm_id)
    with world.store.transaction() as tx:
        unknown(tx, vm, world.now)
    assert read(world, vm_id) == ("kept", "gone"), "it may well run"
    await swept(world)
    assert read(world, vm_id) == ("kept", "gone")
    vm = vm_of(world, vm_id)
    with world.store.transaction() as tx:
        lost(tx, vm, world.now, rebooted=rebooted)
    assert (read(world, vm_id), snapshot_types(world, vm_id)) == (("kept",), {SnapshotType.ACTIVE})


async def test_a_start_that_nobody_can_tell_of_keeps_what_it_may_write() -> None:
    world = World()
    vm_id = await stateless_vm(world)
    write(world, vm_id, "kept")
    for node in world.nodes.values():
        node.lose_answer("start_vm", times=9)
        node.fail("destroy_vm", NodeNonResponsive(node="node1", request="destroy_vm", reason="no answer"), times=9)
    with pytest.raises(StepFailed):
        await done(world, StartVm(id=vm_id))
    vm = vm_of(world, vm_id)
    assert (vm.status, snapshot_types(world, vm_id)) == (
        VmStatus.UNKNOWN,
        {SnapshotType.ACTIVE, SnapshotType.STATELESS},
    )
    write(world, vm_id, "gone")
    with world.store.transaction() as tx:
        lost(tx, vm, world.now, rebooted=False)
    assert read(world, vm_id) == ("kept",)


async def test_one_run_alone_may_be_stateless_or_not() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    await done(world, StartVm(id=vm_id, stateless=True))
    write(world, vm_id, "gone")
    await done(world, StopVm(id=vm_id))
    await done(world, StartVm(id=vm_id))
    write(world, vm_id, "kept")
    await done(world, StopVm(id=vm_id))
    await done(world, changing(world, VMS, vm_id, stateless=True))
    await done(world, StartVm(id=vm_id, stateless=False))
    write(world, vm_id, "kept as well")
    await done(world, StopVm(id=vm_id))
    assert read(world, vm_id) == ("kept", "kept as well")


async def test_a_running_vm_becomes_stateless_with_its_next_start() -> None:
    world = World()
    vm_id = await running_vm(world)
    await done(world, changing(world, VMS, vm_id, stateless=True))
    assert (vm_of(world, vm_id).stateless, vm_of(world, vm_id).next_run) == (False, {"stateless": True})
    write(world, vm_id, "kept")
    await done(world, StopVm(id=vm_id))
    await done(world, StartVm(id=vm_id))
    write(world, vm_id, "gone")
    await done(world, StopVm(id=vm_id))
    assert read(world, vm_id) == ("kept",)


async def test_its_snapshots_stay_as_they_are_while_it_runs() -> None:
    world = World()
    vm_id = await stateless_vm(world)
    taken = await take(world, vm_id)
    await done(world, StartVm(id=vm_id))
    for command in (adding(world, SNAPSHOTS, vm_id=vm_id, description="no"), removing(world, SNAPSHOTS, taken)):
        with pytest.raises(WrongState, match="it runs stateless"):
            await done(world, command)
    with pytest.raises(WrongState, match="it runs stateless"):
        await done(world, SuspendVm(id=vm_id))
    with pytest.raises(WrongState):
        await done(world, acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=taken))
    await done(world, StopVm(id=vm_id))
    await done(world, removing(world, SNAPSHOTS, taken))
    assert snapshot_types(world, vm_id) == {SnapshotType.ACTIVE}


async def test_a_suspended_vm_goes_on_with_what_it_wrote() -> None:
    world = World()
    vm_id = await running_vm(world)
    write(world, vm_id, "kept")
    await done(world, SuspendVm(id=vm_id))
    await done(world, changing(world, VMS, vm_id, stateless=True))
    await done(world, ResumeSuspendedVm(id=vm_id))
    assert snapshot_types(world, vm_id) == {SnapshotType.ACTIVE}
    await done(world, StopVm(id=vm_id))
    assert read(world, vm_id) == ("kept",)


async def test_neither_a_preview_nor_a_highly_available_vm_runs_stateless() -> None:
    world = World()
    vm_id = await stateless_vm(world)
    await done(world, acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=await take(world, vm_id)))
    with pytest.raises(WrongState, match="is in preview"):
        await done(world, StartVm(id=vm_id))
    await done(world, acting(world, VMS, vm_id, "undo_snapshot"))
    await done(world, changing(world, VMS, vm_id, high_availability=True))
    with pytest.raises(WrongState, match="highly available"):
        await done(world, StartVm(id=vm_id))
    assert vm_of(world, vm_id).status is VmStatus.DOWN


async def test_what_is_written_to_a_shared_disk_stays_and_is_said() -> None:
    world = World()
    vm_id = await stateless_vm(world)
    shared = new_disk(world, "shared", shareable=True, format=DiskFormat.RAW)
    await done(world, shared)
    await done(world, adding(world, DISK_ATTACHMENTS, owner_id=vm_id, disk={"id": shared.id}, active=True))
    await done(world, StartVm(id=vm_id))
    with world.store.transaction() as tx:
        (event,) = tx.events.list(limit=1)
        assert tx.disk_images.count(disk_id=shared.id) == 0
    assert (event.name, event.code) == ("USER_RUN_VM_AS_STATELESS_WITH_DISKS_NOT_ALLOWING_SNAPSHOT", 171)
    assert "shared" in event.description


async def test_a_vm_without_disks_of_its_own_just_runs() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    with world.store.transaction() as tx:
        _without_disks(tx, vm_id)
    await done(world, StartVm(id=vm_id, stateless=True))
    assert snapshot_types(world, vm_id) == {SnapshotType.ACTIVE}
    assert events_of(world)[-1] == "USER_RUN_VM"


async def test_an_image_that_cannot_be_removed_is_tried_again_later() -> None:
    world = World()
    vm_id = await stateless_run(world)
    await done(world, StopVm(id=vm_id))
    sweeper = ImageSweeper(world.engine)
    for node in world.nodes.values():
        node.fail("remove_image", Failed(), times=2)
    await sweeper.observe()
    left = len(snapshot_of(world)["layers"])
    assert left > 0
    for node in world.nodes.values():
        node.fail("remove_image", Failed(), times=0)
    await sweeper.observe()
    assert len(snapshot_of(world)["layers"]) == left, "its pause is not over"
    world.now += FIRST_PAUSE_S
    await sweeper.observe()
    assert snapshot_of(world)["layers"] == []


async def test_while_what_a_run_wrote_is_still_there_that_is_the_reason() -> None:
    world = World()
    vm_id = await stateless_run(world)
    await done(world, StopVm(id=vm_id))
    for command in (detaching(world, vm_id, disk_of(world, vm_id).id), RemoveVm(id=vm_id, detach_only=True)):
        with pytest.raises(WrongState, match="is being removed"):
            await done(world, command)
    await swept(world)
    await done(world, RemoveVm(id=vm_id, detach_only=True))


async def test_what_was_not_swept_yet_goes_with_its_vm() -> None:
    world = World()
    images = len(snapshot_of(world)["images"])
    vm_id = await stateless_run(world)
    await done(world, StopVm(id=vm_id))
    await done(world, RemoveVm(id=vm_id))
    assert (len(snapshot_of(world)["images"]), snapshot_of(world)["layers"]) == (images, [])


async def test_a_vm_that_ended_while_the_engine_was_away_is_not_started_once_more() -> None:
    """Its start goes on after the crash; the node's word of its end came first."""
    world = World()
    vm_id = await stateless_run(world)
    start = StartVm(id=vm_id)
    await done(world, StopVm(id=vm_id))
    steps = start.plan(world.engine._dependencies)
    assert vm_of(world, vm_id).status is VmStatus.DOWN
    await steps[-1].do()
    assert all(vm.state is VmState.DOWN for node in world.nodes.values() for vm in node.machines.vms())


def _without_disks(tx: Transaction, vm_id: str) -> None:
    for attachment in tx.disk_attachments.list(owner_id=vm_id):
        tx.disk_attachments.remove(attachment.id)
