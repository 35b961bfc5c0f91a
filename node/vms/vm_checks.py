"""Says what no node can make of a VM's settings, before libvirt is asked: it would say so later, or never; pure."""

import re
from collections.abc import Iterator

from node.api.messages.images import ImageFormat
from node.api.messages.vms import BootDevice, DiskBus, Firmware, NicModel, VmDisk, VmNic, VmSeed, VmSpec

IDE_PLACES = 4  # the i440fx has one controller with two channels of two
MOST_QUEUES = 256  # of a tap device: MAX_TAP_QUEUES in Linux

_MACHINE = re.compile(r"q35|pc|pc-(q35|i440fx)-[A-Za-z0-9._+-]+")
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,16}")  # 16 letters in Joliet's alphabet
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_CPU_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CPU_FEATURE = re.compile(r"[+-][a-z0-9][a-z0-9._-]*")


def is_i440fx(machine: str) -> bool:
    return machine == "pc" or machine.startswith("pc-i440fx-")


def why_not_possible(spec: VmSpec, *, knows_time_zone: bool) -> str | None:
    """The first reason; `knows_time_zone`: the node has `spec.time_zone`."""
    return next(_reasons(spec, knows_time_zone=knows_time_zone), None)


def _reasons(spec: VmSpec, *, knows_time_zone: bool) -> Iterator[str]:
    guaranteed = spec.memory_guaranteed_bytes
    if guaranteed is not None and not 0 <= guaranteed <= spec.memory_bytes:
        yield f"it has {spec.memory_bytes} bytes of memory, so that {guaranteed} cannot be guaranteed"
    if spec.memory_max_bytes is not None and spec.memory_max_bytes <= spec.memory_bytes:
        yield f"it has {spec.memory_bytes} bytes of memory, so that {spec.memory_max_bytes} cannot be the most"
    if not _MACHINE.fullmatch(spec.machine):
        yield f"its machine {spec.machine!r} is not q35, pc or a version of these"
    if is_i440fx(spec.machine) and spec.firmware is Firmware.UEFI_SECURE_BOOT:
        yield f"its machine {spec.machine} has no secure boot, only a q35 has"
    if spec.cpu_model and not _CPU_MODEL.fullmatch(spec.cpu_model):
        yield f"its processor {spec.cpu_model!r} is not the plain name of a model"
    if spec.cpu_features and not spec.cpu_model:
        yield "it has features of a processor, and no model that they change"
    for feature in spec.cpu_features:
        if not _CPU_FEATURE.fullmatch(feature):
            yield f"{feature!r} is not a processor's feature with + or - before it"
    if len(set(spec.boot_devices)) < len(spec.boot_devices):
        yield "a boot device is named twice"
    if spec.boot_devices == (BootDevice.NETWORK,) and not spec.nics:
        yield "it boots from the network alone and has no NIC"
    if not knows_time_zone:
        yield f"this node knows no time zone {spec.time_zone!r}"
    if not spec.serial_number.isprintable():
        yield "its serial number has characters that cannot be printed"
    if spec.io_threads < 0:
        yield "the number of its I/O threads is negative"
    yield from _bad_queues("its virtio-SCSI controller", spec.scsi_queues)
    for disk in spec.disks:
        yield from _of_disk(disk)
    for nic in spec.nics:
        yield from _of_nic(nic)
    yield from _of_ide(spec)
    if spec.seed is not None:
        yield from _of_seed(spec.seed)


def _of_disk(disk: VmDisk) -> Iterator[str]:
    name = f"disk {disk.image.disk_id}"
    if disk.shareable and disk.format is not ImageFormat.RAW:
        yield f"{name} cannot be shared: only a raw image can be written by several VMs, and it is {disk.format}"
    if disk.read_only and disk.bus in (DiskBus.IDE, DiskBus.SATA):
        yield f"{name} cannot be read-only: {disk.bus} has no such disks"


def _of_nic(nic: VmNic) -> Iterator[str]:
    yield from _bad_queues(f"NIC {nic.id}", nic.queues)
    if nic.queues > 1 and nic.model is not NicModel.VIRTIO:
        yield f"NIC {nic.id} cannot have {nic.queues} queues: a {nic.model} has one"


def _of_seed(seed: VmSeed) -> Iterator[str]:
    if not _LABEL.fullmatch(seed.label):
        yield f"its seed has the label {seed.label!r}, which is none of a disc"
    for file in seed.files:
        if not _FILE.fullmatch(file.path):
            yield f"a file of its seed is called {file.path!r}, which is no plain name"


def _bad_queues(what: str, queues: int) -> Iterator[str]:
    if not 1 <= queues <= MOST_QUEUES:
        yield f"{what} cannot have {queues} queues, only 1 to {MOST_QUEUES}"


def _of_ide(spec: VmSpec) -> Iterator[str]:
    has_drive = spec.cdrom is not None or BootDevice.CDROM in spec.boot_devices
    wanted = sum(disk.bus is DiskBus.IDE for disk in spec.disks) + has_drive + (spec.seed is not None)
    if is_i440fx(spec.machine) and wanted > IDE_PLACES:
        yield f"it needs {wanted} places for IDE disks and CD-ROMs, and a {spec.machine} has {IDE_PLACES}"
