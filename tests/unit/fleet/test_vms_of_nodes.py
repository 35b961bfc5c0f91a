"""What the engine says of VMs while their nodes speak, fall silent, lose power and come back."""

import pytest

from hosted_engine.engine.vms.commands.reboot import RebootVm
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.images import ImageFormat
from node.api.messages.vms import DownReason, VmDisk, VmSpec
from node.api.problems import NodeNonResponsive
from node.steps import StepFailed
from tests.fakes.engine import ENGINE_VM_ID, TINY_IMAGE
from tests.unit.engine.scenes import done, events_of, tiny_vm, vm_of
from tests.unit.fleet.hand_clock import run_ready_tasks
from tests.unit.fleet.site import ONE, TWO, Site


async def test_vms_of_a_silent_node_are_unknown_and_come_back_with_it(site: Site) -> None:
    vm_id = await site.started()
    site.machine(ONE).stop_answering()
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
    await run_ready_tasks()
    vm = vm_of(site.world, vm_id)
    assert (vm.status, vm.stop_reason) == (VmStatus.DOWN, DownReason.CRASHED)
    assert events_of(site.world)[-1] == "VM_DOWN_ERROR"


async def test_a_shutdown_ends_when_the_guest_has_ended(site: Site) -> None:
    vm_id = await site.started()
    await done(site.world, ShutdownVm(id=vm_id))
    await run_ready_tasks()
    assert vm_of(site.world, vm_id).stop_reason is DownReason.SHUTDOWN
    assert events_of(site.world).count("VM_DOWN") == 1


async def test_a_reboot_is_over_when_the_guest_boots_again(site: Site) -> None:
    vm_id = await site.started()
    machines = site.machine(ONE).machines
    await done(site.world, RebootVm(id=vm_id))
    await run_ready_tasks()
    assert (vm_of(site.world, vm_id).status, machines.boots(vm_id)) == (VmStatus.UP, 2)
    machines.guests_obey = False
    await done(site.world, RebootVm(id=vm_id))
    await run_ready_tasks()
    assert vm_of(site.world, vm_id).status is VmStatus.REBOOT_IN_PROGRESS
    site.machine(ONE).stop_answering()
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
    silence = NodeNonResponsive(node="node1", request="destroy_vm", reason="none")
    site.machine(ONE).lose_answer("start_vm")
    site.machine(ONE).fail("destroy_vm", silence, times=2)
    with pytest.raises(StepFailed):
        await done(site.world, StartVm(id=vm_id, node_ids=(ONE,)))
    await run_ready_tasks()
    assert vm_of(site.world, vm_id).status in (VmStatus.UNKNOWN, VmStatus.UP)
    site.machine(ONE).stop_answering()
    await site.clock.turn(2)
    site.machine(ONE).speak_again()
    await site.clock.turn(10)
    vm = vm_of(site.world, vm_id)
    assert (vm.status, vm.node_id) == (VmStatus.UP, ONE)


async def test_the_engines_own_vm_is_shown_where_it_runs_and_never_unknown(site: Site) -> None:
    machines = site.machine(TWO).machines
    image = VmDisk(image=TINY_IMAGE, format=ImageFormat.QCOW2)
    machines.start_vm(VmSpec(id=ENGINE_VM_ID, name="HostedEngine", memory_bytes=1 << 30, disks=(image,)))
    await run_ready_tasks()
    assert (vm_of(site.world, ENGINE_VM_ID).status, vm_of(site.world, ENGINE_VM_ID).node_id) == (VmStatus.UP, TWO)
    site.machine(TWO).stop_answering()
    await site.clock.turn(30)
    assert vm_of(site.world, ENGINE_VM_ID).status is VmStatus.UP


async def test_a_vm_that_the_engine_does_not_know_is_left_alone(site: Site) -> None:
    machines = site.machine(ONE).machines
    stranger = "99999999-0000-4000-8000-000000000001"
    machines.start_vm(VmSpec(id=stranger, name="stranger", memory_bytes=1 << 20))
    site.machine(ONE).stop_answering()
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
    await run_ready_tasks()
    before = events_of(site.world)
    site.machine(ONE).stop_answering()
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
    await run_ready_tasks()
    assert asked == ["start_vm"]
    await done(site.world, StopVm(id=vm_id))
    await run_ready_tasks()
    assert asked == ["start_vm", "destroy_vm"]
