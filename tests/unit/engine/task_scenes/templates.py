"""What is cut off in the middle: Templates and snapshots."""

from hosted_engine.engine.command import Command
from hosted_engine.engine.snapshots.commands.preview import PreviewSnapshot
from hosted_engine.engine.snapshots.commands.remove import RemoveDiskSnapshot
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.templates.commands.add import AddTemplate
from hosted_engine.engine.templates.commands.remove import RemoveTemplate
from hosted_engine.engine.vms.commands.start import StartVm
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
    command: Command = adding(world, SNAPSHOTS, vm_id=await running_vm(world), description="live")
    return command


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
