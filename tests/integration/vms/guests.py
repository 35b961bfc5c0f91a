"""Runs inside the machine: Debian's own agent in a guest, asked by the node's code through the real libvirt."""

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec

from node.api.messages.guests import GuestReport
from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.vms import DiskBus, IoError, VmDisk, VmSpec, VmState
from node.clock import SystemClock
from node.system.process import run
from node.system.threads import Threads
from node.vms.freezing import Freezing
from node.vms.guest_watch import GuestWatch
from node.vms.libvirt_hypervisor import LibvirtHypervisor
from node.vms.resume import ROOM_BYTES
from node.vms.runs import Runs
from node.vms.states import FULL
from tests.integration.vms.real_node import MIB, SHARED, Node, make_vms, nic, run_case, vm

SOON_S = 60
BOOT_S = 240


class Guests:
    """What the node reports of the guest of one VM, in order."""

    def __init__(self, node: Node, spec: VmSpec) -> None:
        self.reports: list[GuestReport] = []
        self._vm_id = spec.id
        self._watch = GuestWatch(
            node.hypervisor, Threads("guests", 4), Threads("quick", 2), SystemClock(), notify=self._note
        )
        self._runs = asyncio.create_task(self._watch.run())

    def _note(self, report: GuestReport) -> None:
        if report.vm_id == self._vm_id:
            self.reports.append(report)

    async def until(self, wanted: Any, within_s: float = SOON_S) -> GuestReport:
        async with asyncio.timeout(within_s):
            while not (self.reports and wanted(self.reports[-1])):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return self.reports[-1]


def _disk(node: Node, source: Path, *, boot: bool = False) -> VmDisk:
    return VmDisk(image=node.image(source), format=ImageFormat.RAW, boot=boot)


def _guest(node: Node, *, hangs: bool = False, **settings: Any) -> VmSpec:
    third = (_disk(node, SHARED / "agent-data.img"),) if hangs else ()
    disks = (_disk(node, SHARED / "agent.img", boot=True), _disk(node, SHARED / "agent-data.img"), *third)
    return vm(memory_bytes=192 * MIB, disks=disks, nics=(nic(),), **settings)


async def an_agent_is_heard_within_seconds_and_forgotten_when_it_ends(node: Node) -> None:
    spec = _guest(node)
    guests = Guests(node, spec)
    await node.start(spec)
    await node.expect_on_console(spec, "agent runs")
    report = await guests.until(lambda report: report.nics)
    print(report)
    assert (report.vm_id, report.host_name, report.system.id) == (spec.id, "agent-guest", "debian")
    assert report.system.kernel
    assert report.agent.startswith("10.")
    (found,) = [one for one in report.nics if one.mac == spec.nics[0].mac]
    assert found.name == "eth0"
    assert found.addresses == ("fe80::ff:fe00:a",)
    assert [(one.mountpoint, one.type) for one in report.filesystems] == [("/data", "ext4")]
    await node.vms.destroy_vm(spec.id)
    await guests.until(lambda report: not report.talks)


async def a_guest_shuts_down_by_its_agent_first(node: Node) -> None:
    spec = _guest(node)
    await node.start(spec)
    await node.expect_on_console(spec, "agent runs")
    guests = Guests(node, spec)
    await guests.until(lambda report: report.talks)
    assert (await node.vms.reboot_vm(spec.id)).state in (VmState.REBOOTING, VmState.UP)  # it may have done it already
    await node.expect_on_console(spec, "agent asks: -h -r", "agent runs")
    await guests.until(lambda report: report.talks and len(guests.reports) > 2)  # it was gone in between
    await node.vms.shutdown_vm(spec.id)
    await node.expect_on_console(spec, "agent asks: -h -P")
    await _down(node, spec)
    assert "power button" not in node.console(spec)


