"""Runs inside the machine: devices come and go while a guest runs, and it says so."""

import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Awaitable
from pathlib import PurePosixPath
from typing import Any

import libvirt
import libvirt_qemu
import msgspec

from node.api.messages.images import ImageFormat
from node.api.messages.vms import DiskBus, VmCpus, VmDisk, VmMemory, VmNic, VmSpec
from node.api.refusals import NotPluggable, NotUnplugged
from node.clock import SystemClock
from node.system.threads import Threads
from node.vms import hotplug
from node.vms.hotplug import HotPlug
from node.vms.libvirt_hypervisor import URI
from node.vms.resizing import Resizing, current_cpus, current_memory_kib
from tests.integration.vms.real_node import MIB, PATHS, SHARED, Node, disk, nic, nothing, run_case, vm

SECOND_MAC = "02:00:00:00:00:1b"


def _hotplug(node: Node) -> HotPlug:
    volumes = PurePosixPath(PATHS.volumes)
    return HotPlug(node.hypervisor, Threads("hotplug", 2), SystemClock(), volumes, ready=nothing)


async def _why_not(done: Awaitable[None]) -> str:
    """Empty when it is done all the same."""
    try:
        await done
    except (NotPluggable, NotUnplugged) as err:
        print(err)
        return err.text.why
    return ""


async def _guest(node: Node, **settings: Any) -> VmSpec:
    spec = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),), nics=(nic(),), **settings)
    await node.start(spec)
    await node.expect_on_console(spec, "trivet-tiny: ready")
    return spec


async def disks_come_and_go(node: Node) -> None:
    plug, spec = _hotplug(node), await _guest(node, virtio_scsi=True)
    disks = [VmDisk(image=node.image(), format=ImageFormat.RAW, bus=bus) for bus in
             (DiskBus.VIRTIO, DiskBus.VIRTIO_SCSI, DiskBus.VIRTIO)]  # fmt: skip
    for one, name in zip(disks, ("vdb", "sda", "vdc"), strict=True):
        for _ in range(2):
            await plug.plug_disk(spec.id, one)
        await node.expect_on_console(
            spec, "trivet-tiny: ready", f"disk {name} {MIB}"
        )  # before the next: the guest names what comes
    for _ in range(2):
        await plug.unplug_disk(spec.id, disks[0].image)
    await node.expect_on_console(spec, "disk vdb gone")
    await plug.plug_disk(spec.id, disks[0])
    await node.expect_on_console(spec, "disk vdb gone", f"disk vdb {MIB}")
    await plug.unplug_disk(spec.id, disks[1].image)
    await node.expect_on_console(spec, "disk sda gone")
    await node.end(spec)


async def nics_come_and_go(node: Node) -> None:
    plug, spec = _hotplug(node), await _guest(node)
    second = VmNic(id="second", mac=SECOND_MAC, bridge="br0")
    for _ in range(2):
        await plug.plug_nic(spec.id, second)
    await node.expect_on_console(spec, "trivet-tiny: ready", f"nic eth1 {SECOND_MAC}")
    for _ in range(2):
        await plug.unplug_nic(spec.id, second.id)
    await node.expect_on_console(spec, "nic eth1 gone")
    await node.end(spec)


def _port(spec: VmSpec, node: Node) -> tuple[str, str]:
    """The tap of its only NIC and the bridge that it is on."""
    taps = subprocess.run(("ip", "-o", "link", "show", "type", "tun"), check=True, capture_output=True, text=True)
    (line,) = [line for line in taps.stdout.splitlines() if "vnet" in line]
    words = line.split()
    return words[1].rstrip(":"), words[words.index("master") + 1]


async def a_nic_changes_its_network_and_its_link(node: Node) -> None:
    plug, spec = _hotplug(node), await _guest(node)
    (before,) = spec.nics
    assert _port(spec, node)[1] == "br0"
    other = msgspec.structs.replace(before, bridge="br1", linked=False)
    for _ in range(2):
        await plug.plug_nic(spec.id, other)
    assert _port(spec, node)[1] == "br1"
    assert node.hypervisor.live_xml(spec.id).count("<link state='down'/>") == 1
    await plug.plug_nic(spec.id, before)
    assert _port(spec, node)[1] == "br0"
    assert "<link state='down'/>" not in node.hypervisor.live_xml(spec.id)
    other = msgspec.structs.replace(before, mac=SECOND_MAC)
    assert "address" in await _why_not(plug.plug_nic(spec.id, other))
    await node.end(spec)


