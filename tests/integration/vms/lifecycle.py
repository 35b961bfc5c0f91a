"""Runs inside the machine: VMs start, stand still, boot again, are suspended and end."""

import asyncio
import os
import signal
import uuid
from contextlib import suppress
from pathlib import Path

import libvirt
import msgspec

from node.api.messages.images import ImageRef
from node.api.messages.vms import (
    DownReason,
    Firmware,
    SuspendRequest,
    VmSpec,
    VmState,
)
from node.clock import SystemClock
from node.storage import layout
from node.system.threads import Threads
from node.vms.domain_xml import domain_xml
from node.vms.libvirt_hypervisor import URI, LibvirtHypervisor
from node.vms.runs import Run, Runs
from node.vms.suspending import Suspending
from tests.integration.vms.real_node import (
    BOOT_S,
    PATHS,
    SHARED,
    Node,
    disk,
    make_vms,
    nic,
    nothing,
    run_case,
    vm,
)


async def a_paused_vm_stands_still_until_it_is_resumed(node: Node) -> None:
    spec = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),), start_paused=True)
    assert await node.start(spec) is VmState.PAUSED
    await asyncio.sleep(3)
    assert node.console(spec) == ""
    assert (await node.vms.resume_vm(spec.id)).state is VmState.UP
    await node.expect_on_console(spec, "Booting from Hard Disk")
    await node.end(spec)


async def a_guest_boots_again_when_it_is_asked_and_when_its_vm_is_reset(node: Node) -> None:
    spec = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),))
    await node.start(spec)
    await node.boots(spec, 1)
    process = await node.vms.vm(spec.id)
    assert (await node.vms.reboot_vm(spec.id)).state is VmState.REBOOTING
    async with asyncio.timeout(BOOT_S):
        while "trivet-tiny: power button" not in node.console(spec):  # one that has just booted may not heed its first
            await node.vms.reboot_vm(spec.id)  # again, when it was not heeded in its time
            await asyncio.sleep(1)
    await node.boots(spec, 2)
    again = await node.vms.vm(spec.id)
    assert again is not None
    assert again.state is VmState.UP
    assert (await node.vms.reset_vm(spec.id)).state is VmState.UP
    await node.boots(spec, 3)
    report = await node.vms.vm(spec.id)
    assert process is not None
    assert report is not None
    assert (report.state, report.pid) == (VmState.UP, process.pid)
    await node.end(spec)


async def how_a_vm_ended_is_known_to_who_listened_and_to_who_was_away(node: Node) -> None:
    """By libvirt's events, and by its log of the VM."""
    for kill, reason, detail in (
        (shut_down, DownReason.SHUTDOWN, ""),
        (destroy, DownReason.DESTROYED, ""),
        (kill_process, DownReason.CRASHED, ""),
        (terminate_process, DownReason.CRASHED, "ended its process"),
    ):
        spec = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),))
        away = Runs(Path(f"/run/away-{spec.id}"))
        await node.start(spec)
        await node.expect_on_console(spec, "trivet-tiny: ready")
        listened = await node.vms.vm(spec.id)
        assert listened is not None
        domain = next(one for one in node.hypervisor.domains() if one.id == spec.id)
        away.note(spec.id, Run(state=VmState.UP, since=listened.since, name=spec.name, domain=domain.name))
        async with asyncio.timeout(BOOT_S):
            while node.hypervisor.find(spec.id) is not None:
                await kill(spec, listened.pid)  # a guest that has just booted may not heed its first power button
                await asyncio.sleep(2)
        await asyncio.sleep(1)  # the event comes by itself
        assert not [one for one in libvirt.open(URI).listAllDomains() if one.UUIDString() == spec.id]
        print(kill.__name__, (Path(PATHS.console_logs) / f"{domain.name}.log").read_text())
        for vms in (node.vms, make_vms(LibvirtHypervisor(), away)):
            report = await vms.vm(spec.id)
            assert report is not None
            assert (report.state, report.reason) == (VmState.DOWN, reason), (kill.__name__, report)
            assert detail in report.detail, kill.__name__
            assert bool(detail) is bool(report.detail), (kill.__name__, report.detail)


async def shut_down(spec: VmSpec, _: int | None) -> None:
    libvirt.open(URI).lookupByUUIDString(spec.id).shutdown()


