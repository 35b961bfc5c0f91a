"""What is cut off in the middle: storage domains, and what is registered from them."""

from dataclasses import replace

from hosted_engine.engine.command import Command
from hosted_engine.engine.storage.commands.activate import ActivateStorageDomain, DeactivateStorageDomain
from hosted_engine.engine.storage.commands.attach import AttachStorageDomain, DetachStorageDomain
from hosted_engine.engine.storage.commands.import_domain import ImportStorageDomain
from hosted_engine.engine.storage.commands.reconnect import ReconnectStorageDomain
from hosted_engine.engine.storage.commands.remove import RemoveStorageDomain
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.unregistered.model import UnregisteredKind
from hosted_engine.engine.unregistered.register import RegisterEntity
from hosted_engine.engine.unregistered.register_disk import RegisterDisk
from hosted_engine.engine.unregistered.remove import RemoveUnregistered
from tests.fakes.engine import DATA_ID, World, node_id
from tests.unit.engine.domains import (
    active_domain,
    center_of,
    domain_with_found_vm,
    domain_with_vm,
    found_on,
    let_go,
    new_domain,
    resting_domain,
    unattached_domain,
)
from tests.unit.engine.scenes import done


async def add_domain(world: World) -> Command:
    return new_domain(world)


async def attach_domain(world: World) -> Command:
    return AttachStorageDomain(id=await unattached_domain(world), data_center_id=center_of(world))


async def import_domain(world: World) -> Command:
    """One that an engine has forgotten, with a VM's and a floating disk on it."""
    identity = await domain_with_vm(world)
    await let_go(world, identity)
    await done(world, RemoveStorageDomain(id=identity, node_id=node_id(1)))
    made = new_domain(world)
    return ImportStorageDomain(
        domain=replace(made.domain, name=made.id), connection=made.connection, node_id=node_id(2)
    )


async def attach_domain_with_vms(world: World) -> Command:
    identity = await domain_with_vm(world)
    await let_go(world, identity)
    return AttachStorageDomain(id=identity, data_center_id=center_of(world))


async def detach_domain_with_vms(world: World) -> Command:
    identity = await domain_with_vm(world)
    await done(world, DeactivateStorageDomain(id=identity, data_center_id=center_of(world)))
    return DetachStorageDomain(id=identity, data_center_id=center_of(world))


async def register_vm(world: World) -> Command:
    identity = await domain_with_found_vm(world)
    (vm,) = found_on(world, identity, UnregisteredKind.VM)
    return RegisterEntity(domain_id=identity, entity_id=vm, kind=UnregisteredKind.VM)


async def register_disk(world: World) -> Command:
    identity = await domain_with_found_vm(world)
    (disk,) = found_on(world, identity, UnregisteredKind.DISK)
    return RegisterDisk(domain_id=identity, id=disk)


async def remove_unregistered_vm(world: World) -> Command:
    identity = await domain_with_found_vm(world)
    (vm,) = found_on(world, identity, UnregisteredKind.VM)
    return RemoveUnregistered(domain_id=identity, entity_id=vm, kind=UnregisteredKind.VM)


async def deactivate_domain(world: World) -> Command:
    return DeactivateStorageDomain(id=await active_domain(world), data_center_id=center_of(world))


async def deactivate_master(world: World) -> Command:
    """Another one becomes it."""
    await active_domain(world)
    return DeactivateStorageDomain(id=DATA_ID, data_center_id=center_of(world))


async def activate_domain(world: World) -> Command:
    return ActivateStorageDomain(id=await resting_domain(world), data_center_id=center_of(world))


async def detach_domain(world: World) -> Command:
    return DetachStorageDomain(id=await resting_domain(world), data_center_id=center_of(world))


async def reconnect_domain(world: World) -> Command:
    """The same storage, under another name."""
    identity = await resting_domain(world)
    connection = new_domain(world, path="/srv/moved").connection
    world.shared.metadata["nas:/srv/moved"] = world.shared.metadata["nas:/srv/archive"]
    with world.store.transaction() as tx:
        tx.of(StorageConnection).add(connection)
    return ReconnectStorageDomain(id=identity, connection_id=connection.id)


async def remove_domain(world: World) -> Command:
    return RemoveStorageDomain(id=await unattached_domain(world), node_id=node_id(1), format=True)
