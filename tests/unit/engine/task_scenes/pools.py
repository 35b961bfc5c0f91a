"""What is cut off in the middle: pools of VMs."""

from hosted_engine.engine.command import Command
from hosted_engine.engine.vmpools.commands.allocate import AllocateVm
from hosted_engine.engine.vmpools.commands.fill import FillPool
from hosted_engine.engine.vmpools.commands.remove import RemovePool
from hosted_engine.engine.vmpools.entity import VM_POOLS
from tests.fakes.engine import World
from tests.unit.engine.scenes import a_user, changing, done, new_pool


async def add_pool(world: World) -> Command:
    return new_pool(world)


async def _pool(world: World) -> FillPool:
    command = new_pool(world)
    await done(world, command)
    return command


async def grow_pool(world: World) -> Command:
    return changing(world, VM_POOLS, (await _pool(world)).id, size=3, prestarted_vms=1)


async def allocate_vm(world: World) -> Command:
    return AllocateVm(pool_id=(await _pool(world)).id, user_id=a_user(world))


async def remove_pool(world: World) -> Command:
    """One of its VMs runs, stateless."""
    command = await allocate_vm(world)
    assert isinstance(command, AllocateVm)
    await done(world, command)
    return RemovePool(id=command.pool_id)
