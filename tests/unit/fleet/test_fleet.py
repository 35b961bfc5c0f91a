"""What the engine says of nodes while they speak, fall silent and come back."""

import asyncio

import pytest
from sqlalchemy import event

from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.vms import DownReason
from node.api.problems import NodeNonResponsive, Refused
from tests.unit.engine.scenes import events_of, vm_of
from tests.unit.fleet.hand_clock import run_ready_tasks
from tests.unit.fleet.site import ONE, THREE, TWO, Site, open_site


async def test_nodes_that_speak_are_up(site: Site) -> None:
    node = site.node(ONE)
    assert (node.status, node.boot_id) == (NodeStatus.UP, "boot-1")
    assert node.capabilities is not None
    assert node.capabilities.cpu_model == "EPYC"
    assert site.domain() is StorageDomainStatus.ACTIVE
    assert site.world.readings.of(ONE).statistics is not None


async def test_a_clock_that_is_far_from_the_engines_is_said_once_until_it_is_close_again(site: Site) -> None:
    machine, right = site.machine(ONE), site.clock.now
    for drift_s, said in ((0.0, 0), (-5e8, 1), (-5e8, 1), (299.0, 1), (301.0, 2)):
        machine._now = lambda drift_s=drift_s: right() + drift_s  # type: ignore[misc]
        machine.heartbeat()
        await run_ready_tasks()
        assert events_of(site.world).count("VDS_TIME_DRIFT_ALERT") == said
    assert site.node(ONE).status is NodeStatus.UP


async def test_a_silent_node_is_connecting_and_within_20_s_not_responding(site: Site) -> None:
    site.machine(TWO).lose_power()
    await run_ready_tasks()
    assert site.node(TWO).status is NodeStatus.CONNECTING
    await site.clock.turn(19)
    assert site.node(TWO).status is NodeStatus.NON_RESPONSIVE
    assert site.node(ONE).status is NodeStatus.UP
    assert events_of(site.world)[-3:] == [
        "VDS_HOST_NOT_RESPONDING_CONNECTING",
        "VDS_HOST_NOT_RESPONDING",
        "VDS_FAILURE",
    ]
    await site.clock.turn(300)
    assert events_of(site.world)[-1] == "VDS_FAILURE"


async def test_an_agent_that_restarts_is_no_failure(site: Site) -> None:
    vm_id = await site.started()
    site.machine(ONE).stop_answering()
    await site.clock.turn(5)
    site.machine(ONE).speak_again()
    await site.clock.turn(10)
    assert site.node(ONE).status is NodeStatus.UP
    await site.clock.turn(60)
    assert "VDS_HOST_NOT_RESPONDING" not in events_of(site.world)
    assert vm_of(site.world, vm_id).status is VmStatus.UP


async def test_a_store_that_stalls_at_its_writes_makes_no_node_not_responding(site: Site) -> None:
    """Each takes 2 s, in which nothing else of the engine gets on; agents that restart meanwhile are heard all the
    same, and one that has lost power is still found out."""
    stalls: list[float] = []

    def stall(_: object) -> None:
        stalls.append(site.clock.now())
        site.clock.pass_by(2)

    event.listen(site.world.store._engine, "commit", stall)
    for id_ in (ONE, TWO, THREE):
        site.machine(id_).stop_answering()
    await site.clock.turn(3)
    for id_ in (ONE, TWO, THREE):
        site.machine(id_).speak_again()
    await site.clock.turn(60)
    assert len(stalls) >= 6  # lost and heard, each of the three
    assert all(site.node(id_).status is NodeStatus.UP for id_ in (ONE, TWO, THREE))
    assert "VDS_HOST_NOT_RESPONDING" not in events_of(site.world)
    site.machine(TWO).lose_power()
    await site.clock.turn(30)
    assert site.node(TWO).status is NodeStatus.NON_RESPONSIVE


async def test_an_engine_that_starts_again_learns_what_changed_meanwhile(site: Site) -> None:
    """Two VMs run, the engine dies, one VM ends, the engine is back."""
    ended, still = await site.started("vm1"), await site.started("vm2", on=TWO)
    await site.fleet.stop()
    site.machine(ONE).machines.guest_shuts_down(ended)
    fleet = open_site(site.world, site.clock)
    fleet.start()
    await run_ready_tasks()
    assert vm_of(site.world, ended).stop_reason is DownReason.SHUTDOWN
    assert vm_of(site.world, still).status is VmStatus.UP
    assert site.node(ONE).status is NodeStatus.UP
    await fleet.stop()


async def test_a_call_that_hangs_ends_when_the_node_is_known_to_be_silent(site: Site) -> None:
    api = await site.fleet.node(ONE)
    site.machine(ONE).be_slow(3600)
    call = asyncio.ensure_future(api.capabilities())
    await run_ready_tasks()
    site.machine(ONE).stop_answering()
    await site.clock.turn(30)
    with pytest.raises(NodeNonResponsive, match="became non-responsive meanwhile"):
        await call


async def test_a_node_is_asked_everything_and_given_up_when_it_falls_silent(site: Site) -> None:
    node, machine = await site.fleet.node(ONE), site.machine(ONE)
    vm_id = await site.started()
    report = await node.vm(vm_id)
    assert report is not None
    assert report == await machine.vm(vm_id)
    assert (await node.capabilities()) == (await machine.capabilities())
    with pytest.raises(Refused):
        await node.shutdown_vm(new_id())
    machine.be_slow(3600)  # it takes its time, and falls silent meanwhile
    asked = asyncio.ensure_future(node.vms())
    await run_ready_tasks()
    machine.lose_power()
    await site.clock.turn(19)
    with pytest.raises(NodeNonResponsive, match="became non-responsive meanwhile"):
        await asked
