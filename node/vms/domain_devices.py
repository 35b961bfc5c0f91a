"""From the specification of a VM to the devices of its domain; pure."""

import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import PurePosixPath

from node.api.messages.vms import BootDevice, DiskBus, VmDisk, VmLease, VmNic, VmSpec
from node.storage import layout
from node.vms.elements import add
from node.vms.vm_checks import is_i440fx

_BUSES = {
    DiskBus.VIRTIO: ("vd", "virtio"),
    DiskBus.VIRTIO_SCSI: ("sd", "scsi"),
    DiskBus.SATA: ("sd", "sata"),
}  # how names of its disks begin, and libvirt's word for it

SEED_ALIAS = "ua-seed"  # of the drive with the seed's disc: libvirt keeps names that begin so

ROOT_PORTS = 16  # of a q35, each with room for one device, also for those that are plugged in later; oVirt's number


@dataclass(slots=True)
class BootOrder:
    """What is tried as the how manieth, from 1: disks and NICs by their index in the specification, and the CD-ROM."""

    disks: dict[int, int] = field(default_factory=dict)
    nics: dict[int, int] = field(default_factory=dict)
    cdrom: int | None = None


def boot_order(spec: VmSpec) -> BootOrder:
    numbers, order = count(1), BootOrder()
    for device in spec.boot_devices:
        match device:
            case BootDevice.HD:
                order.disks = {index: next(numbers) for index, disk in enumerate(spec.disks) if disk.boot}
            case BootDevice.CDROM:
                order.cdrom = next(numbers)
            case BootDevice.NETWORK:
                order.nics = {index: next(numbers) for index, _ in enumerate(spec.nics)}
    return order


