"""Highly available VMs are started again when they are down for certain and nobody wished it so."""

from dataclasses import replace

import pytest

from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.ha import PAUSE_S, TRIES, HaRunner, to_start
from hosted_engine.engine.vms.lifecycle import lost, set_down
from hosted_engine.engine.vms.model import Vm, VmStatus
from node.api.messages.vms import DownReason, VmReport, VmState
from node.api.problems import Failed
from node.periodic import Retries
from tests.fakes.engine import World
from tests.unit.engine.scenes import changing, done, events_of, running_vm, vm_of


async def ha_vm(world: World, name: str = "vm1", priority: int = 1) -> str:
    vm_id = await running_vm(world, name)
    given = {"high_availability": True, "high_availability_priority": priority}
    await done(world, changing(world, VMS, vm_id, **given))
    return vm_id


def ended(world: World, vm_id: str, reason: DownReason) -> None:
    vm = vm_of(world, vm_id)
    assert vm.node_id is not None
    world.nodes[vm.node_id].machines.destroy_vm(vm_id)
    with world.store.transaction() as tx:
        set_down(tx, vm, VmReport(id=vm.id, name=vm.name, state=VmState.DOWN, reason=reason), world.now)


def due(world: World) -> list[str]:
    with world.store.transaction() as tx:
        return [vm.name for vm in to_start(tx, Retries(PAUSE_S, limit=TRIES), world.now)]


@pytest.mark.parametrize(
    ("reason", "again"),
    [
        (DownReason.CRASHED, True),
        (DownReason.LOST, True),
        (DownReason.SHUTDOWN, False),
        (DownReason.DESTROYED, False),
        (DownReason.FAILED, False),
        (DownReason.NONE, False),
    ],
)
async def test_only_an_end_that_nobody_wished_starts_it_again(reason: DownReason, again: bool) -> None:
    world = World()
    vm_id = await ha_vm(world)
    ended(world, vm_id, reason)
    await HaRunner(world.engine).observe()
    assert vm_of(world, vm_id).status is (VmStatus.UP if again else VmStatus.DOWN)
    assert ("HA_VM_FAILED" in events_of(world)) is again


async def test_a_vm_that_is_not_highly_available_stays_down() -> None:
    world = World()
    vm_id = await running_vm(world)
    ended(world, vm_id, DownReason.CRASHED)
    await HaRunner(world.engine).observe()
    assert vm_of(world, vm_id).status is VmStatus.DOWN


async def test_what_a_user_stopped_stays_down() -> None:
    world = World()
    for command in (StopVm, ShutdownVm):
        vm_id = await ha_vm(world, command.__name__)
        await done(world, command(id=vm_id))
    assert due(world) == []


async def test_a_vm_whose_host_is_silent_is_left_alone() -> None:
    """It may well run."""
    world = World()
    vm = vm_of(world, await ha_vm(world))
    with world.store.transaction() as tx:
        tx.vms.update(replace(vm, status=VmStatus.UNKNOWN))
    assert due(world) == []


async def test_a_host_that_came_back_without_it_is_proof() -> None:
    world = World()
    vm_id = await ha_vm(world)
    vm = vm_of(world, vm_id)
    assert vm.node_id is not None
    world.nodes[vm.node_id].machines.destroy_vm(vm_id)
    with world.store.transaction() as tx:
        lost(tx, vm, world.now, rebooted=True)
    await HaRunner(world.engine).observe()
    assert vm_of(world, vm_id).status is VmStatus.UP


async def test_the_most_important_ones_come_first() -> None:
    world = World()
    for name, priority in (("low", 1), ("high", 100), ("middle", 50)):
        ended(world, await ha_vm(world, name, priority), DownReason.CRASHED)
    assert due(world) == ["high", "middle", "low"]


async def test_a_start_that_fails_is_tried_again_later_and_not_for_ever() -> None:
    world = World()
    vm_id = await ha_vm(world)
    ended(world, vm_id, DownReason.CRASHED)
    for node in world.nodes.values():
        node.fail("start_vm", Failed(), times=TRIES)
    runner = HaRunner(world.engine)
    for number in range(TRIES + 3):
        await runner.observe()
        assert vm_of(world, vm_id).status is VmStatus.DOWN
        await runner.observe()  # at once: it is not its turn
        world.now += PAUSE_S
        names = events_of(world)
        assert names.count("USER_STARTED_VM") == 1 + min(number + 1, TRIES)
    assert names.count("HA_VM_RESTART_FAILED") == 1
    assert names.count("HA_VM_FAILED") == 1


async def test_it_starts_where_there_is_room_when_there_is_room() -> None:
    world = World()
    vm_id = await ha_vm(world)
    with world.store.transaction() as tx:
        nodes = tx.nodes.list()
        for node in nodes:
            tx.nodes.update(replace(node, status=NodeStatus.NON_RESPONSIVE))
    ended(world, vm_id, DownReason.LOST)
    runner = HaRunner(world.engine)
    await runner.observe()
    assert vm_of(world, vm_id).status is VmStatus.DOWN
    with world.store.transaction() as tx:
        tx.nodes.update(replace(nodes[2], status=NodeStatus.UP))
    world.now += PAUSE_S
    await runner.observe()
    vm: Vm = vm_of(world, vm_id)
    assert (vm.status, vm.node_id) == (VmStatus.UP, nodes[2].id)
