"""A host goes into maintenance and comes back: who may, who may not and why, and what its node's word makes of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gluster.report import make_report
from hosted_engine.engine.nodes.commands.maintenance import ActivateNode, DeactivateNode
from hosted_engine.engine.nodes.maintenance import follow
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.problems import NoNode
from hosted_engine.engine.vms.commands.start import StartVm
from node.api.problems import NodeNonResponsive, Refused
from node.steps import StepFailed
from tests.fakes.engine import ENGINE_VM_ID, World, node_id
from tests.fakes.pool import with_brick
from tests.unit.engine.scenes import done, events_of, running_vm, tiny_vm, vm_of

ONE, TWO, THREE = node_id(1), node_id(2), node_id(3)


@pytest.fixture
def world() -> World:
    """The engine runs on node1, the storage is whole."""
    world = World()
    engine_moves(world, ONE)
    world.readings.storage = make_report(world.nodes[ONE].site.pool_state("node1"))
    return world


def node_of(world: World, id_: str) -> Node:
    with world.store.transaction() as tx:
        node = tx.nodes.get(id_)
    assert node is not None
    return node


def report_maintenance(world: World, id_: str) -> None:
    """A heartbeat of that node arrives."""
    report = world.nodes[id_].hello().ha
    assert report is not None
    world.readings.note_ha(id_, report)
    with world.store.transaction() as tx:
        follow(tx, id_, report, world.now)


def engine_moves(world: World, to: str) -> None:
    moved = replace(vm_of(world, ENGINE_VM_ID), node_id=to)
    with world.store.transaction() as tx:
        tx.vms.update(moved)


async def test_an_empty_host_is_in_maintenance_at_once_and_comes_back(world: World) -> None:
    await done(world, DeactivateNode(id=TWO, reason="a new disk"))
    node = node_of(world, TWO)
    assert (node.status, node.detail) == (NodeStatus.MAINTENANCE, "a new disk")
    assert world.nodes[TWO].ha_service.maintenance == "a new disk"
    await done(world, ActivateNode(id=TWO))
    node = node_of(world, TWO)
    assert (node.status, node.detail) == (NodeStatus.UP, "")
    assert world.nodes[TWO].ha_service.maintenance is None
    assert events_of(world) == ["VDS_MAINTENANCE", "USER_VDS_MAINTENANCE", "VDS_DETECTED", "VDS_ACTIVATE"]


async def test_the_engines_host_prepares_until_the_engine_has_left(world: World) -> None:
    await done(world, DeactivateNode(id=ONE))
    report_maintenance(world, ONE)
    node = node_of(world, ONE)
    assert node.status is NodeStatus.PREPARING_FOR_MAINTENANCE
    assert node.detail == "it waits for these VMs to leave it: HostedEngine"
    engine_moves(world, TWO)
    report_maintenance(world, ONE)
    assert node_of(world, ONE).status is NodeStatus.MAINTENANCE
    assert events_of(world) == ["USER_VDS_MAINTENANCE_WITHOUT_REASON", "VDS_MAINTENANCE"]


async def test_a_host_that_prepares_can_be_activated(world: World) -> None:
    await done(world, DeactivateNode(id=ONE))
    await done(world, ActivateNode(id=ONE))
    assert node_of(world, ONE).status is NodeStatus.UP


async def test_a_maintenance_begun_and_ended_on_the_node_is_shown(world: World) -> None:
    world.nodes[ONE].ha_service.maintenance = "by hand"
    report_maintenance(world, ONE)
    assert node_of(world, ONE).status is NodeStatus.PREPARING_FOR_MAINTENANCE
    engine_moves(world, TWO)
    report_maintenance(world, ONE)
    report_maintenance(world, ONE)
    assert (node_of(world, ONE).status, node_of(world, ONE).detail) == (NodeStatus.MAINTENANCE, "by hand")
    world.nodes[ONE].ha_service.maintenance = None
    report_maintenance(world, ONE)
    assert node_of(world, ONE).status is NodeStatus.UP
    assert events_of(world) == ["EXTERNAL_EVENT_NORMAL", "VDS_MAINTENANCE", "VDS_DETECTED"]


async def test_no_vm_starts_on_a_host_in_maintenance(world: World) -> None:
    await done(world, DeactivateNode(id=TWO, reason="a new disk"))
    vm_id = await tiny_vm(world)
    with pytest.raises(NoNode, match=r"node2 is maintenance \(a new disk\)"):
        await done(world, StartVm(id=vm_id, node_ids=(TWO,)))


async def test_a_maintenance_can_be_asked_for_again_with_another_reason(world: World) -> None:
    await done(world, DeactivateNode(id=TWO, reason="a new disk"))
    await done(world, DeactivateNode(id=TWO, reason="two new disks"))
    assert (node_of(world, TWO).status, node_of(world, TWO).detail) == (NodeStatus.MAINTENANCE, "two new disks")


def mark_node_non_responsive(world: World) -> None:
    changed = replace(node_of(world, TWO), status=NodeStatus.NON_RESPONSIVE)
    with world.store.transaction() as tx:
        tx.nodes.update(changed)


def alone(world: World) -> None:
    for id_ in (ONE, THREE):
        world.nodes[id_].ha_service.score = 0
        report_maintenance(world, id_)


def global_maintenance(world: World) -> None:
    engine_moves(world, TWO)
    world.nodes[TWO].ha_service.global_maintenance = True
    report_maintenance(world, TWO)


def without_ha(world: World) -> None:
    engine_moves(world, TWO)
    world.nodes[TWO].ha_service.hosted_engine_deployed = False
    report_maintenance(world, TWO)


def a_brick_is_down(world: World) -> None:
    pool = world.nodes[ONE].site.pool_state("node1")
    world.readings.storage = make_report(with_brick(pool, 0, online=False))


def unknown_storage(world: World) -> None:
    world.readings.storage = None


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (mark_node_non_responsive, "Host is not operational: it is non_responsive"),
        (alone, "no available hosts capable of running the engine VM (node1 has a score of 0; node3 has a score of 0)"),
        (global_maintenance, "the cluster is in global maintenance"),
        (without_ha, "trivet-ha does not run there"),
        (a_brick_is_down, "Gluster quorum will be lost for the following Volumes: "),
        (unknown_storage, "nobody can say how the Gluster volumes are"),
    ],
)
async def test_what_keeps_a_host_out_of_maintenance_is_named(
    world: World, prepare: Callable[[World], None], message: str
) -> None:
    prepare(world)
    before = node_of(world, TWO)
    with pytest.raises(Refused) as refused:
        await done(world, DeactivateNode(id=TWO))
    assert str(refused.value).startswith("Cannot switch Host node2 to Maintenance mode: ")
    assert message in str(refused.value)
    assert node_of(world, TWO) == before
    assert world.nodes[TWO].ha_service.maintenance is None


@pytest.mark.parametrize("prepare", [a_brick_is_down, unknown_storage])
async def test_force_goes_past_the_storage(world: World, prepare: Callable[[World], None]) -> None:
    prepare(world)
    await done(world, DeactivateNode(id=TWO, force=True))
    assert node_of(world, TWO).status is NodeStatus.MAINTENANCE


async def test_users_vms_keep_a_host_out_of_maintenance(world: World) -> None:
    vm_id = await running_vm(world, "web")
    host = str(vm_of(world, vm_id).node_id)
    with pytest.raises(Refused, match="it includes VMs that cannot be migrated: web"):
        await done(world, DeactivateNode(id=host, force=True))


async def test_the_last_host_but_one_is_the_last_that_can_be_taken(world: World) -> None:
    await done(world, DeactivateNode(id=TWO))
    await done(world, DeactivateNode(id=THREE))
    with pytest.raises(Refused, match="node2 is maintenance; node3 is maintenance"):
        await done(world, DeactivateNode(id=ONE))


async def test_an_active_host_is_not_activated(world: World) -> None:
    with pytest.raises(Refused, match="Cannot activate Host node2: Host is already up"):
        await done(world, ActivateNode(id=TWO))


async def test_a_node_that_does_not_answer_stays_what_it_was(world: World) -> None:
    silence = NodeNonResponsive(node="node2", request="maintenance", reason="no answer")
    world.nodes[TWO].fail("begin_maintenance", silence, times=9)
    with pytest.raises(StepFailed):
        await done(world, DeactivateNode(id=TWO))
    assert node_of(world, TWO).status is NodeStatus.UP
    assert events_of(world)[-1] == "VDS_MAINTENANCE_FAILED"
    await done(world, DeactivateNode(id=THREE))
    world.nodes[THREE].fail("end_maintenance", silence, times=9)
    with pytest.raises(StepFailed):
        await done(world, ActivateNode(id=THREE))
    assert node_of(world, THREE).status is NodeStatus.MAINTENANCE
    assert events_of(world)[-1] == "VDS_ACTIVATE_FAILED"