async def destroy(spec: VmSpec, _: int | None) -> None:
    libvirt.open(URI).lookupByUUIDString(spec.id).destroy()


async def kill_process(_: VmSpec, pid: int | None) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid or 0, signal.SIGKILL)


async def terminate_process(_: VmSpec, pid: int | None) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid or 0, signal.SIGTERM)


async def a_vm_goes_on_from_the_memory_that_it_was_suspended_with(node: Node) -> None:
    """It does not boot again, and its guest is alive: it heeds its power button."""
    spec = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),), nics=(nic(),))
    suspending = Suspending(
        node.vms, node.hypervisor, Threads("suspending", 1), SystemClock(), volumes=PATHS.volumes, need=nothing
    )
    request = SuspendRequest(memory=ImageRef(storage_domain="data", disk_id=str(uuid.uuid4()), image_id="memory"))
    await node.start(spec)
    await node.boots(spec, 1)
    for _ in range(2):
        report = await suspending.suspend_vm(spec.id, request)
        assert (report.state, report.reason) == (VmState.DOWN, DownReason.SAVED)
    path = Path(layout.image(PATHS.volumes, request.memory))
    whole = path.read_bytes()
    assert (path.stat().st_mode & 0o777) == 0o600
    path.write_bytes(b"LibvirtQemudPart" + whole[16:])  # as libvirt leaves it when it is killed half way
    resumed = msgspec.structs.replace(spec, resume_from=request.memory)
    assert "incomplete" in await node.why_not_started(resumed)
    path.write_bytes(whole)
    assert await node.start(resumed) is VmState.UP
    assert not path.exists()
    async with asyncio.timeout(BOOT_S):
        while node.hypervisor.find(spec.id) is not None:
            await node.vms.shutdown_vm(spec.id)
            await asyncio.sleep(2)
    report_after = await node.vms.vm(spec.id)
    assert report_after is not None
    assert report_after.reason is DownReason.SHUTDOWN
    assert node.console(spec).count("trivet-tiny: booted") <= 1


async def a_start_that_fails_leaves_nothing(node: Node) -> None:
    spec = vm(disks=(disk(node.image()),), nics=(msgspec.structs.replace(nic(), bridge="nowhere"),))
    assert "nowhere" in await node.why_not_started(spec)
    report = await node.vms.vm(spec.id)
    assert report is not None
    assert (report.state, report.reason) == (VmState.DOWN, DownReason.FAILED)
    assert node.hypervisor.find(spec.id) is None


async def what_an_earlier_release_defined_runs_on_and_is_gone_with_its_end(node: Node) -> None:
    connection = libvirt.open(URI)
    running, down = (vm(disks=(disk(node.image()),), firmware=Firmware.UEFI) for _ in range(2))
    for spec in (running, down):
        connection.defineXML(domain_xml(spec, spec.name, PATHS))
    connection.defineXML(
        "<domain type='qemu'><name>foreign</name><memory>8192</memory><os><type>hvm</type></os></domain>"
    )
    connection.lookupByUUIDString(running.id).create()
    vms = make_vms(node.hypervisor, Runs(Path("/run/adopted")))
    vms.watch()
    async with asyncio.timeout(30):
        while node.hypervisor.defined():  # noqa: ASYNC110 - libvirt is asked
            await asyncio.sleep(0.2)
    assert [(one.id, one.state) for one in await vms.vms() if one.id in (running.id, down.id)] == [
        (running.id, VmState.UP)
    ]
    assert [one.name() for one in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT)] == ["foreign"]
    assert (await vms.destroy_vm(running.id)).reason is DownReason.DESTROYED
    assert running.id not in {one.UUIDString() for one in connection.listAllDomains()}
    connection.lookupByName("foreign").undefine()


if __name__ == "__main__":
    run_case(
        a_paused_vm_stands_still_until_it_is_resumed,
        a_guest_boots_again_when_it_is_asked_and_when_its_vm_is_reset,
        how_a_vm_ended_is_known_to_who_listened_and_to_who_was_away,
        a_vm_goes_on_from_the_memory_that_it_was_suspended_with,
        a_start_that_fails_leaves_nothing,
        what_an_earlier_release_defined_runs_on_and_is_gone_with_its_end,
    )