def add_devices(
    devices: ET.Element,
    spec: VmSpec,
    volumes: PurePosixPath,
    console_log: PurePosixPath,
    seed: PurePosixPath | None = None,
) -> None:
    """`seed` is the file of the seed's disc, where it has one."""
    order = boot_order(spec)
    _add_disks(devices, spec, order, volumes, seed)
    _add_controllers(devices, spec)
    for index, nic in enumerate(spec.nics):
        add_nic(devices, nic, order.nics.get(index))
    for lease in spec.leases:
        _add_lease(devices, lease, volumes)
    _add_console(devices, console_log)
    if spec.guest_agent:
        channel = add(devices, "channel", type="unix")
        add(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    add(add(devices, "rng", model="virtio"), "backend", "/dev/urandom", model="random")
    if spec.watchdog:  # beside the iTCO of every q35, for which Debian's kernel for guests has no driver
        add(devices, "watchdog", model="i6300esb", action="reset")
    balloon = add(devices, "memballoon", model="virtio" if spec.ballooning else "none")
    if spec.ballooning:
        add(balloon, "stats", period="10")


def _add_disks(
    devices: ET.Element, spec: VmSpec, order: BootOrder, volumes: PurePosixPath, seed: PurePosixPath | None
) -> None:
    taken: Counter[str] = Counter()
    for index, disk in enumerate(spec.disks):
        prefix, bus = bus_of(disk.bus, spec.machine)
        io_thread = 0
        if bus == "virtio" and spec.io_threads:
            io_thread = taken[prefix] % spec.io_threads + 1
        add_disk(devices, disk, device_name(prefix, taken), bus, io_thread, volumes)
        _add_boot(devices[-1], order.disks.get(index))
    drive = partial(_add_drive, devices, spec.machine, taken)
    if spec.cdrom is not None or order.cdrom is not None:
        disc = spec.cdrom.disc if spec.cdrom is not None else None
        _add_boot(drive(layout.image(volumes, disc) if disc is not None else None), order.cdrom)
    if seed is not None:
        add(drive(seed), "alias", name=SEED_ALIAS)


def add_disk(devices: ET.Element, disk: VmDisk, name: str, bus: str, io_thread: int, volumes: PurePosixPath) -> None:
    """Past the page cache, so that another node may take the image over or use it, too."""
    element = add(devices, "disk", type="file", device="disk")
    driver = {"cache": "none", "io": "threads", "discard": "unmap"}
    driver["error_policy"] = "report" if disk.propagate_errors else "stop"
    if io_thread:
        driver["iothread"] = str(io_thread)
    add(element, "driver", name="qemu", type=disk.format.value, **driver)
    add(element, "source", file=str(layout.image(volumes, disk.image)))
    add(element, "target", dev=name, bus=bus)
    if disk.serial:
        add(element, "serial", disk.serial[:20])
    if disk.read_only:
        add(element, "readonly")
    if disk.shareable:
        add(element, "shareable")


def _add_drive(devices: ET.Element, machine: str, taken: Counter[str], disc: PurePosixPath | None) -> ET.Element:
    prefix, bus = bus_of(DiskBus.IDE, machine)
    element = add(devices, "disk", type="file", device="cdrom")
    add(element, "driver", name="qemu", type="raw", error_policy="report")
    if disc is not None:
        add(element, "source", file=str(disc))
    add(element, "target", dev=device_name(prefix, taken), bus=bus)
    add(element, "readonly")
    return element


def _add_controllers(devices: ET.Element, spec: VmSpec) -> None:
    if not is_i440fx(spec.machine):
        add(devices, "controller", type="pci", index="0", model="pcie-root")
        for number in range(ROOT_PORTS):
            add(devices, "controller", type="pci", index=str(number + 1), model="pcie-root-port")
    if not spec.usb:
        add(devices, "controller", type="usb", model="none")
    if not spec.virtio_scsi and all(disk.bus is not DiskBus.VIRTIO_SCSI for disk in spec.disks):
        return
    controller = add(devices, "controller", type="scsi", index="0", model="virtio-scsi")
    driver = {}
    if spec.scsi_queues > 1:
        driver["queues"] = str(spec.scsi_queues)
    if spec.io_threads:
        driver["iothread"] = "1"
    if driver:
        add(controller, "driver", **driver)


def add_nic(devices: ET.Element, nic: VmNic, order: int | None) -> None:
    """libvirt names the tap device (vnetN) and takes it away again with the VM. Without a network boot ROM a VM is up
    seconds sooner."""
    element = add(devices, "interface", type="bridge")
    add(element, "mac", address=nic.mac)
    add(element, "source", bridge=nic.bridge)
    add(element, "model", type=nic.model.value)
    if nic.queues > 1:
        add(element, "driver", queues=str(nic.queues))
    add(element, "link", state="up" if nic.linked else "down")
    if nic.isolated:
        add(element, "port", isolated="yes")
    if order is None:
        add(element, "rom", enabled="no")
    _add_boot(element, order)
    add(element, "alias", name=f"ua-{nic.id}")


def _add_lease(devices: ET.Element, lease: VmLease, volumes: PurePosixPath) -> None:
    element = add(devices, "lease")
    add(element, "lockspace", lease.lockspace)
    add(element, "key", lease.resource)
    path = layout.lease(volumes, lease.storage_domain, lease.lockspace, lease.resource)
    add(element, "target", path=str(path), offset="0")


def _add_console(devices: ET.Element, log: PurePosixPath) -> None:
    serial = add(devices, "serial", type="pty")
    add(serial, "log", file=str(log), append="off")
    add(serial, "target", port="0")
    add(add(devices, "console", type="pty"), "target", type="serial", port="0")


def _add_boot(element: ET.Element, order: int | None) -> None:
    if order is not None:
        add(element, "boot", order=str(order))


def bus_of(bus: DiskBus, machine: str) -> tuple[str, str]:
    """IDE disks become SATA ones where the machine, a q35, has no IDE."""
    if bus is DiskBus.IDE:
        return ("hd", "ide") if is_i440fx(machine) else _BUSES[DiskBus.SATA]
    return _BUSES[bus]


def device_name(prefix: str, taken: Counter[str]) -> str:
    """The next one: vda … vdz, vdaa …"""
    letters = ""
    taken[prefix] += 1
    index = taken[prefix]
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return prefix + letters
