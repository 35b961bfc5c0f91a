"""Nodes that join and leave are followed and forgotten."""

import pytest

from gluster.report import make_report
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.commands.maintenance import DeactivateNode
from hosted_engine.engine.nodes.commands.remove import RemoveNode
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.problems import NotThere
from node.api.messages.migration import MigrationReport
from tests.fakes.machine import FakeMachine
from tests.unit.engine.scenes import done, events_of
from tests.unit.fleet.hand_clock import run_ready_tasks
from tests.unit.fleet.site import ONE, THREE, Site, open_site


async def test_a_node_that_was_away_learns_who_has_come(site: Site) -> None:
    machine = site.machine(THREE)
    machine.net.known.pop("node2")
    machine.machines.movable = MigrationReport(members=("node1", "node3"), listening=True)
    machine.stop_answering()
    await site.clock.turn(30)
    machine.speak_again()
    await site.clock.turn(30)
    assert machine.net.known == site.machine(ONE).net.known
    assert machine.machines.movable.members == ("node1", "node2", "node3")


async def test_hosts_that_are_no_nodes_yet_are_not_listened_to(site: Site) -> None:
    joining = site.world.add_machine("node4", 4)
    site.world.ask(joining)
    await site.fleet.stop()
    site.fleet = open_site(site.world, site.clock)
    site.fleet.start()
    await site.clock.turn(60)
    with pytest.raises(NotThere):
        await site.fleet.node(host_id_of_key(joining.fingerprint))
    assert site.node(host_id_of_key(joining.fingerprint)).status is NodeStatus.PENDING_APPROVAL


async def approved(site: Site) -> tuple[FakeMachine, str]:
    """By the whole way, over a real fleet; the machine asks whenever time passes."""
    joining = site.world.add_machine("node4", 4)
    site.world.ask(joining)
    id_ = host_id_of_key(joining.fingerprint)
    running = await site.world.engine.perform(ApproveNode(id=id_), site.world.caller)
    while not running.finished:
        await run_ready_tasks()
        if joining.wants_in:
            site.world.ask(joining)
    await running.wait()
    return joining, id_


async def test_a_node_that_joins_is_followed_from_then_on(site: Site) -> None:
    joining, id_ = await approved(site)
    assert site.node(id_).status is NodeStatus.UP
    assert site.world.readings.of(id_).statistics is not None
    joining.stop_answering()
    await site.clock.turn(30)
    assert site.node(id_).status is NodeStatus.NON_RESPONSIVE
    joining.speak_again()
    await site.clock.turn(30)
    assert site.node(id_).status is NodeStatus.UP


async def test_a_node_that_leaves_is_forgotten(site: Site) -> None:
    joining, id_ = await approved(site)
    site.world.readings.storage = make_report(site.world.shared.pool_state("node1"))
    await done(site.world, DeactivateNode(id=id_))
    await run_ready_tasks()
    await done(site.world, RemoveNode(id=id_))
    await site.clock.turn(60)
    assert joining.storage.mounted == {}
    assert site.world.readings.of(id_).statistics is None
    with pytest.raises(NotThere):
        await site.fleet.node(id_)
    assert "VDS_HOST_NOT_RESPONDING" not in events_of(site.world)
