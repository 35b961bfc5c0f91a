"""What is cut off in the middle: Storage domains."""

from hosted_engine.engine.command import Command
from hosted_engine.engine.storage.commands.activate import ActivateStorageDomain, DeactivateStorageDomain
from hosted_engine.engine.storage.commands.attach import AttachStorageDomain, DetachStorageDomain
from hosted_engine.engine.storage.commands.remove import RemoveStorageDomain
from tests.fakes.engine import DATA_ID, World, node_id
from tests.unit.engine.domains import active_domain, center_of, new_domain, resting_domain, unattached_domain


async def add_domain(world: World) -> Command:
    return new_domain(world)


async def attach_domain(world: World) -> Command:
    return AttachStorageDomain(id=await unattached_domain(world), data_center_id=center_of(world))


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


async def remove_domain(world: World) -> Command:
    return RemoveStorageDomain(id=await unattached_domain(world), node_id=node_id(1), format=True)
