"""What is cut off in the middle: VMs: made, started, ended, suspended, removed."""

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.model import DiskContentType, DiskFormat
from hosted_engine.engine.snapshots.commands.sweep import SweepDisk
from hosted_engine.engine.vms.commands.change_cd import ChangeCd
from hosted_engine.engine.vms.commands.reboot import RebootVm, ResetVm
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.commands.suspend import ResumeSuspendedVm, StopSuspendedVm, SuspendVm
from hosted_engine.engine.vms.entity import VMS
from tests.fakes.engine import DATA_ID, TINY_ID, World
from tests.unit.engine.scenes import (
    GIB,
    acting,
    changing,
    done,
    new_disk,
    new_disk_on,
    new_vm,
    running_vm,
    tiny_vm,
)


async def add_vm(world: World) -> Command:
    return new_vm(world, template_id=TINY_ID)


async def add_vm_with_devices(world: World) -> Command:
    """A copy of the template's disk, a disk that is there, two new ones, and NICs."""
    there = new_disk(world, "there")
    await done(world, there)
    new = {"storage_domain_id": DATA_ID, "provisioned_size_bytes": GIB}
    disks = ({"disk": {"id": there.id}}, {"disk": new}, {"disk": {**new, "name": "log"}, "active": False})
    nics = ({"name": "nic1"}, {"name": "nic2", "mac": "56:6f:00:00:00:01"})
    return new_vm(world, template_id=TINY_ID, disk_attachments=disks, nics=nics)


async def add_cloned_vm(world: World) -> Command:
    """Its disk takes its node several calls."""
    world.shared.work_calls = 3
    return new_vm(world, template_id=TINY_ID, clone=True)


async def clone_vm(world: World) -> Command:
    return acting(world, VMS, await tiny_vm(world), "clone", name="clone")


async def start_vm(world: World) -> Command:
    return StartVm(id=await tiny_vm(world))


async def start_vm_with_cloud_init(world: World) -> Command:
    """For one run, with a secret in it."""
    given = {"host_name": "web", "root_password": "sesame"}
    return acting(world, VMS, await tiny_vm(world), "start", use_cloud_init=True, initialization=given)


async def stateless_vm(world: World) -> str:
    """With two disks, down."""
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    await done(world, changing(world, VMS, vm_id, stateless=True))
    return vm_id


async def start_stateless_vm(world: World) -> Command:
    return StartVm(id=await stateless_vm(world))


async def stop_stateless_vm(world: World) -> Command:
    vm_id = await stateless_vm(world)
    await done(world, StartVm(id=vm_id))
    return StopVm(id=vm_id)


async def resize_vm(world: World) -> Command:
    command = new_vm(world, template_id=TINY_ID, memory_bytes=GIB)
    await done(world, command)
    await done(world, StartVm(id=command.id))
    return changing(world, VMS, command.id, sockets=3, memory_bytes=2 * GIB, description="larger")


async def sweep_disk(world: World) -> Command:
    """What two stateless runs wrote."""
    command = await start_stateless_vm(world)
    assert isinstance(command, StartVm)
    for _ in range(2):
        await done(world, command)
        await done(world, StopVm(id=command.id))
    with world.store.transaction() as tx:
        return SweepDisk(disk_id=tx.disk_attachments.list(owner_id=command.id, bootable=True)[0].disk_id)


async def stop_vm(world: World) -> Command:
    return StopVm(id=await running_vm(world))


async def shutdown_vm(world: World) -> Command:
    command = ShutdownVm(id=await running_vm(world))
    for node in world.nodes.values():
        node.machines.guests_obey = False
    return command


async def reboot_vm(world: World) -> Command:
    return RebootVm(id=await running_vm(world))


async def reset_vm(world: World) -> Command:
    return ResetVm(id=await running_vm(world))


async def suspend_vm(world: World) -> Command:
    return SuspendVm(id=await running_vm(world))


async def suspended_vm(world: World) -> str:
    vm_id = await running_vm(world)
    await done(world, SuspendVm(id=vm_id))
    return vm_id


async def resume_suspended_vm(world: World) -> Command:
    return ResumeSuspendedVm(id=await suspended_vm(world))


async def stop_suspended_vm(world: World) -> Command:
    return StopSuspendedVm(id=await suspended_vm(world))


async def remove_vm(world: World) -> Command:
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    return RemoveVm(id=vm_id)


async def change_cd(world: World) -> Command:
    disc = new_disk(world, "disc", content_type=DiskContentType.ISO, format=DiskFormat.RAW)
    await done(world, disc)
    return ChangeCd(id=await running_vm(world), disk_id=disc.id)
