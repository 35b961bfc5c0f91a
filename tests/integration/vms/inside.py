"""Runs inside the machine: VMs by the node's own code on the real libvirt. The first word names the case."""

import asyncio
import json
import os
import re
import signal
import sys
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import libvirt
import libvirt_qemu
import msgspec

from node.api.messages.images import ImageFormat, ImageRef, SeedFile
from node.api.messages.machine import Accelerator
from node.api.messages.vms import (
    BootDevice,
    CdRequest,
    DiskBus,
    DownReason,
    Firmware,
    SuspendRequest,
    VmCdrom,
    VmDisk,
    VmNic,
    VmSeed,
    VmSpec,
    VmState,
)
from node.api.refusals import NotStartable
from node.clock import SystemClock
from node.observe.parse import Memory
from node.storage import layout
from node.system.process import run
from node.system.threads import Threads
from node.vms.balloon_keeper import BalloonKeeper
from node.vms.cdroms import Cdroms
from node.vms.domain_xml import DomainPaths, console_log, domain_xml
from node.vms.libvirt_hypervisor import URI, LibvirtHypervisor
from node.vms.lifecycle import Vms
from node.vms.runs import Run, Runs
from node.vms.seed_discs import SeedDiscs
from node.vms.suspending import Suspending
from tests.integration.vms.discs import bootable_disc
from tests.integration.vms.images_inside import (
    images_of_a_vm_that_is_down_are_merged_from_the_middle,
    images_of_a_vm_that_runs_are_merged_from_the_middle_while_it_writes,
)
from tests.integration.vms.membership import become_member
from tests.unit.node.vm_settings import changed

SHARED = Path("/shared")
SURROUNDINGS = DomainPaths(Accelerator.TCG, PurePosixPath("/volumes"), PurePosixPath("/var/log/libvirt/qemu"))
SEEDS = Path(SURROUNDINGS.seeds)
BOOT_S = 240  # three times what it takes on a busy machine
MIB = 1 << 20
HD, CDROM, NETWORK = BootDevice.HD, BootDevice.CDROM, BootDevice.NETWORK

# What QEMU is not told on its command line: the agent does it, libvirt's monitor does it, or nobody has to know.
NOT_IN_ARGUMENTS = {"memory_guaranteed_bytes", "start_paused", "nics.linked", "nics.bridge"}
# libvirt sets it through /sys, which this machine may only read; its XML is held to libvirt's schema all the same.
# What a VM resumes from has a case of its own: it has to be a memory.
NOT_HERE = {"nics.isolated", "resume_from"}
_EACH_START = re.compile(r"domain-\d+-|\bfd\b\W+\d+")  # differs from start to start


async def nothing(*_: object) -> None:
    return None


def make_vms(hypervisor: LibvirtHypervisor, runs: Runs) -> Vms:
    return Vms(
        hypervisor,
        Threads("vms", 4),
        SURROUNDINGS,
        runs,
        ready=nothing,
        holder=nothing,
        taker=nothing,
        tell=lambda _: None,
        clock=SystemClock(),
        seeds=SeedDiscs(SEEDS),
    )


