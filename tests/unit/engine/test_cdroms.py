"""Discs of VMs as commands: for the next run, in the drive of one that runs, and what they are kept from."""

import pytest

from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.model import DiskContentType, DiskFormat
from hosted_engine.engine.problems import BadValue, WrongState
from hosted_engine.engine.transfers.entity import IMAGE_TRANSFERS
from hosted_engine.engine.vms.commands.change_cd import ChangeCd
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.entity import VMS
from node.api.messages.images import ImageRef
from node.api.messages.vms import VmCdrom
from node.api.problems import Failed
from node.steps import StepFailed
from tests.fakes.engine import World
from tests.unit.engine.scenes import (
    adding,
    attaching,
    changing,
    done,
    events_of,
    new_disk,
    new_disk_on,
    running_vm,
    tiny_vm,
    vm_of,
)


async def a_disc(world: World, name: str = "disc") -> str:
    command = new_disk(world, name, content_type=DiskContentType.ISO, format=DiskFormat.RAW)
    await done(world, command)
    return command.id


def image(world: World, disk_id: str) -> ImageRef:
    with world.store.transaction() as tx:
        disk = tx.disks.get(disk_id)
    assert disk is not None
    return disk.image


def drive(world: World, vm_id: str) -> VmCdrom | None:
    node = world.nodes[vm_of(world, vm_id).node_id or ""]
    return node.machines.spec(vm_id).cdrom


async def test_a_vm_starts_with_its_disc_and_every_vm_has_a_drive() -> None:
    world = World()
    disc, vm_id = await a_disc(world), await tiny_vm(world)
    await done(world, StartVm(id=vm_id))
    assert drive(world, vm_id) == VmCdrom()
    await done(world, StopVm(id=vm_id))
    await done(world, changing(world, VMS, vm_id, cd_disk_id=disc))
    await done(world, StartVm(id=vm_id))
    assert drive(world, vm_id) == VmCdrom(disc=image(world, disc))
    assert vm_of(world, vm_id).current_cd_disk_id == disc
    await done(world, StopVm(id=vm_id))
    assert vm_of(world, vm_id).current_cd_disk_id is None


async def test_a_disc_is_changed_and_taken_out_while_the_vm_runs_and_the_next_run_has_its_own() -> None:
    world = World()
    one, two, vm_id = await a_disc(world), await a_disc(world, "two"), await tiny_vm(world)
    await done(world, changing(world, VMS, vm_id, cd_disk_id=one))
    await done(world, StartVm(id=vm_id))
    await done(world, ChangeCd(id=vm_id, disk_id=two))
    assert drive(world, vm_id) == VmCdrom(disc=image(world, two))
    await done(world, ChangeCd(id=vm_id))
    assert drive(world, vm_id) == VmCdrom()
    vm = vm_of(world, vm_id)
    assert (vm.current_cd_disk_id, vm.cd_disk_id) == (None, one)
    assert events_of(world)[-2:] == ["USER_CHANGE_DISK_VM", "USER_EJECT_VM_DISK"]


async def test_a_change_for_the_next_run_leaves_the_running_one_alone() -> None:
    world = World()
    disc, vm_id = await a_disc(world), await running_vm(world)
    await done(world, changing(world, VMS, vm_id, cd_disk_id=disc))
    assert drive(world, vm_id) == VmCdrom()
    assert vm_of(world, vm_id).current_cd_disk_id is None


async def test_what_is_no_disc_does_not_go_in() -> None:
    world = World()
    disk, vm_id = new_disk(world), await running_vm(world)
    await done(world, disk)
    for disk_id, message in ((disk.id, "disk disk1 holds data"), ("none", "no such disk")):
        with pytest.raises(BadValue, match=message):
            await done(world, ChangeCd(id=vm_id, disk_id=disk_id))
    with pytest.raises(WrongState, match="down"):
        await done(world, ChangeCd(id=await tiny_vm(world, "vm2"), disk_id=await a_disc(world)))


async def test_a_disc_goes_into_drives_and_is_no_disk_of_a_vm() -> None:
    world = World()
    disc, vm_id = await a_disc(world), await tiny_vm(world)
    with pytest.raises(WrongState, match="holds iso"):
        await done(world, attaching(world, vm_id, disc))
    with pytest.raises(BadValue, match="is raw"):
        await done(world, new_disk(world, "cow", content_type=DiskContentType.ISO))
    assert new_disk_on(world, vm_id).disk.content_type is DiskContentType.DATA


async def test_a_disc_in_use_stays_and_stays_as_it_is() -> None:
    world = World()
    disc, vm_id = await a_disc(world), await running_vm(world)
    await done(world, ChangeCd(id=vm_id, disk_id=disc))
    with pytest.raises(WrongState, match="VM vm1 has it in its CD-ROM drive"):
        await done(world, RemoveDisk(id=disc))
    with pytest.raises(WrongState, match="VM vm1 has it in its CD-ROM drive"):
        await done(world, adding(world, IMAGE_TRANSFERS, disk_id=disc))
    await done(world, ChangeCd(id=vm_id))
    await done(world, RemoveDisk(id=disc))


async def test_a_change_that_fails_is_told_and_changes_nothing_that_is_known() -> None:
    world = World()
    disc, vm_id = await a_disc(world), await running_vm(world)
    for node in world.nodes.values():
        node.fail("change_cd", Failed(), times=9)
    with pytest.raises(StepFailed):
        await done(world, ChangeCd(id=vm_id, disk_id=disc))
    assert vm_of(world, vm_id).current_cd_disk_id is None
    assert "USER_FAILED_CHANGE_DISK_VM" in events_of(world)
