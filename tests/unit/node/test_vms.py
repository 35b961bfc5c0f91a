"""VMs from definition to end, over a hypervisor in memory."""

from pathlib import Path

import msgspec
import pytest

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.vms import DownReason, VmDisk, VmState
from node.api.refusals import (
    VmUnknown,
)
from node.vms.console import CONSOLE_BYTES
from node.vms.domain_xml import console_log
from node.vms.hypervisor import DomainAction
from node.vms.states import RUNNING, SHUT_OFF, SHUTDOWN
from tests.unit.fleet.hand_clock import HandClock
from tests.unit.node.vm_world import VM, World


async def test_every_step_of_a_life_can_be_repeated_and_is_told_once(world: World) -> None:
    for _ in range(2):
        assert (await world.vms.start_vm(VM)).state is VmState.UP
    for _ in range(2):
        assert (await world.vms.destroy_vm(VM.id)).reason is DownReason.DESTROYED
    await world.wait_idle()
    assert world.reported == [(VmState.UP, DownReason.NONE), (VmState.DOWN, DownReason.DESTROYED)]
    assert world.hypervisor.domains() == []


async def test_a_vm_that_runs_stays_as_it_is_whatever_is_asked_for(world: World) -> None:
    before = await (await world.running()).vm(VM.id)
    other = msgspec.structs.replace(VM, memory_bytes=1 << 27, time_zone="Europe/Nowhere")
    assert await world.vms.start_vm(other) == before
    (domain,) = world.hypervisor.domains()
    assert domain.memory_kib == VM.memory_bytes >> 10


async def test_names_that_virsh_cannot_take_are_made_safe_and_kept_in_reports(world: World) -> None:
    report = await world.vms.start_vm(VM)
    assert report.name == "my web"
    assert [domain.name for domain in world.hypervisor.domains()] == ["my-web-6f4e1c9a"]


async def test_a_guest_asked_to_shut_down_is_on_its_way_until_it_obeys(world: World) -> None:
    world.vms = world.agent(HandClock())
    vms = await world.running()
    world.hypervisor.guests_obey = False
    assert (await vms.shutdown_vm(VM.id)).state is VmState.SHUTTING_DOWN
    world.hypervisor.set(VM.id, SHUT_OFF, 1)
    await world.wait_idle()
    assert world.reported[-1] == (VmState.DOWN, DownReason.SHUTDOWN)
    assert (await vms.start_vm(VM)).state is VmState.UP
    assert (await vms.shutdown_vm(VM.id)).state is VmState.SHUTTING_DOWN


async def test_a_guest_is_rebooting_until_it_boots_again(world: World) -> None:
    clock = HandClock()
    world.vms = world.agent(clock)
    vms = await world.running()
    for _ in range(2):
        assert (await vms.reboot_vm(VM.id)).state is VmState.REBOOTING
    world.hypervisor.set(VM.id, SHUTDOWN, 0)  # libvirt boots it again by way of its end
    await world.wait_idle()
    world.hypervisor.set(VM.id, RUNNING, 1, pid=4711)
    world.hypervisor.boot_again(VM.id)
    await world.wait_idle()
    assert [state for state, _ in world.reported] == [VmState.UP, VmState.REBOOTING, VmState.REBOOTING, VmState.UP]
    assert world.hypervisor.acts == [DomainAction.REBOOT]
    await clock.turn(100)
    assert (await vms.vms())[0].state is VmState.UP
    await vms.destroy_vm(VM.id)
    assert (await vms.reboot_vm(VM.id)).state is VmState.DOWN


async def test_a_guest_that_does_not_heed_its_reboot_is_up_again_after_a_minute(world: World) -> None:
    clock = HandClock()
    world.vms = world.agent(clock)
    vms = await world.running()
    await vms.reboot_vm(VM.id)
    await clock.turn(50)
    assert (await vms.vms())[0].state is VmState.REBOOTING
    await clock.turn(20)
    await world.wait_idle()
    assert [state for state, _ in world.reported] == [VmState.UP, VmState.REBOOTING, VmState.UP]
    world.hypervisor.guests_obey = False
    await vms.reboot_vm(VM.id)
    await vms.shutdown_vm(VM.id)
    assert [state for state, _ in world.reported][3:] == [VmState.REBOOTING, VmState.SHUTTING_DOWN]


async def test_a_guest_that_boots_again_instead_of_shutting_down_is_up(world: World) -> None:
    world.vms = world.agent(HandClock())
    world.hypervisor.guests_obey = False
    vms = await world.running()
    await vms.shutdown_vm(VM.id)
    await world.wait_idle()
    assert (await vms.vms())[0].state is VmState.SHUTTING_DOWN
    world.hypervisor.boot_again(VM.id)
    await world.wait_idle()
    assert [state for state, _ in world.reported] == [VmState.UP, VmState.SHUTTING_DOWN, VmState.UP]


async def test_a_reset_ends_what_the_guest_was_asked(world: World) -> None:
    world.vms = world.agent(HandClock())
    world.hypervisor.guests_obey = False
    vms = await world.running()
    assert (await vms.shutdown_vm(VM.id)).state is VmState.SHUTTING_DOWN
    assert (await vms.reset_vm(VM.id)).state is VmState.UP
    assert world.hypervisor.acts == [DomainAction.SHUT_DOWN, DomainAction.RESET]
    await vms.destroy_vm(VM.id)
    assert (await vms.reset_vm(VM.id)).state is VmState.DOWN
    assert world.hypervisor.acts[-1] is DomainAction.DESTROY


async def test_unknown_vms_are_refused_by_name(world: World) -> None:
    for operation in (world.vms.shutdown_vm, world.vms.destroy_vm, world.vms.console_log):
        with pytest.raises(VmUnknown):
            await operation(VM.id)
    assert await world.vms.vm(VM.id) is None


async def test_the_end_of_a_long_console_is_given(world: World) -> None:
    await world.running()
    assert (await world.vms.console_log(VM.id)).text == ""
    path = Path(console_log(world.paths, VM.id))
    path.write_bytes(b"x" * CONSOLE_BYTES + b"\xff the end\n")
    log = await world.vms.console_log(VM.id)
    assert log.truncated
    assert log.text.endswith("\ufffd the end\n")
    await world.vms.destroy_vm(VM.id)
    assert (await world.vms.console_log(VM.id)).truncated


async def test_who_runs_on_a_file_is_known_by_name(world: World) -> None:
    image = ImageRef(storage_domain="data", disk_id="d", image_id="i")
    vms = world.vms
    await vms.start_vm(msgspec.structs.replace(VM, disks=(VmDisk(image=image, format=ImageFormat.RAW),)))
    path = "/volumes/data/images/d/i"
    assert await vms.running_on(path) == "my web"
    assert await vms.running_on("/g") is None
    await vms.destroy_vm(VM.id)
    assert await vms.running_on(path) is None
