"""Snapshots with memory: when there is one, what a VM goes on from, and what becomes of the files; and previews of some
disks alone."""

from dataclasses import replace
from typing import Any

import pytest

from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.problems import BadValue, NotThere, WrongState
from hosted_engine.engine.snapshots.commands.remove import RemoveDiskSnapshot
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.snapshots.model import MemoryVolume, Snapshot, SnapshotType
from hosted_engine.engine.snapshots.sweeper import ImageSweeper
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.images import ImageRef
from node.api.messages.vms import VmSpec
from tests.fakes.engine import World
from tests.unit.engine.scenes import acting, adding, done, new_disk_on, removing, running_vm, tiny_vm, vm_of


async def take(world: World, vm_id: str, **given: Any) -> Snapshot:
    world.now += 1
    command = adding(world, SNAPSHOTS, vm_id=vm_id, **given)
    await done(world, command)
    return snapshot_of(world, command.wanted.id)


def snapshot_of(world: World, snapshot_id: str) -> Snapshot:
    with world.store.transaction() as tx:
        snapshot = tx.of(Snapshot).get(snapshot_id)
    assert snapshot is not None
    return snapshot


def memories(world: World) -> list[ImageRef]:
    """The files with memories on all storage domains."""
    return [image for image in world.shared.images if image.image_id == "memory"]


def disks_of(world: World, vm_id: str) -> list[Disk]:
    """Its boot disk first."""
    with world.store.transaction() as tx:
        attachments = sorted(tx.disk_attachments.list(owner_id=vm_id), key=lambda one: not one.bootable)
        found = tx.disks.find([one.disk_id for one in attachments])
    return [found[one.disk_id] for one in attachments]


def runs(world: World, vm_id: str) -> tuple[VmSpec, int]:
    """As what it runs, and how often its guest has booted on that node."""
    node = next(one for one in world.nodes.values() if one.name == node_name(world, vm_id))
    return node.machines.spec(vm_id), node.machines.boots(vm_id)


def node_name(world: World, vm_id: str) -> str:
    node_id = vm_of(world, vm_id).node_id
    with world.store.transaction() as tx:
        node = tx.nodes.get(node_id or "")
    assert node is not None
    return node.name


async def down_with_memory(world: World) -> tuple[str, str]:
    vm_id = await running_vm(world)
    snapshot = await take(world, vm_id, description="live")
    await done(world, StopVm(id=vm_id))
    return vm_id, snapshot.id


@pytest.mark.parametrize(("wanted", "count"), [(None, 1), (True, 1), (False, 0)])
async def test_a_running_vm_has_its_memory_in_a_snapshot_unless_it_is_not_wanted(
    wanted: bool | None, count: int
) -> None:
    world = World()
    given = {} if wanted is None else {"persist_memorystate": wanted}
    snapshot = await take(world, await running_vm(world), **given)
    assert (snapshot.persist_memorystate, len(memories(world))) == (bool(count), count)


async def test_what_has_no_memory_to_keep_is_refused_where_it_is_asked_for_and_else_taken_without() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    assert not (await take(world, vm_id)).persist_memorystate
    with pytest.raises(BadValue, match="it is down, and has none to keep"):
        await take(world, vm_id, persist_memorystate=True)
    await done(world, StartVm(id=vm_id))
    boot, other = disks_of(world, vm_id)
    some = {"disk_attachments": ({"disk": {"id": boot.id}},)}
    assert not (await take(world, vm_id, **some)).persist_memorystate
    with pytest.raises(BadValue, match=f"disk {other.name} is not part of the snapshot"):
        await take(world, vm_id, persist_memorystate=True, **some)
    assert memories(world) == []


async def test_a_memory_without_room_is_refused() -> None:
    world = World()
    vm_id = await running_vm(world)
    with world.store.transaction() as tx:
        for domain in tx.storage_domains.list():
            tx.storage_domains.update(replace(domain, free_bytes=1))
    with pytest.raises(WrongState, match="persist_memorystate=false"):
        await take(world, vm_id)


@pytest.mark.parametrize("commit", [False, True])
async def test_a_preview_goes_on_from_the_memory_once_and_boots_after_that(commit: bool) -> None:
    world = World()
    vm_id, snapshot_id = await down_with_memory(world)
    preview = acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=snapshot_id, restore_memory=True)
    await done(world, preview)
    assert vm_of(world, vm_id).status is VmStatus.SUSPENDED
    assert len(memories(world)) == 2
    if commit:
        await done(world, acting(world, VMS, vm_id, "commit_snapshot"))
        assert vm_of(world, vm_id).status is VmStatus.SUSPENDED
    boots = sum(one.machines.boots(vm_id) for one in world.nodes.values() if one.machines.vm(vm_id))
    await done(world, acting(world, VMS, vm_id, "start"))
    spec, _ = runs(world, vm_id)
    assert vm_of(world, vm_id).status is VmStatus.UP
    assert spec.resume_from is not None
    assert [one.image for one in spec.disks] == [disks_of(world, vm_id)[0].image]
    assert sum(one.machines.boots(vm_id) for one in world.nodes.values() if one.machines.vm(vm_id)) == boots
    assert len(memories(world)) == 1
    await done(world, StopVm(id=vm_id))
    await done(world, acting(world, VMS, vm_id, "start"))
    assert runs(world, vm_id)[0].resume_from is None


