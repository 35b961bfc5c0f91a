"""Another value for every setting of a VM, its disks, NICs and leases. What a node makes of each is tested beside this
file, and with the real libvirt in tests/integration/vms."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from node.api.messages.images import ImageFormat, ImageRef, SeedFile
from node.api.messages.vms import (
    BootDevice,
    DiskBus,
    Firmware,
    GraphicsType,
    NicModel,
    VmCdrom,
    VmDisk,
    VmLease,
    VmNic,
    VmSeed,
    VmSpec,
)

DISK = VmDisk(
    image=ImageRef(storage_domain="data", disk_id="disk", image_id="image"), format=ImageFormat.RAW, boot=True
)
SECOND = msgspec.structs.replace(DISK, image=ImageRef(storage_domain="data", disk_id="second", image_id="image"))
NIC = VmNic(id="nic", mac="02:00:00:00:00:0a", bridge="br0")
LEASE = VmLease(lockspace="site", resource="vm", storage_domain="data")
BASE = VmSpec(
    id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60",
    name="base",
    memory_bytes=64 << 20,
    disks=(DISK, SECOND),
    nics=(NIC,),
)

SPEC: Mapping[str, Any] = {
    "id": "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f61",
    "name": "other",
    "memory_bytes": 96 << 20,
    "sockets": 2,
    "cores": 2,
    "threads": 2,
    "firmware": Firmware.UEFI_SECURE_BOOT,
    "disks": (),
    "nics": (),
    "leases": (LEASE,),
    "guest_agent": False,
    "watchdog": True,
    "ballooning": False,
    "memory_guaranteed_bytes": 32 << 20,
    "machine": "pc",
    "cpu_model": "Nehalem",
    "cpu_features": ("+aes", "-popcnt"),
    "boot_devices": (BootDevice.NETWORK, BootDevice.CDROM, BootDevice.HD),
    "boot_menu": True,
    "time_zone": "Asia/Tokyo",
    "serial_number": "A 1,2 & <3>",
    "start_paused": True,
    "usb": False,
    "io_threads": 2,
    "virtio_scsi": True,
    "scsi_queues": 2,
    "cpus_max": 8,
    "memory_max_bytes": 512 << 20,
    "resume_from": ImageRef(storage_domain="data", disk_id="disk", image_id="memory"),
    "graphics": (GraphicsType.VNC,),
    "seed": VmSeed(label="cidata", files=(SeedFile(path="meta-data", text="instance-id: 1\n"),)),
    "cdrom": VmCdrom(disc=ImageRef(storage_domain="data", disk_id="iso", image_id="image")),
}
DISKS: Mapping[str, Any] = {
    "image": ImageRef(storage_domain="data", disk_id="disk", image_id="other"),
    "format": ImageFormat.QCOW2,
    "bus": DiskBus.SATA,
    "boot": False,
    "read_only": True,
    "serial": "s1",
    "propagate_errors": True,
    "shareable": True,
}
NICS: Mapping[str, Any] = {
    "id": "other",
    "mac": "02:00:00:00:00:0b",
    "bridge": "br1",
    "model": NicModel.E1000E,
    "linked": False,
    "queues": 2,
    "isolated": True,
}
LEASES: Mapping[str, Any] = {"lockspace": "other", "resource": "other", "storage_domain": "other"}

BESIDE: Mapping[str, Mapping[str, Any]] = {
    "scsi_queues": {"virtio_scsi": True},
    "cpu_features": {"cpu_model": "Nehalem"},
}
"""What else has to be set for a setting to mean anything."""


def changed() -> Iterator[tuple[str, VmSpec, VmSpec]]:
    """For every setting its name, a VM, and the same VM with another value of that setting."""
    for name, value in SPEC.items():
        base = msgspec.structs.replace(BASE, **BESIDE.get(name, {}))
        yield name, base, msgspec.structs.replace(base, **{name: value})
    for name, value in DISKS.items():
        other = msgspec.structs.replace(DISK, **{name: value})
        yield f"disks.{name}", BASE, msgspec.structs.replace(BASE, disks=(other, SECOND))
    for name, value in NICS.items():
        yield f"nics.{name}", BASE, msgspec.structs.replace(BASE, nics=(msgspec.structs.replace(NIC, **{name: value}),))
    leased = msgspec.structs.replace(BASE, leases=(LEASE,))
    for name, value in LEASES.items():
        lease = msgspec.structs.replace(LEASE, **{name: value})
        yield f"leases.{name}", leased, msgspec.structs.replace(BASE, leases=(lease,))
