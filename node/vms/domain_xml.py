"""From the specification of a VM to libvirt's domain XML; pure."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import PurePosixPath

from node.api.messages.machine import Accelerator
from node.api.messages.vms import DiskBus, Firmware, VmDisk, VmLease, VmNic, VmSpec
from node.storage import layout

METADATA = "urn:trivet:vm:1"
TRANSLATED_MIB = 64  # TCG's cache of translated code; its default of a fifth of the memory costs every VM 1 GiB

_PREFIXES = {DiskBus.VIRTIO: "vd", DiskBus.VIRTIO_SCSI: "sd", DiskBus.SATA: "sd", DiskBus.IDE: "sd"}
_BUSES = {DiskBus.VIRTIO: "virtio", DiskBus.VIRTIO_SCSI: "scsi", DiskBus.SATA: "sata", DiskBus.IDE: "sata"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the node adds to a specification: how it runs guests, and where its files lie."""

    accelerator: Accelerator
    volumes: PurePosixPath
    console_logs: PurePosixPath


def console_log(surroundings: Surroundings, vm_id: str) -> PurePosixPath:
    return surroundings.console_logs / f"{vm_id}-console.log"


def domain_xml(spec: VmSpec, domain_name: str, surroundings: Surroundings) -> str:
    """The domain of `spec`. IDE disks become SATA ones: the q35 machine has no IDE."""
    ET.register_namespace("trivet", METADATA)
    kvm = surroundings.accelerator is Accelerator.KVM
    domain = ET.Element("domain", type="kvm" if kvm else "qemu")
    _add(domain, "name", domain_name)
    _add(domain, "uuid", spec.id)
    _add(domain, "title", _one_line(spec.name))
    vm = _add(_add(domain, "metadata"), f"{{{METADATA}}}vm")
    _add(vm, f"{{{METADATA}}}id", spec.id)
    _add(vm, f"{{{METADATA}}}name", spec.name)
    _add(domain, "memory", str(-(-spec.memory_bytes // 1024)), unit="KiB")
    _add(domain, "vcpu", str(spec.sockets * spec.cores * spec.threads))
    _firmware(domain, spec.firmware)
    _features(domain, kvm=kvm)
    cpu = _add(domain, "cpu", mode="host-passthrough" if kvm else "maximum")
    topology = {"sockets": spec.sockets, "cores": spec.cores, "threads": spec.threads}
    _add(cpu, "topology", **{key: str(value) for key, value in topology.items()})
    _add(domain, "clock", offset="utc")
    for end, action in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        _add(domain, f"on_{end}", action)
    _devices(_add(domain, "devices"), spec, surroundings)
    ET.indent(domain)
    return ET.tostring(domain, encoding="unicode") + "\n"


def _firmware(domain: ET.Element, firmware: Firmware) -> None:
    os = _add(domain, "os", **({"firmware": "efi"} if firmware is Firmware.UEFI else {}))
    _add(os, "type", "hvm", arch="x86_64", machine="q35")
    if firmware is Firmware.UEFI:
        _add(_add(os, "firmware"), "feature", enabled="no", name="secure-boot")
    if firmware is Firmware.BIOS:
        _add(os, "bios", useserial="yes")


def _features(domain: ET.Element, *, kvm: bool) -> None:
    features = _add(domain, "features")
    _add(features, "acpi")
    _add(features, "apic")
    if not kvm:
        _add(_add(features, "tcg"), "tb-cache", str(TRANSLATED_MIB), unit="MiB")


def _devices(devices: ET.Element, spec: VmSpec, surroundings: Surroundings) -> None:
    letters = {"vd": 0, "sd": 0}
    boot_order = 0
    for disk in spec.disks:
        prefix = _PREFIXES[disk.bus]
        boot_order += disk.boot
        _disk(devices, disk, _device_name(prefix, letters[prefix]), boot_order if disk.boot else 0, surroundings)
        letters[prefix] += 1
    if any(disk.bus is DiskBus.VIRTIO_SCSI for disk in spec.disks):
        _add(devices, "controller", type="scsi", index="0", model="virtio-scsi")
    for nic in spec.nics:
        _nic(devices, nic)
    for lease in spec.leases:
        _lease(devices, lease, surroundings)
    serial = _add(devices, "serial", type="pty")
    _add(serial, "log", file=str(console_log(surroundings, spec.id)), append="off")
    _add(serial, "target", port="0")
    _add(_add(devices, "console", type="pty"), "target", type="serial", port="0")
    if spec.guest_agent:
        channel = _add(devices, "channel", type="unix")
        _add(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    _add(_add(devices, "rng", model="virtio"), "backend", "/dev/urandom", model="random")
    if spec.watchdog:  # beside the iTCO of every q35, for which Debian's kernel for guests has no driver
        _add(devices, "watchdog", model="i6300esb", action="reset")
    _add(_add(devices, "memballoon", model="virtio"), "stats", period="10")


def _disk(devices: ET.Element, disk: VmDisk, name: str, boot_order: int, surroundings: Surroundings) -> None:
    """Past the page cache, so that another node may take the image over; paused when the storage fails, not lost."""
    element = _add(devices, "disk", type="file", device="disk")
    driver = {"cache": "none", "io": "threads", "discard": "unmap", "error_policy": "stop"}
    _add(element, "driver", name="qemu", type=disk.format.value, **driver)
    _add(element, "source", file=str(layout.image(surroundings.volumes, disk.image)))
    _add(element, "target", dev=name, bus=_BUSES[disk.bus])
    if disk.serial:
        _add(element, "serial", disk.serial[:20])
    if disk.read_only:
        _add(element, "readonly")
    if boot_order:
        _add(element, "boot", order=str(boot_order))


def _nic(devices: ET.Element, nic: VmNic) -> None:
    """libvirt names the tap device (vnetN) and takes it away again with the VM. Without a network boot ROM a VM is up
    seconds sooner."""
    element = _add(devices, "interface", type="bridge")
    _add(element, "mac", address=nic.mac)
    _add(element, "source", bridge=nic.bridge)
    _add(element, "model", type=nic.model.value)
    _add(element, "link", state="up" if nic.linked else "down")
    _add(element, "rom", enabled="no")
    _add(element, "alias", name=f"ua-{nic.id}")


def _lease(devices: ET.Element, lease: VmLease, surroundings: Surroundings) -> None:
    element = _add(devices, "lease")
    _add(element, "lockspace", lease.lockspace)
    _add(element, "key", lease.resource)
    path = layout.lease(surroundings.volumes, lease.volume, lease.lockspace, lease.resource)
    _add(element, "target", path=str(path), offset="0")


def _device_name(prefix: str, index: int) -> str:
    """vda … vdz, vdaa …"""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return prefix + letters


def _one_line(text: str) -> str:
    """libvirt refuses a title with a line break in it."""
    return " ".join(text.split())


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text or None
    return element
