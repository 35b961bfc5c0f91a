"""What oVirt calls the fields of VMs, templates, disks and NICs in an OVF, and how it writes their values.

The names are those of oVirt's OvfProperties and OvfWriter. A field without a name there is a `Setting`, as JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hosted_engine.engine.disks.model import DiskFormat, DiskInterface
from hosted_engine.engine.entity.field import MIB
from hosted_engine.engine.networks.model import NicInterface
from hosted_engine.engine.snapshots.model import SnapshotType
from hosted_engine.engine.vms.model import Affinity, BiosType, Origin, SerialNumberPolicy, VmType

OVF = "http://schemas.dmtf.org/ovf/envelope/1/"
RASD = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
VSSD = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
TRIVET = "urn:trivet:ovf"
NAMESPACES = {"ovf": OVF, "rasd": RASD, "vssd": VSSD, "xsi": XSI, "trivet": TRIVET}
VERSION = "4.4.0.0"  # of oVirt's OVF
DATE = "%Y/%m/%d %H:%M:%S"

CPU, MEMORY, NETWORK, DISK = "3", "4", "10", "17"  # rasd:ResourceType


@dataclass(frozen=True, slots=True)
class Name:
    """`unit` is what the value counts in, `values` are those in the OVF."""

    text: str
    unit: int = 1
    values: Mapping[StrEnum, str] = field(default_factory=dict)
    is_date: bool = False


CONTENT: Mapping[str, Name] = {
    "name": Name("Name"),
    "description": Name("Description"),
    "comment": Name("Comment"),
    "created_at": Name("CreationDate", is_date=True),
    "delete_protected": Name("DeleteProtected"),
    "stateless": Name("IsStateless"),
    "start_paused": Name("IsRunAndPause"),
    "boot_menu": Name("IsBootMenuEnabled"),
    "time_zone": Name("TimeZone"),
    "high_availability": Name("AutoStartup"),
    "high_availability_priority": Name("Priority"),
    "io_threads": Name("NumOfIoThreads"),
    "multi_queues": Name("MultiQueuesEnabled"),
    "memory_guaranteed_bytes": Name("MinAllocatedMem", unit=MIB),
    "memory_max_bytes": Name("MaxMemorySizeMb", unit=MIB),
    "custom_machine": Name("CustomEmulatedMachine"),
    "custom_cpu": Name("CustomCpuName"),
    "serial_number": Name("CustomSerialNumber"),
    "type": Name("VmType", values={VmType.DESKTOP: "0", VmType.SERVER: "1", VmType.HIGH_PERFORMANCE: "2"}),
    "bios_type": Name("BiosType", values={kind: str(number) for number, kind in enumerate(BiosType)}),
    "origin": Name("Origin", values={Origin.OVIRT: "3", Origin.MANAGED_HOSTED_ENGINE: "6"}),
    "affinity": Name(
        "MigrationSupport",
        values={Affinity.MIGRATABLE: "0", Affinity.USER_MIGRATABLE: "1", Affinity.PINNED: "2"},
    ),
    "serial_number_policy": Name(
        "SerialNumberPolicy",
        values={SerialNumberPolicy.VM: "1", SerialNumberPolicy.CUSTOM: "2", SerialNumberPolicy.NONE: "3"},
    ),
    "version_number": Name("TemplateVersionNumber"),
    "version_name": Name("TemplateVersionName"),
    "base_template_id": Name("BaseTemplateId"),
}
OF_CPU: Mapping[str, Name] = {
    "sockets": Name("num_of_sockets"),
    "cores": Name("cpu_per_socket"),
    "threads": Name("threads_per_cpu"),
}
OF_MEMORY: Mapping[str, Name] = {"memory_bytes": Name("VirtualQuantity", unit=MIB)}
BOOT_LETTERS = {"hd": "C", "cdrom": "D", "network": "N"}
BOOT_SEQUENCES = ("C", "DC", "N", "CDN", "CND", "DCN", "DNC", "NCD", "NDC", "CD", "D", "CN", "DN", "NC", "ND")

_FORMATS: Mapping[StrEnum, str] = {DiskFormat.COW: "COW", DiskFormat.RAW: "RAW"}
OF_DISK: Mapping[str, Name] = {
    "name": Name("disk-alias"),
    "description": Name("disk-description"),
    "provisioned_size_bytes": Name("capacity"),
    "format": Name("volume-format", values=_FORMATS),
    "shareable": Name("shareable"),
    "wipe_after_delete": Name("wipe-after-delete"),
}
OF_ATTACHMENT: Mapping[str, Name] = {
    "interface": Name(
        "disk-interface",
        values={
            DiskInterface.IDE: "IDE",
            DiskInterface.SATA: "SATA",
            DiskInterface.SPAPR_VSCSI: "SPAPR_VSCSI",
            DiskInterface.VIRTIO: "VirtIO",
            DiskInterface.VIRTIO_SCSI: "VirtIO_SCSI",
        },
    ),
    "bootable": Name("boot"),
    "read_only": Name("read-only"),
}
OF_LAYER: Mapping[str, Name] = {
    "provisioned_size_bytes": Name("capacity"),
    "format": Name("volume-format", values=_FORMATS),
}
OF_NIC: Mapping[str, Name] = {
    "name": Name("Name"),
    "mac": Name("MACAddress"),
    "linked": Name("Linked"),
    "interface": Name(
        "ResourceSubType",
        values={
            NicInterface.RTL8139_VIRTIO: "0",
            NicInterface.RTL8139: "1",
            NicInterface.E1000: "2",
            NicInterface.VIRTIO: "3",
            NicInterface.SPAPR_VLAN: "4",
            NicInterface.PCI_PASSTHROUGH: "5",
            NicInterface.E1000E: "6",
        },
    ),
}
OF_SNAPSHOT: Mapping[str, Name] = {
    "type": Name("Type", values={kind: kind.name for kind in SnapshotType}),
    "description": Name("Description"),
    "taken_at": Name("CreationDate", is_date=True),
}

OF_ITS_RUN = frozenset(
    {
        "current_cd_disk_id",
        "detail",
        "display_address",
        "display_port",
        "next_run",
        "node_id",
        "reported_at",
        "run_once",
        "saved_memory",
        "started_at",
        "status",
        "stop_note",
        "stop_reason",
        "stopped_at",
        "vm_pool_id",
    }
)  # what a VM brings nowhere


def boot_sequence(devices: tuple[str, ...]) -> str:
    letters = "".join(BOOT_LETTERS.get(device, "") for device in devices)
    return str(BOOT_SEQUENCES.index(letters)) if letters in BOOT_SEQUENCES else "0"


def settings(values: Mapping[str, Any], *named: Mapping[str, Name] | frozenset[str]) -> dict[str, Any]:
    """The fields that have no name of oVirt's."""
    known = {name for some in named for name in some}
    return {name: value for name, value in values.items() if name not in known}
