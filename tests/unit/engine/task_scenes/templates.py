"""What is cut off in the middle: Templates and snapshots."""

from hosted_engine.engine.command import Command
from hosted_engine.engine.snapshots.commands.add import AddSnapshot
from hosted_engine.engine.snapshots.commands.preview import PreviewSnapshot
from hosted_engine.engine.snapshots.commands.remove import RemoveDiskSnapshot
from hosted_engine.engine.snapshots.commands.sweep import SweepMemory
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.snapshots.model import MemoryVolume
from hosted_engine.engine.templates.commands.add import AddTemplate
from hosted_engine.engine.templates.commands.remove import RemoveTemplate
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.entity import VMS
from tests.fakes.engine import World
from tests.unit.engine.scenes import (
    acting,
    adding,
    done,
    new_disk_on,
    new_template,
    new_vm,
    removing,
    running_vm,
    tiny_vm,
)


async def add_template(world: World) -> Command:
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    return new_template(world, vm_id)


async def remove_template(world: World) -> Command:
    command = await add_template(world)
    assert isinstance(command, AddTemplate)
    await done(world, command)
    return RemoveTemplate(id=command.id)


async def _with_snapshots(world: World) -> tuple[str, list[str]]:
    """A VM with three snapshots of its two disks."""
    vm_id, taken = await tiny_vm(world), []
    await done(world, new_disk_on(world, vm_id))
    for number in range(3):
        command = adding(world, SNAPSHOTS, vm_id=vm_id, description=f"s{number}")
        await done(world, command)
        taken.append(command.wanted.id)
        world.now += 1
    return vm_id, taken


async def add_snapshot(world: World) -> Command:
    vm_id, _ = await _with_snapshots(world)
    command: Command = adding(world, SNAPSHOTS, vm_id=vm_id, description="another")
    return command


async def add_live_snapshot(world: World) -> Command:
    vm_id = await running_vm(world)
    command: Command = adding(world, SNAPSHOTS, vm_id=vm_id, description="live", persist_memorystate=False)
    return command


async def add_memory_snapshot(world: World) -> Command:
    command: Command = adding(world, SNAPSHOTS, vm_id=await running_vm(world), description="memory")
    return command


async def _with_memory(world: World, *, later: bool = False) -> tuple[str, str]:
    """A VM that is down, and its snapshot with memory; `later`: with another one since."""
    command = await add_memory_snapshot(world)
    assert isinstance(command, AddSnapshot)
    await done(world, command)
    if later:
        world.now += 1
        await done(world, adding(world, SNAPSHOTS, vm_id=command.vm_id, description="later"))
    await done(world, StopVm(id=command.vm_id))
    return command.vm_id, command.wanted.id


async def remove_memory_snapshot(world: World) -> Command:
    _, snapshot_id = await _with_memory(world)
    return removing(world, SNAPSHOTS, snapshot_id)


async def sweep_memory(world: World) -> Command:
    await done(world, await remove_memory_snapshot(world))
    with world.store.transaction() as tx:
        return SweepMemory(volume_id=tx.of(MemoryVolume).list()[0].id)


async def remove_vm_with_memory(world: World) -> Command:
    vm_id, _ = await _with_memory(world)
    return RemoveVm(id=vm_id)


async def preview_memory(world: World) -> Command:
    vm_id, snapshot_id = await _with_memory(world, later=True)
    return acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=snapshot_id, restore_memory=True)


async def previewed_memory(world: World) -> str:
    command = await preview_memory(world)
    assert isinstance(command, PreviewSnapshot)
    await done(world, command)
    return command.vm_id


async def undo_memory(world: World) -> Command:
    return acting(world, VMS, await previewed_memory(world), "undo_snapshot")


async def commit_memory(world: World) -> Command:
    return acting(world, VMS, await previewed_memory(world), "commit_snapshot")


async def resume_previewed_memory(world: World) -> Command:
    return acting(world, VMS, await previewed_memory(world), "start")


async def restore_memory(world: World) -> Command:
    _, snapshot_id = await _with_memory(world, later=True)
    return acting(world, SNAPSHOTS, snapshot_id, "restore", restore_memory=True)


async def preview_one_disk(world: World) -> Command:
    vm_id, taken = await _with_snapshots(world)
    with world.store.transaction() as tx:
        disk_id = tx.disk_attachments.list(owner_id=vm_id, bootable=True)[0].disk_id
    return acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=taken[0], disks=({"id": disk_id},))


async def commit_one_disk(world: World) -> Command:
    command = await preview_one_disk(world)
    assert isinstance(command, PreviewSnapshot)
    await done(world, command)
    return acting(world, VMS, command.vm_id, "commit_snapshot")


async def remove_live_snapshot(world: World) -> Command:
    vm_id, taken = await _with_snapshots(world)
    await done(world, StartVm(id=vm_id))
    return removing(world, SNAPSHOTS, taken[1])


async def remove_snapshot(world: World) -> Command:
    """From the middle; a merge takes its node several calls."""
    _, taken = await _with_snapshots(world)
    world.shared.work_calls = 2
    return removing(world, SNAPSHOTS, taken[1])


async def remove_last_snapshot(world: World) -> Command:
    _, taken = await _with_snapshots(world)
    return removing(world, SNAPSHOTS, taken[2])


async def remove_disk_snapshot(world: World) -> Command:
    vm_id, taken = await _with_snapshots(world)
    with world.store.transaction() as tx:
        disk_id = tx.disk_attachments.list(owner_id=vm_id, bootable=True)[0].disk_id
    return RemoveDiskSnapshot(vm_id=vm_id, snapshot_id=taken[1], disk_id=disk_id)


async def preview_snapshot(world: World) -> Command:
    vm_id, taken = await _with_snapshots(world)
    return acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=taken[1])


async def undo_snapshot(world: World) -> Command:
    command = await preview_snapshot(world)
    assert isinstance(command, PreviewSnapshot)
    await done(world, command)
    return acting(world, VMS, command.vm_id, "undo_snapshot")


async def commit_snapshot(world: World) -> Command:
    command = await preview_snapshot(world)
    assert isinstance(command, PreviewSnapshot)
    await done(world, command)
    return acting(world, VMS, command.vm_id, "commit_snapshot")


async def restore_snapshot(world: World) -> Command:
    _, taken = await _with_snapshots(world)
    return acting(world, SNAPSHOTS, taken[0], "restore")


async def clone_of_snapshot(world: World) -> Command:
    _, taken = await _with_snapshots(world)
    return new_vm(world, "clone", snapshot_ids=(taken[1],))
