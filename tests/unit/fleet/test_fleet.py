"""What the engine says of nodes, VMs and storage domains while nodes speak, fall silent, lose power and come back."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import event

from gluster.report import make_report
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.commands.maintenance import DeactivateNode
from hosted_engine.engine.nodes.commands.remove import RemoveNode
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.problems import NotThere
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.vms.commands.reboot import RebootVm
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.events import Event, EventKind
from node.api.messages.images import ImageFormat
from node.api.messages.migration import MigrationReport
from node.api.messages.mounts import MountReport
from node.api.messages.vms import DownReason, VmDisk, VmSpec
from node.api.problems import Failed, NodeSilent, Refused
from node.steps import StepFailed
from tests.fakes.engine import DATA_ID, DOMAINS, ENGINE_VM_ID, TINY_IMAGE, World, fake_nodes, node_id
from tests.fakes.machine import FakeMachine
from tests.unit.engine.scenes import done, events_of, tiny_vm, vm_of
from tests.unit.fleet.hand_clock import HandClock, settle
from tests.unit.fleet.site import Site, open_site

ONE, TWO, THREE = node_id(1), node_id(2), node_id(3)


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
        await settle()
        assert events_of(site.world).count("VDS_TIME_DRIFT_ALERT") == said
    assert site.node(ONE).status is NodeStatus.UP


async def test_volumes_that_are_not_mounted_are_asked_for(site: Site) -> None:
    machine = site.machine(ONE)
    await machine.unmount(DATA_ID)
    await site.clock.turn(31)
    await site.clock.turn(31)
    assert {mount.storage_domain for mount in await machine.mounts()} == set(DOMAINS.values())


async def test_a_storage_domain_that_was_let_go_while_a_node_was_away_is_unmounted(site: Site) -> None:
    """One that is only being worked on stays."""
    machine = site.machine(ONE)
    for status, mounted in ((StorageDomainStatus.DETACHING, True), (StorageDomainStatus.MAINTENANCE, False)):
        with site.world.store.transaction() as tx:
            domain = tx.storage_domains.get(DATA_ID)
            assert domain is not None
            tx.storage_domains.update(replace(domain, status=status))
        await site.clock.turn(31)
        await site.clock.turn(31)
        assert (DATA_ID in {mount.storage_domain for mount in await machine.mounts()}) is mounted


async def test_nodes_are_asked_how_large_an_image_of_the_deploy_is_until_one_answers() -> None:
    clock = HandClock()
    world = World(nodes=fake_nodes(now=clock.now))
    for machine in world.nodes.values():
        machine.fail("image", Failed())
    fleet = open_site(world, clock)
    fleet.start()
    await settle()

    def size() -> int:
        with world.store.transaction() as tx:
            disk = tx.disks.get(TINY_IMAGE.disk_id)
        assert disk is not None
        return disk.actual_size_bytes

    assert size() == 0
    await clock.turn(31)
    assert size() == world.nodes[ONE].site.images[TINY_IMAGE].actual_size_bytes > 0
    await fleet.stop()


async def test_a_silent_node_is_connecting_and_within_20_s_not_responding(site: Site) -> None:
    site.machine(TWO).lose_power()
    await settle()
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
    site.machine(ONE).fall_silent()
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
        site.machine(id_).fall_silent()
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


async def test_vms_of_a_silent_node_are_unknown_and_come_back_with_it(site: Site) -> None:
    vm_id = await site.started()
    site.machine(ONE).fall_silent()
    await site.clock.turn(30)
    vm = vm_of(site.world, vm_id)
    assert (vm.status, vm.node_id) == (VmStatus.UNKNOWN, ONE)
    site.machine(ONE).speak_again()
    await site.clock.turn(30)
    assert vm_of(site.world, vm_id).status is VmStatus.UP
    assert "VM_STATUS_RESTORED" in events_of(site.world)


async def test_vms_of_a_node_that_lost_power_are_down_once_it_is_back(site: Site) -> None:
    vm_id = await site.started()
    site.machine(ONE).lose_power()
    await site.clock.turn(30)
    assert vm_of(site.world, vm_id).status is VmStatus.UNKNOWN
    site.machine(ONE).start()
    await site.clock.turn(30)
    vm = vm_of(site.world, vm_id)
    assert (vm.status, vm.node_id, vm.stop_reason) == (VmStatus.DOWN, None, DownReason.LOST)
    assert site.node(ONE).boot_id == "boot-2"
    assert events_of(site.world)[-2:] == ["VM_WAS_SET_DOWN_DUE_TO_HOST_REBOOT_OR_MANUAL_FENCE", "VM_DOWN_ERROR"]
    await done(site.world, StartVm(id=vm_id, node_ids=(ONE,)))
    assert vm_of(site.world, vm_id).status is VmStatus.UP


async def test_a_vm_that_ends_by_itself_is_down(site: Site) -> None:
    vm_id = await site.started()
    site.machine(ONE).machines.crash(vm_id)
    await settle()
    vm = vm_of(site.world, vm_id)
    assert (vm.status, vm.stop_reason) == (VmStatus.DOWN, DownReason.CRASHED)
    assert events_of(site.world)[-1] == "VM_DOWN_ERROR"


async def test_a_shutdown_ends_when_the_guest_has_ended(site: Site) -> None:
    vm_id = await site.started()
    await done(site.world, ShutdownVm(id=vm_id))
    await settle()
    assert vm_of(site.world, vm_id).stop_reason is DownReason.SHUTDOWN
    assert events_of(site.world).count("VM_DOWN") == 1


async def test_a_reboot_is_over_when_the_guest_boots_again(site: Site) -> None:
    vm_id = await site.started()
    machines = site.machine(ONE).machines
    await done(site.world, RebootVm(id=vm_id))
    await settle()
    assert (vm_of(site.world, vm_id).status, machines.boots(vm_id)) == (VmStatus.UP, 2)
    machines.guests_obey = False
    await done(site.world, RebootVm(id=vm_id))
    await settle()
    assert vm_of(site.world, vm_id).status is VmStatus.REBOOT_IN_PROGRESS
    site.machine(ONE).fall_silent()
    await site.clock.turn(2)
    machines.reset_vm(vm_id)
    site.machine(ONE).speak_again()
    await site.clock.turn(10)
    assert vm_of(site.world, vm_id).status is VmStatus.UP


async def test_a_stop_is_told_once_and_a_new_start_at_once_works(site: Site) -> None:
    vm_id = await site.started()
    for _ in range(3):
        site.world.now = site.clock.now()
        await done(site.world, StopVm(id=vm_id))
        await site.clock.turn(1)
        await done(site.world, StartVm(id=vm_id, node_ids=(ONE,)))
        await site.clock.turn(1)
        assert vm_of(site.world, vm_id).status is VmStatus.UP
    assert events_of(site.world).count("VM_DOWN") == 3


async def test_a_start_in_flight_when_the_node_falls_silent_leaves_the_vm_unknown_until_it_speaks(site: Site) -> None:
    vm_id = await tiny_vm(site.world)
    silence = NodeSilent(node="node1", request="destroy_vm", reason="none")
    site.machine(ONE).lose_answer("start_vm")
    site.machine(ONE).fail("destroy_vm", silence, times=2)
    with pytest.raises(StepFailed):
        await done(site.world, StartVm(id=vm_id, node_ids=(ONE,)))
    await settle()
    assert vm_of(site.world, vm_id).status in (VmStatus.UNKNOWN, VmStatus.UP)
    site.machine(ONE).fall_silent()
    await site.clock.turn(2)
    site.machine(ONE).speak_again()
    await site.clock.turn(10)
    vm = vm_of(site.world, vm_id)
    assert (vm.status, vm.node_id) == (VmStatus.UP, ONE)


async def test_the_engines_own_vm_is_shown_where_it_runs_and_never_unknown(site: Site) -> None:
    machines = site.machine(TWO).machines
    image = VmDisk(image=TINY_IMAGE, format=ImageFormat.QCOW2)
    machines.start_vm(VmSpec(id=ENGINE_VM_ID, name="HostedEngine", memory_bytes=1 << 30, disks=(image,)))
    await settle()
    assert (vm_of(site.world, ENGINE_VM_ID).status, vm_of(site.world, ENGINE_VM_ID).node_id) == (VmStatus.UP, TWO)
    site.machine(TWO).fall_silent()
    await site.clock.turn(30)
    assert vm_of(site.world, ENGINE_VM_ID).status is VmStatus.UP


async def test_a_vm_that_the_engine_does_not_know_is_left_alone(site: Site) -> None:
    machines = site.machine(ONE).machines
    stranger = "99999999-0000-4000-8000-000000000001"
    machines.start_vm(VmSpec(id=stranger, name="stranger", memory_bytes=1 << 20))
    site.machine(ONE).fall_silent()
    await site.clock.turn(2)
    site.machine(ONE).speak_again()
    await site.clock.turn(10)
    assert [vm.id for vm in machines.vms()] == [stranger]
    assert machines.running() == 1


async def test_how_a_vm_ended_that_was_removed_since_is_passed_over(site: Site) -> None:
    """Nodes say it for a week."""
    vm_id = await site.started()
    await done(site.world, StopVm(id=vm_id))
    await done(site.world, RemoveVm(id=vm_id))
    await settle()
    before = events_of(site.world)
    site.machine(ONE).fall_silent()
    await site.clock.turn(2)
    site.machine(ONE).speak_again()
    await site.clock.turn(10)
    assert [vm.id for vm in site.machine(ONE).machines.vms()] == [vm_id]
    assert [name for name in events_of(site.world)[len(before) :] if name.startswith("VM_")] == []


async def test_a_start_is_one_trip_to_the_node(site: Site) -> None:
    vm_id = await tiny_vm(site.world)
    asked = site.machine(ONE).asked
    asked.clear()
    await done(site.world, StartVm(id=vm_id, node_ids=(ONE,)))
    await settle()
    assert asked == ["start_vm"]
    await done(site.world, StopVm(id=vm_id))
    await settle()
    assert asked == ["start_vm", "destroy_vm"]


async def test_an_engine_that_starts_again_learns_what_changed_meanwhile(site: Site) -> None:
    """Two VMs run, the engine dies, one VM ends, the engine is back."""
    ended, still = await site.started("vm1"), await site.started("vm2", on=TWO)
    await site.fleet.stop()
    site.machine(ONE).machines.guest_shuts_down(ended)
    fleet = open_site(site.world, site.clock)
    fleet.start()
    await settle()
    assert vm_of(site.world, ended).stop_reason is DownReason.SHUTDOWN
    assert vm_of(site.world, still).status is VmStatus.UP
    assert site.node(ONE).status is NodeStatus.UP
    await fleet.stop()


async def test_storage_domains_follow_the_nodes(site: Site) -> None:
    for machine in site.world.nodes.values():
        machine.lose_power()
    await site.clock.turn(30)
    assert site.domain() is StorageDomainStatus.UNKNOWN
    site.machine(THREE).start()
    await site.clock.turn(30)
    assert site.domain() is StorageDomainStatus.ACTIVE


async def test_a_volume_that_stalls_for_a_moment_is_no_lost_storage(site: Site) -> None:
    """It does when the server of one of its bricks has just died."""
    stalled = MountReport(storage_domain=DATA_ID, mounted=False, path="/", detail="the volume does not answer")
    for machine in site.world.nodes.values():
        machine.tell(Event(number=0, kind=EventKind.MOUNT, at=0.0, mounts=(stalled,)))
        machine.fail("mounts", Failed(), times=99)
        machine.fail("mount", Failed(), times=99)
    await site.clock.turn(55)
    assert site.domain() is StorageDomainStatus.ACTIVE
    await site.clock.turn(35)
    assert site.domain() is StorageDomainStatus.INACTIVE
    assert events_of(site.world)[-1] == "SYSTEM_DEACTIVATED_STORAGE_DOMAIN"
    back = MountReport(storage_domain=DATA_ID, mounted=True, path="/")
    site.machine(TWO).tell(Event(number=0, kind=EventKind.MOUNT, at=0.0, mounts=(back,)))
    await settle()
    assert site.domain() is StorageDomainStatus.ACTIVE
    assert events_of(site.world)[-1] == "USER_ACTIVATED_STORAGE_DOMAIN"


async def test_a_call_that_hangs_ends_when_the_node_is_known_to_be_silent(site: Site) -> None:
    api = await site.fleet.node(ONE)
    site.machine(ONE).be_slow(3600)
    call = asyncio.ensure_future(api.capabilities())
    await settle()
    site.machine(ONE).fall_silent()
    await site.clock.turn(30)
    with pytest.raises(NodeSilent, match="fell silent meanwhile"):
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
    await settle()
    machine.lose_power()
    await site.clock.turn(19)
    with pytest.raises(NodeSilent, match="fell silent meanwhile"):
        await asked


async def test_a_node_that_was_away_learns_who_has_come(site: Site) -> None:
    machine = site.machine(THREE)
    machine.net.known.pop("node2")
    machine.machines.movable = MigrationReport(members=("node1", "node3"), listening=True)
    machine.fall_silent()
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
        await settle()
        if joining.wants_in:
            site.world.ask(joining)
    await running.wait()
    return joining, id_


async def test_a_node_that_joins_is_followed_from_then_on(site: Site) -> None:
    joining, id_ = await approved(site)
    assert site.node(id_).status is NodeStatus.UP
    assert site.world.readings.of(id_).statistics is not None
    joining.fall_silent()
    await site.clock.turn(30)
    assert site.node(id_).status is NodeStatus.NON_RESPONSIVE
    joining.speak_again()
    await site.clock.turn(30)
    assert site.node(id_).status is NodeStatus.UP


async def test_a_node_that_leaves_is_forgotten(site: Site) -> None:
    joining, id_ = await approved(site)
    site.world.readings.storage = make_report(site.world.shared.pool_state("node1"))
    await done(site.world, DeactivateNode(id=id_))
    await settle()
    await done(site.world, RemoveNode(id=id_))
    await site.clock.turn(60)
    assert joining.storage.mounted == {}
    assert site.world.readings.of(id_).statistics is None
    with pytest.raises(NotThere):
        await site.fleet.node(id_)
    assert "VDS_HOST_NOT_RESPONDING" not in events_of(site.world)