class Node:
    """What of a node VMs need. `volumes` have every image that is asked for."""

    def __init__(self) -> None:
        self.authority_pem = become_member()
        self.hypervisor = LibvirtHypervisor()
        self.vms = make_vms(self.hypervisor, Runs(Path("/run/trivet-runs")))
        self.cdroms = Cdroms(self.hypervisor, Threads("cdroms", 1), volumes=Path(SURROUNDINGS.volumes), need=nothing)
        self.vms.watch()

    def image(self, source: Path | None = None, form: ImageFormat = ImageFormat.RAW) -> ImageRef:
        """A new one, with the content of `source`."""
        ref = ImageRef(storage_domain="data", disk_id=str(uuid.uuid4()), image_id="image")
        self.make(ref, form, source)
        return ref

    def path(self, ref: ImageRef) -> Path:
        return Path(layout.image(SURROUNDINGS.volumes, ref))

    def make(self, ref: ImageRef, form: ImageFormat, source: Path | None = None) -> None:
        path = Path(layout.image(SURROUNDINGS.volumes, ref))
        path.parent.mkdir(parents=True, exist_ok=True)
        if source is None:
            run("qemu-img", "create", "-q", "-f", form.value, str(path), str(MIB))
        else:
            run("qemu-img", "convert", "-O", form.value, str(source), str(path))

    async def start(self, spec: VmSpec) -> VmState:
        return (await self.vms.start_vm(spec)).state

    async def why_not_started(self, spec: VmSpec) -> str:
        try:
            await self.start(spec)
        except NotStartable as err:
            return err.text.why
        return ""

    async def end(self, *specs: VmSpec) -> None:
        for spec in specs:
            await self.vms.destroy_vm(spec.id)

    async def says(self, spec: VmSpec, *wanted: str) -> str:
        """What the console said until all of `wanted` were in it, in that order."""
        async with asyncio.timeout(BOOT_S):
            while not _in_order(text := self.console(spec), wanted):  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.2)
        return text

    async def boots(self, spec: VmSpec, times: int) -> None:
        """Until its guest has booted that often."""
        async with asyncio.timeout(BOOT_S):
            while self.console(spec).count("trivet-tiny: ready") < times:  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.2)

    def console(self, spec: VmSpec) -> str:
        path = Path(console_log(SURROUNDINGS, spec.id))
        return path.read_text(errors="replace") if path.exists() else ""

    def ask_qemu(self, spec: VmSpec, command: str, **arguments: Any) -> Any:
        connection = libvirt.open(URI)
        domain = connection.lookupByUUIDString(spec.id)
        asked = json.dumps({"execute": command, "arguments": arguments})
        return json.loads(libvirt_qemu.qemuMonitorCommand(domain, asked, 0))["return"]

    def ask_agent(self, spec: VmSpec, command: str, **arguments: Any) -> Any:
        domain = libvirt.open(URI).lookupByUUIDString(spec.id)
        asked = json.dumps({"execute": command, "arguments": arguments})
        return json.loads(libvirt_qemu.qemuAgentCommand(domain, asked, 10, 0))["return"]

    async def started_as(self, spec: VmSpec) -> tuple[str, str]:
        """The command line of its QEMU, and the time zone in its environment."""
        for one in spec.disks:
            self.make(one.image, one.format)
        if spec.cdrom is not None and spec.cdrom.disc is not None:
            self.make(spec.cdrom.disc, ImageFormat.RAW)
        await self.start(msgspec.structs.replace(spec, start_paused=True))
        report = await self.vms.vm(spec.id)
        assert report is not None
        assert report.state is VmState.PAUSED
        process = Path(f"/proc/{report.pid}")
        arguments = _EACH_START.sub("", (process / "cmdline").read_text())
        zones = [line for line in (process / "environ").read_text().split("\0") if line.startswith("TZ=")]
        await self.end(spec)
        return arguments, "".join(zones)


def _in_order(text: str, wanted: tuple[str, ...]) -> bool:
    at = 0
    for words in wanted:
        at = text.find(words, at)
        if at < 0:
            return False
    return True


def vm(*, memory_bytes: int = 128 * MIB, **values: Any) -> VmSpec:
    vm_id = str(uuid.uuid4())
    return VmSpec(id=vm_id, name=f"vm-{vm_id[:8]}", memory_bytes=memory_bytes, **values)


def disk(image: ImageRef, *, boot: bool = True, **values: Any) -> VmDisk:
    return VmDisk(image=image, format=ImageFormat.RAW, boot=boot, **values)


def nic() -> VmNic:
    return VmNic(id=str(uuid.uuid4()), mac="02:00:00:00:00:0a", bridge="br0")


async def every_setting_is_taken_by_libvirt(node: Node) -> None:
    """Its schema is checked for all, also where this machine cannot start the VM."""
    connection = libvirt.open(URI)
    for name, _, other in changed():
        try:
            flags = libvirt.VIR_DOMAIN_DEFINE_VALIDATE
            domain = connection.defineXMLFlags(domain_xml(other, other.name, SURROUNDINGS), flags)
        finally:
            print(name)
        domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)


