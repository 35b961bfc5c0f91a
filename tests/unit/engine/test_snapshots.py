"""Snapshots of VMs that are down: what they keep, previews and ways back, and removals from anywhere in the chain."""

from typing import Any

import pytest

from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.entity import DISK_ATTACHMENTS
from hosted_engine.engine.disks.model import Disk, DiskFormat, DiskStatus
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.problems import BadValue, NotThere, WrongState
from hosted_engine.engine.snapshots.commands.remove import RemoveDiskSnapshot
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.snapshots.model import Snapshot, SnapshotStatus, SnapshotType
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.images import ImageFormat, ImageRef
from node.api.problems import Failed
from node.api.refusals import VmUnknown
from node.steps import StepFailed
from tests.fakes.engine import TINY_ID, World
from tests.unit.engine.scenes import (
    GIB,
    acting,
    adding,
    changing,
    detaching,
    done,
    events_of,
    new_disk_on,
    new_vm,
    reattaching,
    removing,
    running_vm,
    snapshot_of,
    tiny_vm,
    vm_of,
)


def disk_of(world: World, vm_id: str) -> Disk:
    """The VM's first disk."""
    with world.store.transaction() as tx:
        attachment = sorted(tx.disk_attachments.list(owner_id=vm_id), key=lambda one: not one.bootable)[0]
        disk = tx.disks.get(attachment.disk_id)
    assert disk is not None
    return disk


def image_of(disk: Disk) -> ImageRef:
    return disk.image


def write(world: World, vm_id: str, *contents: str) -> None:
    world.shared.write(image_of(disk_of(world, vm_id)), *contents)


def read(world: World, vm_id: str) -> tuple[str, ...]:
    return world.shared.read(image_of(disk_of(world, vm_id)))


async def take(world: World, vm_id: str, description: str = "snap", **given: Any) -> str:
    command = adding(world, SNAPSHOTS, vm_id=vm_id, description=description, **given)
    await done(world, command)
    world.now += 1
    return str(command.wanted.id)


def snapshots(world: World, vm_id: str) -> list[Snapshot]:
    with world.store.transaction() as tx:
        return list(tx.of(Snapshot).list(vm_id=vm_id))


def described(world: World, vm_id: str) -> list[str]:
    return [one.description for one in snapshots(world, vm_id) if one.type is not SnapshotType.ACTIVE]


async def preview(world: World, vm_id: str, snapshot_id: str) -> None:
    await done(world, acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=snapshot_id))


async def chain_of(world: World, count: int) -> tuple[str, list[str]]:
    """A VM with as many snapshots, each after a word of its own was written: w0, w1 …; and one more word."""
    vm_id, taken = await tiny_vm(world), []
    for number in range(count):
        write(world, vm_id, f"w{number}")
        taken.append(await take(world, vm_id, f"s{number}"))
    write(world, vm_id, f"w{count}")
    return vm_id, taken


def contents(count: int) -> tuple[str, ...]:
    return tuple(f"w{number}" for number in range(count))


async def test_a_vm_writes_to_new_images_from_its_snapshot_on() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    before = disk_of(world, vm_id)
    write(world, vm_id, "early")
    command = adding(world, SNAPSHOTS, vm_id=vm_id, description="snap")
    running = await world.engine.perform(command, world.caller)
    assert vm_of(world, vm_id).status is VmStatus.IMAGE_LOCKED
    assert disk_of(world, vm_id).status is DiskStatus.LOCKED
    assert [one.status for one in snapshots(world, vm_id) if one.description == "snap"] == [SnapshotStatus.LOCKED]
    await running.wait()
    write(world, vm_id, "late")
    after = disk_of(world, vm_id)
    assert (after.parent_image_id, after.format, after.status) == (before.image_id, DiskFormat.COW, DiskStatus.OK)
    assert (read(world, vm_id), world.shared.read(image_of(before))) == (("early", "late"), ("early",))
    assert vm_of(world, vm_id).status is VmStatus.DOWN
    assert {one.type for one in snapshots(world, vm_id)} == {SnapshotType.ACTIVE, SnapshotType.REGULAR}
    assert events_of(world)[-2:] == ["USER_CREATE_SNAPSHOT", "USER_CREATE_SNAPSHOT_FINISHED_SUCCESS"]


