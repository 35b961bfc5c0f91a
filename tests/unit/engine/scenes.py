"""What the tests of the commands share: commands run to their end, and a picture of all that may not be half-made."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.commands.add import AddDisk, AddDiskToVm
from hosted_engine.engine.disks.entity import DISK_ATTACHMENTS, DISKS
from hosted_engine.engine.disks.model import attachment_id
from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID, new_id
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.problems import found
from hosted_engine.engine.roles.predefined import USER_ROLE_ID
from hosted_engine.engine.snapshots.model import MemoryVolume, Snapshot
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.tasks.runner import Running
from hosted_engine.engine.templates.commands.add import AddTemplate
from hosted_engine.engine.templates.entity import TEMPLATES
from hosted_engine.engine.transfers.model import FINISHED, ImageTransfer
from hosted_engine.engine.unregistered.model import Unregistered
from hosted_engine.engine.users.domains import INTERNAL
from hosted_engine.engine.users.model import User
from hosted_engine.engine.vmpools.commands.fill import FillPool
from hosted_engine.engine.vmpools.entity import VM_POOLS
from hosted_engine.engine.vmpools.model import VmPool
from hosted_engine.engine.vms.commands.add import AddVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import Vm
from hosted_engine.rest.call import Parameters
from tests.fakes.engine import DATA_ID, TINY_ID, World

GIB = 1 << 30


async def done(world: World, command: Command) -> Running:
    running = await world.engine.perform(command, world.caller)
    await running.wait()
    return running


def adding(world: World, entity: Entity[Any], **given: Any) -> Any:
    """The command that a body with these values of an addition becomes."""
    return adding_with(world, entity, {}, **given)


def adding_with(world: World, entity: Entity[Any], options: Mapping[str, str], **given: Any) -> Any:
    """As `adding`, with what the request says beside its body."""
    with world.store.transaction() as tx:
        return entity.add(tx, entity.normal(given), Parameters(query=options))[0]


def changing(world: World, entity: Entity[Any], identity: str, **given: Any) -> Command:
    with world.store.transaction() as tx:
        before = found(tx.of(entity.model).get(identity), entity.kind, identity)
        return entity.update(tx, before, entity.normal(given), Parameters())[0]


def removing(world: World, entity: Entity[Any], identity: str) -> Command:
    with world.store.transaction() as tx:
        return entity.remove(tx, found(tx.of(entity.model).get(identity), entity.kind, identity), Parameters())


def new_vm(
    world: World, name: str = "vm1", template_id: str = BLANK_TEMPLATE_ID, *, clone: bool = False, **given: Any
) -> AddVm:
    options = {"clone": "true"} if clone else {}
    said = {"name": name, "cluster_id": world.cluster.id, "template_id": template_id, **given}
    command = adding_with(world, VMS, options, **said)
    assert isinstance(command, AddVm)
    return command


def new_template(world: World, vm_id: str, name: str = "golden", *, options: Any = (), **given: Any) -> AddTemplate:
    command = adding_with(world, TEMPLATES, dict(options), name=name, vm={"id": vm_id, **given.pop("vm", {})}, **given)
    assert isinstance(command, AddTemplate)
    return command


def acting(world: World, entity: Entity[Any], identity: str, action: str, **given: Any) -> Command:
    """The command that an action with these values becomes."""
    with world.store.transaction() as tx:
        item = found(tx.of(entity.model).get(identity), entity.kind, identity)
        return entity.actions[action].command(tx, item, given)


def a_user(world: World, name: str = "alice") -> str:
    """The id of a user that the engine knows."""
    user = User(id=new_id(), name=f"{name}@{INTERNAL}", domain=INTERNAL)
    with world.store.transaction() as tx:
        tx.users.add(user)
    return user.id


def new_pool(world: World, name: str = "pool", size: int = 2, **given: Any) -> FillPool:
    said = {"name": name, "cluster_id": world.cluster.id, "template_id": TINY_ID, "size": size, **given}
    command = adding(world, VM_POOLS, **said)
    assert isinstance(command, FillPool)
    return command


async def tiny_vm(world: World, name: str = "vm1") -> str:
    """A VM from the template tiny, down."""
    command = new_vm(world, name=name, template_id=TINY_ID)
    await done(world, command)
    return command.id


async def running_vm(world: World, name: str = "vm1") -> str:
    vm_id = await tiny_vm(world, name)
    await done(world, StartVm(id=vm_id))
    return vm_id


def new_disk(world: World, name: str = "disk1", **more: Any) -> AddDisk:
    command = adding(world, DISKS, **{**_disk(name), **more})
    assert isinstance(command, AddDisk)
    return command


def new_disk_on(
    world: World, vm_id: str, name: str = "disk1", *, storage_domain_id: str = DATA_ID, **how: Any
) -> AddDiskToVm:
    disk = _disk(name) | {"storage_domain_id": storage_domain_id}
    command = adding(world, DISK_ATTACHMENTS, owner_id=vm_id, disk=disk, **how)
    assert isinstance(command, AddDiskToVm)
    return command


def attaching(world: World, vm_id: str, disk_id: str, **how: Any) -> Command:
    """A disk that is there, plugged."""
    given = {"owner_id": vm_id, "disk": {"id": disk_id}, "active": True, **how}
    command: Command = adding(world, DISK_ATTACHMENTS, **given)
    return command


def reattaching(world: World, vm_id: str, disk_id: str, **how: Any) -> Command:
    return changing(world, DISK_ATTACHMENTS, attachment_id(vm_id, disk_id), **how)


def detaching(world: World, vm_id: str, disk_id: str) -> Command:
    return removing(world, DISK_ATTACHMENTS, attachment_id(vm_id, disk_id))


def _disk(name: str) -> dict[str, Any]:
    return {"name": name, "storage_domain_id": DATA_ID, "provisioned_size_bytes": GIB}


def vm_of(world: World, vm_id: str) -> Vm:
    with world.store.transaction() as tx:
        vm = tx.vms.get(vm_id)
    assert vm is not None
    return vm


def events_of(world: World) -> list[str]:
    """Names, oldest first."""
    with world.store.transaction() as tx:
        return [event.name for event in reversed(tx.events.list())]


def snapshot_of(world: World) -> dict[str, Any]:
    """All rows but the history of what was tried, and all that lies or runs on the nodes."""
    with world.store.transaction() as tx:
        rows: dict[str, Any] = {
            "vms": [
                replace(vm, detail="", stopped_at=None, started_at=None, stop_reason=vm.stop_reason.NONE)
                for vm in tx.vms.list()
            ],
            "disks": tx.disks.list(),
            "attachments": tx.disk_attachments.list(),
            "nics": tx.nics.list(),
            "templates": tx.templates.list(),
            "pools": tx.of(VmPool).list(),
            "uses": tx.of(Permission).list(role_id=USER_ROLE_ID),
            "snapshots": tx.of(Snapshot).list(),
            "layers": tx.disk_images.list(),
            "memories": tx.of(MemoryVolume).list(),
            "open tasks": tx.tasks.list(status="running"),
            "journal": tx.journal_lines.list(),
            "domains": tx.storage_domains.list(),
            "connections": tx.of(StorageConnection).list(),
            "unregistered": tx.of(Unregistered).list(),
            "centers": tx.data_centers.list(),
            "nodes": [(node.name, node.status, node.detail) for node in tx.nodes.list()],
            "transfers": [one.phase for one in tx.of(ImageTransfer).list() if one.phase not in FINISHED],
        }
    nodes = list(world.nodes.values())
    rows["hosts"] = [(node.name, node.ha_service.maintenance) for node in nodes]
    rows["open"] = [list(node.opened.open) for node in nodes], list(world.tickets)
    rows["images"] = dict(nodes[0].site.images)
    rows["mounted"] = {node.name: sorted(node.storage.mounted) for node in nodes}
    rows["metadata"] = dict(nodes[0].site.metadata)
    rows["ovfs"] = {key: dict(ovfs) for key, ovfs in nodes[0].site.ovfs.items() if ovfs}
    rows["running"] = {node.name: [vm.id for vm in node.machines.vms() if vm.state != "down"] for node in nodes}
    rows["plugged"] = {
        vm.id: (set(node.machines.spec(vm.id).disks), set(node.machines.spec(vm.id).nics))
        for node in nodes
        for vm in node.machines.vms()
        if vm.state != "down"
    }
    rows["locks"] = world.locks.take([], "nobody"), dict(world.locks._exclusive), dict(world.locks._shared)
    return rows