async def every_setting_reaches_qemu(node: Node) -> None:
    known: dict[VmSpec, tuple[str, str]] = {}
    for name, base, other in changed():
        if base.leases or other.leases or name in NOT_HERE:
            continue  # no sanlock here
        if base not in known:
            known[base] = await node.started_as(base)
        before, after = known[base], await node.started_as(other)
        print(name, "" if before != after else "same")
        assert (before[0] != after[0]) is (name not in NOT_IN_ARGUMENTS), name
        if name == "time_zone":
            assert (before[1], after[1]) == ("", f"TZ={other.time_zone}")


async def an_i440fx_boots_from_ide(node: Node) -> None:
    spec = vm(machine="pc", disks=(disk(node.image(SHARED / "tiny.qcow2"), bus=DiskBus.IDE),))
    assert await node.start(spec) is VmState.UP
    await node.says(spec, "Booting from Hard Disk", "trivet-tiny: ready")
    await node.end(spec)


async def a_paused_vm_stands_still_until_it_is_resumed(node: Node) -> None:
    spec = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),), start_paused=True)
    assert await node.start(spec) is VmState.PAUSED
    await asyncio.sleep(3)
    assert node.console(spec) == ""
    assert (await node.vms.resume_vm(spec.id)).state is VmState.UP
    await node.says(spec, "Booting from Hard Disk")
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
        await node.says(spec, "trivet-tiny: ready")
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
        print(kill.__name__, (Path(SURROUNDINGS.console_logs) / f"{domain.name}.log").read_text())
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
        node.vms, node.hypervisor, Threads("suspending", 1), SystemClock(), volumes=SURROUNDINGS.volumes, need=nothing
    )
    request = SuspendRequest(memory=ImageRef(storage_domain="data", disk_id=str(uuid.uuid4()), image_id="memory"))
    await node.start(spec)
    await node.boots(spec, 1)
    for _ in range(2):
        report = await suspending.suspend_vm(spec.id, request)
        assert (report.state, report.reason) == (VmState.DOWN, DownReason.SAVED)
    path = Path(layout.image(SURROUNDINGS.volumes, request.memory))
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
        connection.defineXML(domain_xml(spec, spec.name, SURROUNDINGS))
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


async def devices_are_tried_in_their_order(node: Node) -> None:
    boots = (disk(node.image(SHARED / "tiny.qcow2")), disk(node.image(), boot=False))
    spec = vm(disks=boots, nics=(nic(),), boot_devices=(CDROM, NETWORK, HD))
    await node.start(spec)
    await node.says(spec, "Booting from DVD/CD", "iPXE", "Booting from Hard Disk", "trivet-tiny: booted")
    await node.end(spec)
    spec = vm(disks=boots, nics=(nic(),), boot_devices=(HD, NETWORK))
    await node.start(spec)
    said = await node.says(spec, "Booting from Hard Disk", "trivet-tiny: booted")
    assert "DVD/CD" not in said
    assert "net0" not in said  # iPXE's name for a NIC that it tries
    await node.end(spec)


async def what_is_not_named_is_not_tried(node: Node) -> None:
    spec = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),), nics=(nic(),), boot_devices=(NETWORK,))
    await node.start(spec)
    said = await node.says(spec, "iPXE", "No bootable device")
    assert "Hard Disk" not in said
    await node.end(spec)


async def the_boot_menu_is_offered(node: Node) -> None:
    with_menu = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),), boot_menu=True)
    await node.start(with_menu)
    await node.says(with_menu, "Press ESC for boot menu")
    await node.end(with_menu)


async def secure_boot_starts_nothing_that_is_not_signed(node: Node) -> None:
    for firmware, words in ((Firmware.UEFI, "EFI stub"), (Firmware.UEFI_SECURE_BOOT, "Access Denied")):
        room = {"cpus_max": 16, "memory_max_bytes": 4096 * MIB}  # as the engine asks for it
        spec = vm(disks=(disk(node.image(SHARED / "efi.img")),), firmware=firmware, **room)
        await node.start(spec)
        said = await node.says(spec, words)
        assert ("EFI stub" in said) is (firmware is Firmware.UEFI)
        await node.end(spec)