@pytest.mark.parametrize("order", ["0123456789", "9876543210", "5460937182"])
async def test_a_chain_of_ten_is_removed_in_any_order_and_reads_the_same(order: str) -> None:
    world = World()
    vm_id, taken = await chain_of(world, 10)
    images = len(world.shared.images)
    for number in map(int, order):
        await done(world, removing(world, SNAPSHOTS, taken[number]))
        images -= 1
        assert (read(world, vm_id), len(world.shared.images)) == (contents(11), images)
    assert snapshot_of(world)["layers"] == []
    assert disk_of(world, vm_id).parent_image_id is None
    assert described(world, vm_id) == []


async def test_what_is_left_of_a_chain_can_be_gone_back_to() -> None:
    world = World()
    vm_id, taken = await chain_of(world, 4)
    await done(world, removing(world, SNAPSHOTS, taken[1]))
    await done(world, removing(world, SNAPSHOTS, taken[0]))
    await done(world, acting(world, SNAPSHOTS, taken[2], "restore"))
    assert read(world, vm_id) == contents(3)
    assert described(world, vm_id) == ["s2"]
    assert [one for one in snapshot_of(world)["layers"] if not one.snapshot_id] == []


async def test_a_raw_disk_is_raw_again_when_its_snapshot_is_gone() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    command = adding(
        world,
        DISK_ATTACHMENTS,
        owner_id=vm_id,
        bootable=False,
        disk={
            "name": "raw",
            "storage_domain_id": disk_of(world, vm_id).storage_domain_id,
            "provisioned_size_bytes": GIB,
            "format": DiskFormat.RAW,
            "sparse": False,
        },
    )
    await done(world, command)
    snapshot_id = await take(world, vm_id)
    await done(world, reattaching(world, vm_id, command.disk.id, disk={"provisioned_size_bytes": 2 * GIB}))
    await done(world, removing(world, SNAPSHOTS, snapshot_id))
    with world.store.transaction() as tx:
        disk = tx.disks.get(command.disk.id)
    assert disk is not None
    assert (disk.format, disk.sparse, disk.provisioned_size_bytes) == (DiskFormat.RAW, False, 2 * GIB)
    assert world.shared.images[image_of(disk)].format is ImageFormat.RAW


async def test_a_preview_is_looked_at_and_undone() -> None:
    world = World()
    vm_id, taken = await chain_of(world, 2)
    await done(world, changing(world, VMS, vm_id, memory_bytes=2 * GIB))
    before = snapshot_of(world)
    await preview(world, vm_id, taken[0])
    assert read(world, vm_id) == contents(1)
    assert vm_of(world, vm_id).memory_bytes != 2 * GIB
    states = {one.description: one.status for one in snapshots(world, vm_id)}
    assert (states["s0"], states["s1"]) == (SnapshotStatus.IN_PREVIEW, SnapshotStatus.OK)
    assert "Active VM before the preview" in states
    write(world, vm_id, "scratch")
    await done(world, acting(world, VMS, vm_id, "undo_snapshot"))
    assert read(world, vm_id) == contents(3)
    after = snapshot_of(world)
    assert {name: rows for name, rows in after.items() if name != "nics"} == {
        name: rows for name, rows in before.items() if name != "nics"
    }


async def test_a_preview_is_committed_and_what_came_after_is_gone() -> None:
    world = World()
    vm_id, taken = await chain_of(world, 3)
    await preview(world, vm_id, taken[1])
    write(world, vm_id, "new")
    await done(world, acting(world, VMS, vm_id, "commit_snapshot"))
    assert read(world, vm_id) == (*contents(2), "new")
    assert described(world, vm_id) == ["s0", "s1"]
    disk = disk_of(world, vm_id)
    assert len([image for image in world.shared.images if image.disk_id == disk.id]) == 3
    again = await take(world, vm_id, "after")
    await done(world, removing(world, SNAPSHOTS, taken[1]))
    await done(world, removing(world, SNAPSHOTS, again))
    assert read(world, vm_id) == (*contents(2), "new")


async def test_in_a_preview_nothing_else_is_done_with_snapshots() -> None:
    world = World()
    vm_id, taken = await chain_of(world, 2)
    for action in ("undo_snapshot", "commit_snapshot"):
        with pytest.raises(WrongState, match="none of its snapshots is in preview"):
            await done(world, acting(world, VMS, vm_id, action))
    await preview(world, vm_id, taken[0])
    commands = (
        adding(world, SNAPSHOTS, vm_id=vm_id, description="another"),
        removing(world, SNAPSHOTS, taken[1]),
        acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=taken[1]),
        acting(world, SNAPSHOTS, taken[1], "restore"),
    )
    for command in commands:
        with pytest.raises(WrongState, match="'s0' is in preview"):
            await done(world, command)