async def a_guest_that_does_not_let_go_keeps_its_disk(node: Node) -> None:
    """Nobody in this one answers: it stands still in its firmware's menu."""
    hotplug.UNPLUG_S = 12.0
    plug = _hotplug(node)
    boots, second = disk(node.image(SHARED / "tiny.qcow2")), disk(node.image(), boot=False)
    spec = vm(disks=(boots, second), start_paused=True)
    await node.start(spec)
    for _ in range(2):
        assert "no answer" in await _why_not(plug.unplug_disk(spec.id, second.image))
    assert second.image.disk_id in node.hypervisor.live_xml(spec.id)
    await plug.plug_disk(spec.id, second)  # it has it still
    await node.end(spec)


async def a_disk_that_another_vm_writes_to_is_not_plugged(node: Node) -> None:
    plug, spec = _hotplug(node), await _guest(node)
    taken = disk(node.image(), boot=False)
    other = vm(disks=(taken,), start_paused=True)
    await node.start(other)
    assert "lock" in await _why_not(plug.plug_disk(spec.id, taken))
    await node.end(spec, other)


async def processors_and_memory_come_and_processors_go(node: Node) -> None:
    """As QEMU has them; the guest is told by ACPI, and what it does not use it has to let go of."""
    resizing = Resizing(node.hypervisor, Threads("resizing", 2))
    small = await _guest(node, memory_bytes=96 * MIB, cpus_max=16)  # what its kernel keeps for each leaves it enough
    await resizing.set_vm_cpus(small.id, VmCpus(count=16))
    await node.end(small)
    for machine in ("q35", "pc"):
        spec = await _guest(node, machine=machine, memory_bytes=256 * MIB, cpus_max=4, memory_max_bytes=1024 * MIB)
        assert _qemu(node, spec) == (1, 0)
        for count in (3, 3, 4):
            await resizing.set_vm_cpus(spec.id, VmCpus(count=count))
        for size in (512 * MIB, 512 * MIB, 1024 * MIB):
            await resizing.set_vm_memory(spec.id, VmMemory(size_bytes=size))
        assert _qemu(node, spec) == (4, 768 * MIB)
        assert (current_cpus(_live(node, spec)), current_memory_kib(_live(node, spec))) == (4, 1024 << 10)
        assert "no more than 4" in await _why_not(resizing.set_vm_cpus(spec.id, VmCpus(count=5)))
        assert "no more than" in await _why_not(resizing.set_vm_memory(spec.id, VmMemory(size_bytes=1280 * MIB)))
        assert "taken from it" in await _why_not(resizing.set_vm_memory(spec.id, VmMemory(size_bytes=512 * MIB)))
        print(await _why_not(resizing.set_vm_cpus(spec.id, VmCpus(count=2))) or "processors were let go")
        await node.end(spec)


def _live(node: Node, spec: VmSpec) -> ET.Element:
    return ET.fromstring(node.hypervisor.live_xml(spec.id))


def _qemu(node: Node, spec: VmSpec) -> tuple[int, int]:
    """How many processors it has, and how much memory was plugged in, as QEMU says."""
    domain = libvirt.open(URI).lookupByUUIDString(spec.id)

    def ask(command: str) -> Any:
        return json.loads(libvirt_qemu.qemuMonitorCommand(domain, json.dumps({"execute": command}), 0))["return"]

    return len(ask("query-cpus-fast")), ask("query-memory-size-summary").get("plugged-memory", 0)


if __name__ == "__main__":
    run_case(
        disks_come_and_go,
        nics_come_and_go,
        a_nic_changes_its_network_and_its_link,
        a_guest_that_does_not_let_go_keeps_its_disk,
        a_disk_that_another_vm_writes_to_is_not_plugged,
        processors_and_memory_come_and_processors_go,
    )
