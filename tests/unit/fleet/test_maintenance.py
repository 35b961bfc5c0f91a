"""A host's maintenance while its connection breaks, its node boots, and the engine itself moves away in the middle."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hosted_engine.engine.nodes.commands.maintenance import ActivateNode, DeactivateNode, node_lock
from hosted_engine.engine.nodes.model import NodeStatus
from node.api.messages.vms import VmReport, VmState
from tests.fakes.engine import ENGINE_VM_ID, World, fake_nodes
from tests.unit.engine.scenes import done, events_of, vm_of
from tests.unit.fleet.hand_clock import HandClock, run_ready_tasks
from tests.unit.fleet.site import ONE, TWO, Site, open_site

PREPARING, MAINTENANCE = NodeStatus.PREPARING_FOR_MAINTENANCE, NodeStatus.MAINTENANCE


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """The engine's VM is on node1."""
    clock = HandClock()
    world = World(nodes=fake_nodes(now=clock.now))
    world.now = clock.now()
    here = replace(vm_of(world, ENGINE_VM_ID), node_id=ONE)
    with world.store.transaction() as tx:
        tx.vms.update(here)
    fleet = open_site(world, clock)
    fleet.start()
    await run_ready_tasks()
    site = Site(world, fleet, clock)
    yield site
    await site.fleet.stop()


async def beat(site: Site, id_: str) -> None:
    await site.clock.turn(1)
    site.machine(id_).heartbeat()
    await run_ready_tasks()


async def restart(site: Site) -> None:
    """The engine's process ended wherever it was, and a new one goes on."""
    await site.world.engine.stop()
    await site.fleet.stop()
    site.fleet = open_site(site.world, site.clock)
    site.fleet.start()
    site.world.engine.resume()
    await run_ready_tasks()


def engine_is_on(site: Site, id_: str) -> None:
    """As the node there reports it."""
    report = VmReport(id=ENGINE_VM_ID, name="HostedEngine", state=VmState.UP, since=site.clock.now())
    site.machine(id_)._vm_changed(report)


async def test_a_mark_made_on_the_node_is_shown_with_its_next_heartbeat(site: Site) -> None:
    site.machine(TWO).ha_service.maintenance = "by hand"
    await beat(site, TWO)
    assert (site.node(TWO).status, site.node(TWO).detail) == (MAINTENANCE, "by hand")
    site.machine(TWO).ha_service.maintenance = None
    await beat(site, TWO)
    assert site.node(TWO).status is NodeStatus.UP


async def test_the_engine_moves_away_in_the_middle_and_the_host_ends_in_maintenance(site: Site) -> None:
    await done(site.world, DeactivateNode(id=ONE, reason="a new disk", force=True))
    assert site.node(ONE).status is PREPARING
    await restart(site)
    assert site.node(ONE).status is PREPARING
    engine_is_on(site, TWO)
    await beat(site, ONE)
    assert (site.node(ONE).status, site.node(ONE).detail) == (MAINTENANCE, "a new disk")


async def test_a_task_that_the_engine_left_behind_goes_on_after_it(site: Site) -> None:
    """Its process ended before the node had answered."""
    site.machine(ONE).be_slow(3600)
    await site.world.engine.perform(DeactivateNode(id=ONE, force=True), site.world.caller)
    await run_ready_tasks()
    site.machine(ONE).be_slow(0)
    await restart(site)
    assert site.machine(ONE).ha_service.maintenance == ""
    assert site.node(ONE).status is PREPARING
    with site.world.store.transaction() as tx:
        assert tx.tasks.count(status="running") == 0
    assert not site.world.locks.is_taken(node_lock(ONE))


async def test_heartbeats_from_before_the_command_change_nothing(site: Site) -> None:
    await site.clock.turn(1)
    old = site.machine(TWO).hello().ha
    await site.clock.turn(1)
    await done(site.world, DeactivateNode(id=TWO, force=True))
    watch = site.fleet._watches[TWO]
    assert old is not None
    watch._ha(old, site.clock.now())
    assert site.node(TWO).status is MAINTENANCE
    assert events_of(site.world)[-1] == "USER_VDS_MAINTENANCE_WITHOUT_REASON"


async def test_a_host_in_maintenance_may_be_off_and_is_still_in_it_when_it_is_back(site: Site) -> None:
    await done(site.world, DeactivateNode(id=TWO, reason="a new disk", force=True))
    site.machine(TWO).lose_power()
    await site.clock.turn(60)
    assert site.node(TWO).status is MAINTENANCE
    assert "VDS_FAILURE" not in events_of(site.world)
    site.machine(TWO).start()
    await site.clock.turn(30)
    assert (site.node(TWO).status, site.node(TWO).detail) == (MAINTENANCE, "a new disk")
    await done(site.world, ActivateNode(id=TWO))
    assert site.node(TWO).status is NodeStatus.UP


async def test_a_host_that_dies_while_it_prepares_is_not_responding(site: Site) -> None:
    await done(site.world, DeactivateNode(id=ONE, force=True))
    site.machine(ONE).lose_power()
    await site.clock.turn(60)
    assert site.node(ONE).status is NodeStatus.NON_RESPONSIVE
    site.machine(ONE).start()
    engine_is_on(site, TWO)
    await site.clock.turn(30)
    assert site.node(ONE).status is MAINTENANCE