async def test_disks_that_came_later_float_in_a_preview_and_are_back_after_it() -> None:
    world = World()
    vm_id, taken = await chain_of(world, 1)
    added = new_disk_on(world, vm_id, "later")
    await done(world, added)
    await preview(world, vm_id, taken[0])
    with world.store.transaction() as tx:
        assert tx.disks.get(added.disk.id) is not None
        assert tx.disk_attachments.list(disk_id=added.disk.id) == []
    await done(world, acting(world, VMS, vm_id, "undo_snapshot"))
    with world.store.transaction() as tx:
        assert len(tx.disk_attachments.list(disk_id=added.disk.id)) == 1


async def test_only_the_disks_that_are_chosen_are_in_a_snapshot() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    added = new_disk_on(world, vm_id)
    await done(world, added)
    first = disk_of(world, vm_id)
    await take(world, vm_id, disk_attachments=({"disk": {"id": first.id}},))
    with world.store.transaction() as tx:
        assert [image.disk_id for image in tx.disk_images.list()] == [first.id]
    with pytest.raises(NotThere):
        await take(world, vm_id, disk_attachments=({"disk": {"id": "nothing"}},))


async def test_a_shareable_disk_is_in_no_snapshot() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    raw = {
        "name": "shared",
        "storage_domain_id": disk_of(world, vm_id).storage_domain_id,
        "provisioned_size_bytes": GIB,
        "format": DiskFormat.RAW,
        "shareable": True,
    }
    command = adding(world, DISK_ATTACHMENTS, owner_id=vm_id, disk=raw)
    await done(world, command)
    await take(world, vm_id)
    with world.store.transaction() as tx:
        assert tx.disk_images.list(disk_id=command.disk.id) == []
    with pytest.raises(WrongState, match="other VMs may write"):
        await take(world, vm_id, disk_attachments=({"disk": {"id": command.disk.id}},))


async def test_a_vm_is_made_of_a_snapshot_while_its_vm_goes_on() -> None:
    world = World()
    vm_id, taken = await chain_of(world, 2)
    command = new_vm(world, "clone", snapshot_ids=(taken[0],))
    await done(world, command)
    assert read(world, command.id) == contents(1)
    disk = disk_of(world, command.id)
    assert (disk.parent_image_id, disk.template_disk_id) == (None, None)
    assert world.shared.images[image_of(disk)].backing is None
    assert vm_of(world, command.id).original_template_id == TINY_ID
    assert read(world, vm_id) == contents(3)
    with pytest.raises(BadValue, match="made of one"):
        new_vm(world, "two", template_id=BLANK_TEMPLATE_ID, snapshot_ids=tuple(taken))


async def test_a_vm_goes_with_all_images_of_its_disks_also_out_of_a_preview() -> None:
    world = World()
    before = set(world.shared.images)
    vm_id, taken = await chain_of(world, 3)
    await preview(world, vm_id, taken[0])
    await done(world, RemoveVm(id=vm_id))
    assert set(world.shared.images) == before
    assert snapshot_of(world)["layers"] == []
    assert snapshots(world, vm_id) == []


async def test_a_disk_that_snapshots_hold_is_removed_whole_and_not_detached() -> None:
    world = World()
    vm_id, taken = await chain_of(world, 2)
    disk = disk_of(world, vm_id)
    with pytest.raises(WrongState, match="snapshots of VM vm1 hold it"):
        await done(world, detaching(world, vm_id, disk.id))
    with pytest.raises(WrongState, match="disk vm1_tiny: its snapshots hold it"):
        await done(world, RemoveVm(id=vm_id, detach_only=True))
    await done(world, RemoveDisk(id=disk.id))
    assert [image for image in world.shared.images if image.disk_id == disk.id] == []
    await done(world, acting(world, SNAPSHOTS, taken[0], "restore"))
    assert described(world, vm_id) == ["s0"]