async def secure_boot_holds_for_a_vm_that_ran_without_it(node: Node) -> None:
    spec = vm(disks=(disk(node.image(SHARED / "efi.img")),), firmware=Firmware.UEFI)
    await node.start(spec)
    await node.says(spec, "EFI stub")
    await node.vms.destroy_vm(spec.id)
    spec = msgspec.structs.replace(spec, firmware=Firmware.UEFI_SECURE_BOOT)
    await node.start(spec)
    await node.says(spec, "Access Denied")
    await node.end(spec)


async def a_shared_disk_is_used_by_two_vms_and_no_other_is(node: Node) -> None:
    image = node.image()
    one, two = (vm(disks=(disk(image, shareable=True),)) for _ in range(2))
    for spec in (one, two):
        assert await node.start(spec) is VmState.UP
    await node.end(one, two)
    one, two = (vm(disks=(disk(image),)) for _ in range(2))
    assert await node.start(one) is VmState.UP
    assert "lock" in await node.why_not_started(two)
    await node.end(one, two)


async def a_guest_gives_memory_back_as_far_as_it_is_not_guaranteed(node: Node) -> None:
    guaranteed = 160 * MIB
    image = node.image(SHARED / "tiny.qcow2")
    spec = vm(memory_bytes=256 * MIB, memory_guaranteed_bytes=guaranteed, disks=(disk(image),))
    await node.start(spec)
    await node.says(spec, "trivet-tiny: ready")

    async def until_it_has(kib: int, *, free: float) -> None:
        def memory() -> Memory:
            return Memory(1000, int(1000 * free), 0, 0)

        keeper = BalloonKeeper(node.hypervisor, Threads("balloon", 1), memory=memory, clock=SystemClock())
        async with asyncio.timeout(BOOT_S):
            while (found := node.hypervisor.find(spec.id)) is None or found.balloon_kib != kib:
                keeper.look()
                await asyncio.sleep(1)

    await until_it_has(guaranteed >> 10, free=0.02)
    await until_it_has(spec.memory_bytes >> 10, free=0.5)
    await node.end(spec)


async def the_hardware_clock_shows_the_time_of_its_zone(node: Node) -> None:
    """None of these is UTC, and one has half an hour beside."""
    for zone in ("Asia/Kolkata", "America/Anchorage", ""):
        spec = vm(time_zone=zone, start_paused=True)
        await node.start(spec)
        shown = node.ask_qemu(spec, "qom-get", path="/machine", property="rtc-time")
        now = datetime.now(ZoneInfo(zone or "UTC")).replace(tzinfo=None)
        clock = datetime(
            1900 + shown["tm_year"],
            1 + shown["tm_mon"],
            shown["tm_mday"],
            shown["tm_hour"],
            shown["tm_min"],
            shown["tm_sec"],
        )
        assert abs((now - clock).total_seconds()) < 60, (zone, now, clock)
        await node.end(spec)


async def a_disc_boots_is_changed_while_the_vm_runs_and_taken_out(node: Node) -> None:
    """The guest's firmware reads what is in the drive: after a reset it finds what was put in meanwhile."""
    discs = []
    for words in ("this is disc one", "this is disc two"):
        ref = node.image()
        node.path(ref).write_bytes(bootable_disc(words))
        discs.append(ref)
    spec = vm(disks=(disk(node.image(), boot=False),), boot_devices=(CDROM,), cdrom=VmCdrom(disc=discs[0]))
    await node.start(spec)
    await node.says(spec, "Booting from DVD/CD", "this is disc one")
    await node.cdroms.change_cd(spec.id, CdRequest(disc=discs[1]))
    await node.vms.reset_vm(spec.id)
    await node.says(spec, "this is disc one", "Booting from DVD/CD", "this is disc two")
    await node.cdroms.change_cd(spec.id, CdRequest())
    await node.vms.reset_vm(spec.id)
    await node.says(spec, "this is disc two", "Booting from DVD/CD", "Could not read")
    await node.end(spec)


