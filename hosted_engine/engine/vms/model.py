"""A VM: what it is made of and what is known of its run."""

from dataclasses import dataclass
from enum import StrEnum

from node.api.messages.vms import DownReason, Firmware


class VmStatus(StrEnum):
    """oVirt's vocabulary. UNKNOWN: nobody knows whether it runs, because its node is silent."""

    DOWN = "down"
    IMAGE_LOCKED = "image_locked"
    MIGRATING = "migrating"
    NOT_RESPONDING = "not_responding"
    PAUSED = "paused"
    POWERING_DOWN = "powering_down"
    POWERING_UP = "powering_up"
    REBOOT_IN_PROGRESS = "reboot_in_progress"
    RESTORING_STATE = "restoring_state"
    SAVING_STATE = "saving_state"
    SUSPENDED = "suspended"
    UNASSIGNED = "unassigned"
    UNKNOWN = "unknown"
    UP = "up"
    WAIT_FOR_LAUNCH = "wait_for_launch"


class VmType(StrEnum):
    DESKTOP = "desktop"
    SERVER = "server"
    HIGH_PERFORMANCE = "high_performance"


class BiosType(StrEnum):
    CLUSTER_DEFAULT = "cluster_default"
    I440FX_SEA_BIOS = "i440fx_sea_bios"
    Q35_SEA_BIOS = "q35_sea_bios"
    Q35_OVMF = "q35_ovmf"
    Q35_SECURE_BOOT = "q35_secure_boot"

    @property
    def firmware(self) -> Firmware:
        return Firmware.UEFI if self in (BiosType.Q35_OVMF, BiosType.Q35_SECURE_BOOT) else Firmware.BIOS


class Origin(StrEnum):
    OVIRT = "ovirt"
    MANAGED_HOSTED_ENGINE = "managed_hosted_engine"  # the engine's own VM; the engine keeps its hands off it


@dataclass(frozen=True, slots=True, kw_only=True)
class VmBase:
    """What VMs have, and templates hand on to them."""

    id: str
    name: str
    memory_bytes: int
    memory_guaranteed_bytes: int
    memory_max_bytes: int
    description: str = ""
    comment: str = ""
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
    created_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vm(VmBase):
    """`node_id` is where it runs, starts or was last known to run while that is not settled; None when down.
    `stop_reason` says why it went down last. `reported_at` is since when, by that node's clock, the last report holds:
    older ones are stale."""

    cluster_id: str
    template_id: str
    status: VmStatus = VmStatus.DOWN
    detail: str = ""
    node_id: str | None = None
    started_at: float | None = None
    stopped_at: float | None = None
    stop_reason: DownReason = DownReason.NONE
    reported_at: float = 0.0


RUNNING = frozenset(
    {
        VmStatus.MIGRATING,
        VmStatus.NOT_RESPONDING,
        VmStatus.PAUSED,
        VmStatus.POWERING_DOWN,
        VmStatus.POWERING_UP,
        VmStatus.REBOOT_IN_PROGRESS,
        VmStatus.UNKNOWN,
        VmStatus.UP,
        VmStatus.WAIT_FOR_LAUNCH,
    }
)  # a node is charged with its memory; UNKNOWN counts, it may well run