async def an_agent_that_hangs_delays_nobody_and_the_power_button_is_pressed(node: Node) -> None:
    spec = _guest(node, hangs=True)
    await node.start(spec)
    await node.expect_on_console(spec, "agent hangs")
    guests, began = Guests(node, spec), time.monotonic()
    other = vm(start_paused=True)
    await node.start(other)
    await node.end(other)
    print(f"another VM was started and ended within {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 5
    began = time.monotonic()
    await node.vms.shutdown_vm(spec.id)
    print(f"it was asked within {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 25  # the time that an engine gives a node for it is 30
    await node.expect_on_console(spec, "power button")
    await _down(node, spec)
    assert guests.reports == []


async def file_systems_are_frozen_and_thawed(node: Node) -> None:
    freezing = Freezing(node.hypervisor, Threads("guests", 2), SystemClock(), Path("/run/trivet-frozen"))
    spec = _guest(node)
    await node.start(spec)
    await node.expect_on_console(spec, "mounted /data", "agent runs")
    await Guests(node, spec).until(lambda report: report.talks)
    assert await freezing.freeze_vm(spec.id) == 1
    assert await freezing.thaw_vm(spec.id) == 1
    assert await freezing.thaw_vm(spec.id) == 0
    await node.end(spec)


async def the_clock_of_a_guest_is_right_after_it_stood_still(node: Node) -> None:
    spec = _guest(node)
    guests = Guests(node, spec)
    await node.start(spec)
    await node.expect_on_console(spec, "agent runs")
    await guests.until(lambda report: report.talks)
    node.ask_qemu(spec, "stop")
    await asyncio.sleep(20)
    node.ask_qemu(spec, "cont")
    async with asyncio.timeout(SOON_S):
        while abs(_guest_time(node, spec) - time.time()) > 3:  # noqa: ASYNC110
            await asyncio.sleep(1)
    await node.end(spec)


async def a_vm_whose_storage_is_full_says_so_and_goes_on_when_there_is_room(node: Node) -> None:
    small = Path("/volumes/small")
    small.mkdir(parents=True)
    run("mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES + 128 * MIB}", "small", str(small))
    image = ImageRef(storage_domain="small", disk_id="growing", image_id="image")
    node.path(image).parent.mkdir(parents=True)
    run("qemu-img", "create", "-q", "-f", "raw", str(node.path(image)), "1G")
    filler = small / "filler"
    run("fallocate", "-l", str(ROOM_BYTES + 64 * MIB), str(filler))
    growing = VmDisk(image=image, format=ImageFormat.RAW, bus=DiskBus.VIRTIO_SCSI)
    spec = msgspec.structs.replace(_guest(node), virtio_scsi=True)
    spec = msgspec.structs.replace(spec, disks=(*spec.disks, growing))
    await node.start(spec)
    await node.expect_on_console(spec, "agent runs")
    await Guests(node, spec).until(lambda report: report.talks)
    command = {"path": "/bin/busybox", "arg": ["dd", "if=/dev/zero", "of=/dev/sda", "bs=1M", "count=128", "conv=fsync"]}
    pid = node.ask_agent(spec, "guest-exec", **command)["pid"]
    await _until(node, spec, VmState.PAUSED)
    for hypervisor in (node.hypervisor, LibvirtHypervisor()):  # one that heard it, and one of an agent that was away
        vms = make_vms(hypervisor, Runs(Path("/run/trivet-runs-full")))
        await vms.resume_paused_by_storage()
        report = await vms.vm(spec.id)
        assert report is not None
        assert (report.state, report.io_error, report.detail) == (VmState.PAUSED, IoError.ENOSPC, FULL), report
    filler.unlink()
    await node.vms.resume_paused_by_storage()
    await _until(node, spec, VmState.UP)
    async with asyncio.timeout(SOON_S):
        while not (ended := node.ask_agent(spec, "guest-exec-status", pid=pid))["exited"]:  # noqa: ASYNC110 - a guest does it
            await asyncio.sleep(0.5)
    assert ended["exitcode"] == 0, ended
    assert node.path(image).stat().st_blocks * 512 >= 128 * MIB
    await node.end(spec)


async def _until(node: Node, spec: VmSpec, state: VmState) -> None:
    async with asyncio.timeout(SOON_S):
        while (report := await node.vms.vm(spec.id)) is None or report.state is not state:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


def _guest_time(node: Node, spec: VmSpec) -> float:
    seconds = node.ask_agent(spec, "guest-get-time")
    return float(seconds) / 1e9


async def _down(node: Node, spec: VmSpec) -> None:
    async with asyncio.timeout(BOOT_S):
        while (report := await node.vms.vm(spec.id)) is not None and report.state is not VmState.DOWN:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    run_case(
        an_agent_is_heard_within_seconds_and_forgotten_when_it_ends,
        a_guest_shuts_down_by_its_agent_first,
        an_agent_that_hangs_delays_nobody_and_the_power_button_is_pressed,
        file_systems_are_frozen_and_thawed,
        the_clock_of_a_guest_is_right_after_it_stood_still,
        a_vm_whose_storage_is_full_says_so_and_goes_on_when_there_is_room,
    )