async def a_guest_reads_its_seed_for_one_run_alone(node: Node) -> None:
    """It keeps it through a reset; an agent that starts anew leaves it; its next run has none."""
    texts = {
        "meta-data": 'instance-id: "1"\nlocal-hostname: "seeded"\n',
        "user-data": "#cloud-config\npassword: sesame\n",
    }
    seed = VmSeed(label="cidata", files=tuple(SeedFile(path=path, text=text) for path, text in texts.items()))
    disks = (disk(node.image(SHARED / "seed.img")),)
    spec = vm(disks=disks, cdrom=VmCdrom(), seed=seed)
    await node.start(spec)
    lines = ("files: meta-data user-data", "modes: 4000 4000", "2 drives, called seeded")
    assert "it can be written" not in await node.says(spec, *lines)
    file = SEEDS / f"{spec.id}.iso"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [
        path for path in Path("/var/log/libvirt").rglob("*.log") if "sesame" in path.read_text(errors="replace")
    ]
    await make_vms(node.hypervisor, Runs(Path("/run/trivet-runs"))).drop_old_seeds()
    await node.vms.reset_vm(spec.id)
    await node.says(spec, *lines, *lines)
    await node.end(spec)
    async with asyncio.timeout(30):
        while file.exists():  # noqa: ASYNC110 - its end is heard
            await asyncio.sleep(0.1)
    await node.start(msgspec.structs.replace(spec, seed=None))
    assert "files:" not in await node.says(spec, "1 drives, called")
    await node.end(spec)


async def a_seed_is_taken_out_before_its_vm_is_suspended(node: Node) -> None:
    """Its memory knows nothing of a file that only one node had."""
    seed = VmSeed(label="cidata", files=(SeedFile(path="meta-data", text='local-hostname: "seeded"\n'),))
    spec = vm(disks=(disk(node.image(SHARED / "seed.img")),), cdrom=VmCdrom(), seed=seed)
    await node.start(spec)
    await node.says(spec, "2 drives, called seeded", "trivet-tiny: ready")
    suspending = Suspending(
        node.vms,
        node.hypervisor,
        Threads("suspending", 1),
        SystemClock(),
        volumes=PurePosixPath(SURROUNDINGS.volumes),
        need=nothing,
    )
    memory = ImageRef(storage_domain="data", disk_id=spec.id, image_id="memory")
    assert (await suspending.suspend_vm(spec.id, SuspendRequest(memory=memory))).state is VmState.DOWN
    assert not (SEEDS / f"{spec.id}.iso").exists()
    await node.start(msgspec.structs.replace(spec, resume_from=memory))
    assert (await node.vms.known(spec.id)).state is VmState.UP
    await node.end(spec)


CASES: dict[str, Callable[[Node], Awaitable[None]]] = {
    case.__name__: case
    for case in (
        every_setting_is_taken_by_libvirt,
        every_setting_reaches_qemu,
        an_i440fx_boots_from_ide,
        a_paused_vm_stands_still_until_it_is_resumed,
        a_guest_boots_again_when_it_is_asked_and_when_its_vm_is_reset,
        how_a_vm_ended_is_known_to_who_listened_and_to_who_was_away,
        a_vm_goes_on_from_the_memory_that_it_was_suspended_with,
        a_start_that_fails_leaves_nothing,
        what_an_earlier_release_defined_runs_on_and_is_gone_with_its_end,
        devices_are_tried_in_their_order,
        what_is_not_named_is_not_tried,
        the_boot_menu_is_offered,
        secure_boot_starts_nothing_that_is_not_signed,
        secure_boot_holds_for_a_vm_that_ran_without_it,
        a_shared_disk_is_used_by_two_vms_and_no_other_is,
        a_disc_boots_is_changed_while_the_vm_runs_and_taken_out,
        a_guest_reads_its_seed_for_one_run_alone,
        a_seed_is_taken_out_before_its_vm_is_suspended,
        the_hardware_clock_shows_the_time_of_its_zone,
        a_guest_gives_memory_back_as_far_as_it_is_not_guaranteed,
        images_of_a_vm_that_is_down_are_merged_from_the_middle,
        images_of_a_vm_that_runs_are_merged_from_the_middle_while_it_writes,
    )
}


async def main(case: Callable[[Node], Awaitable[None]]) -> None:
    node = Node()
    try:
        await case(node)
    except BaseException:
        for log in sorted(Path(SURROUNDINGS.console_logs).glob("*.log")):
            print(log, log.read_text(errors="replace")[-4000:])
        raise


if __name__ == "__main__":
    asyncio.run(main(CASES[sys.argv[1]]))