async def test_without_its_memory_it_boots_and_a_suspended_preview_can_be_undone() -> None:
    world = World()
    vm_id, snapshot_id = await down_with_memory(world)
    for memory, status in ((False, VmStatus.DOWN), (True, VmStatus.SUSPENDED)):
        given = {"snapshot_id": snapshot_id, "restore_memory": memory}
        await done(world, acting(world, VMS, vm_id, "preview_snapshot", **given))
        assert vm_of(world, vm_id).status is status
        await done(world, acting(world, VMS, vm_id, "undo_snapshot"))
        await ImageSweeper(world.engine).observe()
        assert (vm_of(world, vm_id).status, vm_of(world, vm_id).saved_memory) == (VmStatus.DOWN, None)
        assert len(memories(world)) == 1


async def test_restore_of_one_snapshot_sweeps_the_memory_of_those_since() -> None:
    world = World()
    vm_id = await running_vm(world)
    first, _ = [await take(world, vm_id, description=name) for name in ("first", "second")]
    await done(world, StopVm(id=vm_id))
    await done(world, acting(world, SNAPSHOTS, first.id, "restore", restore_memory=True))
    assert vm_of(world, vm_id).status is VmStatus.SUSPENDED
    await ImageSweeper(world.engine).observe()
    assert len(memories(world)) == 2  # that of the first, by two names
    await done(world, acting(world, VMS, vm_id, "stop"))
    assert len(memories(world)) == 1


@pytest.mark.parametrize("what", ["snapshot", "disk", "VM"])
async def test_a_memory_goes_with_what_it_is_of(what: str) -> None:
    world = World()
    vm_id, snapshot_id = await down_with_memory(world)
    command = {
        "snapshot": removing(world, SNAPSHOTS, snapshot_id),
        "disk": RemoveDiskSnapshot(vm_id=vm_id, snapshot_id=snapshot_id, disk_id=disks_of(world, vm_id)[0].id),
        "VM": RemoveVm(id=vm_id),
    }[what]
    await done(world, command)
    await ImageSweeper(world.engine).observe()
    assert memories(world) == []
    with world.store.transaction() as tx:
        assert tx.of(MemoryVolume).list() == []
    if what == "disk":
        assert not snapshot_of(world, snapshot_id).persist_memorystate
        with pytest.raises(WrongState, match="the memory of snapshot"):
            await done(
                world, acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=snapshot_id, restore_memory=True)
            )


async def test_a_snapshot_without_memory_cannot_restore_it() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    snapshot = await take(world, vm_id)
    with pytest.raises(WrongState, match="it was taken without"):
        await done(world, acting(world, SNAPSHOTS, snapshot.id, "restore", restore_memory=True))


async def two_disks(world: World) -> tuple[str, list[Snapshot]]:
    """With a word in each at each of two snapshots, and since."""
    vm_id, taken = await tiny_vm(world), []
    await done(world, new_disk_on(world, vm_id))
    for number in range(2):
        write(world, vm_id, f"w{number}")
        taken.append(await take(world, vm_id, description=f"s{number}"))
    write(world, vm_id, "late")
    return vm_id, taken


def write(world: World, vm_id: str, word: str) -> None:
    for disk in disks_of(world, vm_id):
        world.shared.write(disk.image, word)


def read(world: World, vm_id: str) -> list[tuple[str, ...]]:
    return [world.shared.read(disk.image) for disk in disks_of(world, vm_id)]


@pytest.mark.parametrize("end", ["undo_snapshot", "commit_snapshot"])
async def test_a_preview_of_one_disk_leaves_the_other_as_it_is(end: str) -> None:
    world = World()
    vm_id, (first, second) = await two_disks(world)
    boot, other = disks_of(world, vm_id)
    disks = ({"id": boot.id}, {"id": other.id, "image_id": other.image_id})
    await done(world, acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=first.id, disks=disks))
    whole = ("w0", "w1", "late")
    assert read(world, vm_id) == [("w0",), whole]
    await done(world, acting(world, VMS, vm_id, end))
    assert read(world, vm_id) == [whole if end == "undo_snapshot" else ("w0",), whole]
    left = snapshot_of(world, second.id)
    assert len(left.disks) == (2 if end == "undo_snapshot" else 1)
    await done(world, removing(world, SNAPSHOTS, second.id))
    await done(world, removing(world, SNAPSHOTS, first.id))
    assert read(world, vm_id)[1] == whole
    await ImageSweeper(world.engine).observe()
    with world.store.transaction() as tx:
        assert tx.disk_images.list() == []
        assert {one.type for one in tx.of(Snapshot).list(vm_id=vm_id)} == {SnapshotType.ACTIVE}


async def test_disks_that_a_snapshot_does_not_have_are_refused_by_name() -> None:
    world = World()
    vm_id, (first, _) = await two_disks(world)
    boot, _ = disks_of(world, vm_id)
    for disks, problem, words in (
        (({"id": "nowhere"},), NotThere, "nowhere"),
        (({"id": boot.id, "image_id": "elsewhere"},), BadValue, "was on image"),
    ):
        with pytest.raises(problem, match=words):
            acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=first.id, disks=disks)
    with pytest.raises(BadValue, match="left out"):
        acting(world, SNAPSHOTS, first.id, "restore", disks=({"id": boot.id},), restore_memory=True)
