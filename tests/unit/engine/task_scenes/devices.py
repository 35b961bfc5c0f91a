"""What is cut off in the middle: Disks and NICs, of VMs that run, too."""

from dataclasses import replace

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.commands.copy import CopyDisk
from hosted_engine.engine.disks.commands.move import MoveDisk
from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.commands.sparsify import SparsifyDisk
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.networks.nic_entity import NICS
from hosted_engine.engine.problems import found
from hosted_engine.engine.vms.commands.hotplug import HotAdd
from tests.fakes.engine import World
from tests.unit.engine.domains import active_domain
from tests.unit.engine.scenes import (
    GIB,
    adding,
    attaching,
    changing,
    detaching,
    done,
    new_disk,
    new_disk_on,
    reattaching,
    running_vm,
    tiny_vm,
)


async def add_disk(world: World) -> Command:
    return new_disk(world)


async def add_disk_to_vm(world: World) -> Command:
    return new_disk_on(world, await tiny_vm(world))


async def remove_disk(world: World) -> Command:
    disk = new_disk(world)
    await done(world, disk)
    return RemoveDisk(id=disk.id)


async def remove_wiped_disk(world: World) -> Command:
    """It takes its node several calls."""
    disk = new_disk(world, wipe_after_delete=True)
    await done(world, disk)
    next(iter(world.nodes.values())).site.wipe_calls = 3
    return RemoveDisk(id=disk.id)


async def grow_disk(world: World) -> Command:
    """Attached, and renamed and unplugged on the way."""
    added = new_disk_on(world, await tiny_vm(world))
    await done(world, added)
    said = {"provisioned_size_bytes": 2 * GIB, "name": "larger"}
    return reattaching(world, added.vm_id, added.disk.id, active=False, disk=said)


async def move_disk(world: World) -> Command:
    """One that has to be overwritten where it was."""
    disk = new_disk(world, wipe_after_delete=True)
    await done(world, disk)
    return MoveDisk(id=disk.id, storage_domain_id=await active_domain(world))


async def copy_disk(world: World) -> Command:
    disk = new_disk(world)
    await done(world, disk)
    with world.store.transaction() as tx:
        there = tx.disks.get(disk.id)
    assert there is not None
    copy = replace(there, id=new_id(), image_id=new_id(), name="copy", storage_domain_id=await active_domain(world))
    return CopyDisk(source_id=disk.id, disk=copy)


async def plug_new_disk(world: World) -> Command:
    return new_disk_on(world, await running_vm(world))


async def plug_disk(world: World) -> Command:
    disk, vm_id = new_disk(world), await running_vm(world)
    await done(world, disk)
    return attaching(world, vm_id, disk.id)


async def unplug_disk(world: World) -> Command:
    vm_id = await running_vm(world)
    await done(world, disk := new_disk_on(world, vm_id))
    return reattaching(world, vm_id, disk.disk.id, active=False)


async def detach_plugged_disk(world: World) -> Command:
    vm_id = await running_vm(world)
    await done(world, disk := new_disk_on(world, vm_id))
    return detaching(world, vm_id, disk.disk.id)


async def plug_nic(world: World) -> Command:
    command: Command = adding(world, NICS, owner_id=await running_vm(world), name="nic1")
    return command


async def change_plugged_nic(world: World) -> Command:
    await done(world, nic := await plug_nic(world))
    assert isinstance(nic, HotAdd)
    return changing(world, NICS, nic.id, linked=False, comment="off")


async def unplug_nic(world: World) -> Command:
    await done(world, nic := await plug_nic(world))
    assert isinstance(nic, HotAdd)
    return changing(world, NICS, nic.id, plugged=False)


async def sparsify_disk(world: World) -> Command:
    command = new_disk(world, "full-of-zeros")
    await done(world, command)
    with world.store.transaction() as tx:
        disk = found(tx.disks.get(command.id), "disk", command.id)
    world.shared.write_zeros(disk.image, 64 << 20)
    return SparsifyDisk(id=disk.id)
