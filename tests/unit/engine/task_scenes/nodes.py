"""What is cut off in the middle: Hosts that come, rest and go."""

import msgspec

from hosted_engine.engine.command import Command
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.commands.give_up import GiveUpNode
from hosted_engine.engine.nodes.commands.install import InstallNode
from hosted_engine.engine.nodes.commands.maintenance import ActivateNode, DeactivateNode
from hosted_engine.engine.nodes.commands.remove import RemoveNode
from hosted_engine.engine.nodes.commands.upgrade_check import CheckForUpgrade
from hosted_engine.engine.nodes.entity import NODES
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from tests.fakes.engine import World, node_id
from tests.fakes.machine import CLAIM_CODE
from tests.unit.engine.scenes import (
    adding,
    done,
)
from tests.unit.engine.test_giving_up_hosts import lose


async def deactivate_node(world: World) -> Command:
    return DeactivateNode(id=node_id(2), reason="a new disk", force=True)


async def activate_node(world: World) -> Command:
    await done(world, await deactivate_node(world))
    return ActivateNode(id=node_id(2))


async def approve_node(world: World) -> Command:
    machine = world.add_machine("node4", 4)
    world.ask(machine)
    return ApproveNode(id=host_id_of_key(machine.fingerprint))


async def add_node(world: World) -> Command:
    machine = world.add_machine("node4", 4)
    machine.host.asking = False
    command: Command = adding(world, NODES, name="rack-7", address=machine.address, claim_code=CLAIM_CODE)
    return command


async def approve_node_into_maintenance(world: World) -> Command:
    command = await approve_node(world)
    assert isinstance(command, ApproveNode)
    return msgspec.structs.replace(command, activate=False)


async def remove_node(world: World) -> Command:
    command = await approve_node_into_maintenance(world)
    assert isinstance(command, ApproveNode)
    await done(world, command)
    return RemoveNode(id=command.id)


async def install_node(world: World) -> Command:
    command = await approve_node_into_maintenance(world)
    assert isinstance(command, ApproveNode)
    await done(world, command)
    return InstallNode(id=command.id)


async def install_and_activate_node(world: World) -> Command:
    command = await install_node(world)
    assert isinstance(command, InstallNode)
    return msgspec.structs.replace(command, activate=True)


async def check_for_upgrade(world: World) -> Command:
    world.nodes[node_id(2)].host.waiting_version = "0.2.0"
    return CheckForUpgrade(id=node_id(2))


async def give_up_node(world: World) -> Command:
    lose(world)
    return GiveUpNode(id=node_id(3))