async def test_a_removal_that_failed_half_way_can_be_repeated_and_nothing_else_done() -> None:
    world = World()
    vm_id, taken = await chain_of(world, 3)
    for node in world.nodes.values():
        node.fail("rebase_image", Failed(), times=1)
    with pytest.raises(StepFailed):
        await done(world, removing(world, SNAPSHOTS, taken[0]))
    assert read(world, vm_id) == contents(4)
    for command in (
        acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=taken[0]),
        acting(world, SNAPSHOTS, taken[0], "restore"),
        new_vm(world, "clone", template_id=BLANK_TEMPLATE_ID, snapshot_ids=(taken[0],)),
    ):
        with pytest.raises(WrongState, match="its removal has begun"):
            await done(world, command)
    await done(world, removing(world, SNAPSHOTS, taken[0]))
    assert (read(world, vm_id), described(world, vm_id)) == (contents(4), ["s1", "s2"])


async def test_what_could_not_be_removed_goes_with_the_next_removal() -> None:
    world = World()
    vm_id, taken = await chain_of(world, 3)
    await preview(world, vm_id, taken[1])
    for node in world.nodes.values():
        node.fail("remove_image", Failed(), times=1)
    with pytest.raises(StepFailed):
        await done(world, acting(world, VMS, vm_id, "undo_snapshot"))
    assert read(world, vm_id) == contents(4)
    assert len([one for one in snapshot_of(world)["layers"] if not one.snapshot_id]) == 1
    await done(world, removing(world, SNAPSHOTS, taken[1]))
    assert [one for one in snapshot_of(world)["layers"] if not one.snapshot_id] == []
    disk = disk_of(world, vm_id)
    assert len([image for image in world.shared.images if image.disk_id == disk.id]) == 3


async def test_a_vm_that_runs_goes_on_with_new_images_and_is_merged_while_it_does() -> None:
    world = World()
    vm_id = await running_vm(world)
    taken = []
    for number in range(4):
        write(world, vm_id, f"w{number}")
        taken.append(await take(world, vm_id, f"s{number}"))
        assert vm_of(world, vm_id).status is VmStatus.UP
        assert written_to(world, vm_id) == disk_of(world, vm_id).image_id
    write(world, vm_id, "w4")
    for number in (2, 0, 3, 1):
        await done(world, removing(world, SNAPSHOTS, taken[number]))
        assert read(world, vm_id) == contents(5)
        assert written_to(world, vm_id) == disk_of(world, vm_id).image_id
    assert snapshot_of(world)["layers"] == []


async def test_only_a_vm_that_is_down_becomes_what_it_was() -> None:
    world = World()
    vm_id = await running_vm(world)
    snapshot_id = await take(world, vm_id)
    for command in (
        acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=snapshot_id),
        acting(world, SNAPSHOTS, snapshot_id, "restore"),
    ):
        with pytest.raises(WrongState, match="it is up"):
            await done(world, command)


async def test_a_vm_that_ends_while_its_snapshot_is_taken_has_it_all_the_same() -> None:
    world = World()
    vm_id = await running_vm(world)
    for node in world.nodes.values():
        node.fail("snapshot_vm", VmUnknown(vm=vm_id))
    await take(world, vm_id)
    assert described(world, vm_id) == ["snap"]
    assert disk_of(world, vm_id).parent_image_id is not None


def written_to(world: World, vm_id: str) -> str:
    """By the VM that runs."""
    (node,) = [node for node in world.nodes.values() if node.machines.running()]
    return node.machines.spec(vm_id).disks[0].image.image_id


async def test_the_active_one_stays() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    (active,) = snapshots(world, vm_id)
    with pytest.raises(WrongState, match="the active one, which nobody took"):
        await done(world, removing(world, SNAPSHOTS, active.id))


async def test_one_disk_is_taken_out_of_a_snapshot_and_the_other_stays() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    write(world, vm_id, "early")
    taken = await take(world, vm_id)
    write(world, vm_id, "late")
    disk, (held,) = disk_of(world, vm_id), [one for one in snapshots(world, vm_id) if one.id == taken]
    await done(world, RemoveDiskSnapshot(vm_id=vm_id, snapshot_id=taken, disk_id=disk.id))
    (left,) = [one for one in snapshots(world, vm_id) if one.id == taken]
    assert (len(held.disks), [one["disk"]["name"] for one in left.disks]) == (2, ["disk1"])
    assert (read(world, vm_id), left.status) == (("early", "late"), SnapshotStatus.OK)
    assert [layer.disk_id == disk.id for layer in snapshot_of(world)["layers"]] == [False]
    assert events_of(world)[-2:] == ["USER_REMOVE_DISK_SNAPSHOT", "USER_REMOVE_DISK_SNAPSHOT_FINISHED_SUCCESS"]
    await done(world, removing(world, SNAPSHOTS, taken))
    assert snapshot_of(world)["layers"] == []
