"""A node's own code for VMs on the real libvirt, as far as the cases need it, and what they start on it."""

import asyncio
import json
import re
import sys
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import Any

import libvirt
import libvirt_qemu
import msgspec

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.machine import Accelerator
from node.api.messages.vms import (
    VmDisk,
    VmNic,
    VmSpec,
    VmState,
)
from node.api.refusals import NotStartable
from node.clock import SystemClock
from node.storage import layout
from node.system.process import run
from node.system.threads import Threads
from node.vms.cdroms import Cdroms
from node.vms.domain_xml import DomainPaths, console_log
from node.vms.libvirt_hypervisor import URI, LibvirtHypervisor
from node.vms.lifecycle import Vms
from node.vms.runs import Runs
from node.vms.seed_discs import SeedDiscs
from tests.integration.vms.membership import become_member

SHARED = Path("/shared")
PATHS = DomainPaths(Accelerator.TCG, PurePosixPath("/volumes"), PurePosixPath("/var/log/libvirt/qemu"))
SEEDS = Path(PATHS.seeds)
BOOT_S = 240  # three times what it takes on a busy machine
MIB = 1 << 20
_EACH_START = re.compile(r"domain-\d+-|\bfd\b\W+\d+")  # differs from start to start


async def nothing(*_: object) -> None:
    return None


def make_vms(hypervisor: LibvirtHypervisor, runs: Runs) -> Vms:
    return Vms(
        hypervisor,
        Threads("vms", 4),
        PATHS,
        runs,
        ready=nothing,
        holder=nothing,
        taker=nothing,
        notify=lambda _: None,
        clock=SystemClock(),
        seeds=SeedDiscs(SEEDS),
    )


class Node:
    """What of a node VMs need. `volumes` have every image that is asked for."""

    def __init__(self) -> None:
        self.authority_pem = become_member()
        self.hypervisor = LibvirtHypervisor()
        self.vms = make_vms(self.hypervisor, Runs(Path("/run/trivet-runs")))
        self.cdroms = Cdroms(self.hypervisor, Threads("cdroms", 1), volumes=Path(PATHS.volumes), need=nothing)
        self.vms.watch()

    def image(self, source: Path | None = None, form: ImageFormat = ImageFormat.RAW) -> ImageRef:
        """A new one, with the content of `source`."""
        ref = ImageRef(storage_domain="data", disk_id=str(uuid.uuid4()), image_id="image")
        self.make(ref, form, source)
        return ref

    def path(self, ref: ImageRef) -> Path:
        return Path(layout.image(PATHS.volumes, ref))

    def make(self, ref: ImageRef, form: ImageFormat, source: Path | None = None) -> None:
        path = Path(layout.image(PATHS.volumes, ref))
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

    async def expect_on_console(self, spec: VmSpec, *wanted: str) -> str:
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
        path = Path(console_log(PATHS, spec.id))
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


def run_case(*cases: Callable[[Node], Awaitable[None]]) -> None:
    """The one of `cases` that the command line names; what libvirt said of its VMs is shown when it fails."""
    asyncio.run(_run_case(next(case for case in cases if case.__name__ == sys.argv[1])))


async def _run_case(case: Callable[[Node], Awaitable[None]]) -> None:
    try:
        await case(Node())
    except BaseException:
        for log in sorted(Path(PATHS.console_logs).glob("*.log")):
            print(log, log.read_text(errors="replace")[-4000:])
        raise
