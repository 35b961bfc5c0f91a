"""A template: what VMs are made from; its disks are never written again."""

from dataclasses import dataclass
from enum import StrEnum

from hosted_engine.engine.vms.model import BiosType, Origin, VmType


class TemplateStatus(StrEnum):
    ILLEGAL = "illegal"
    LOCKED = "locked"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`cluster_id` is None for `Blank`, which belongs to all. Its disks and NICs are found by `owner_id`."""

    id: str
    name: str
    cluster_id: str | None
    memory_bytes: int
    memory_guaranteed_bytes: int
    memory_max_bytes: int
    description: str = ""
    comment: str = ""
    status: TemplateStatus = TemplateStatus.OK
    sockets: int = 1
    cores: int = 1
    threads: int = 1
    type: VmType = VmType.SERVER
    os_type: str = "other"
    bios_type: BiosType = BiosType.CLUSTER_DEFAULT
    boot_devices: tuple[str, ...] = ("hd",)
    origin: Origin = Origin.OVIRT
    delete_protected: bool = False
    stateless: bool = False
    high_availability: bool = False
    high_availability_priority: int = 1
    time_zone: str = "Etc/GMT"
    version_number: int = 1
    version_name: str = "base version"
    base_template_id: str = ""
    created_at: float = 0.0
