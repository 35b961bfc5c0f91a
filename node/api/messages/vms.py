"""Virtual machines: all that a node has to know to run one, and what it knows of it."""

from enum import StrEnum

from node.api.messages.base import Message
from node.api.messages.images import ImageFormat, ImageRef


class VmState(StrEnum):
    UNKNOWN = "unknown"
    DOWN = "down"
    STARTING = "starting"
    UP = "up"
    PAUSED = "paused"
    SHUTTING_DOWN = "shutting_down"


class DownReason(StrEnum):
    """Why a VM is down. LOST: the node lost track of it (for example it lost power)."""

    SHUTDOWN = "shutdown"
    DESTROYED = "destroyed"
    CRASHED = "crashed"
    FAILED = "failed"
    LOST = "lost"
    NONE = "none"


class Firmware(StrEnum):
    BIOS = "bios"
    UEFI = "uefi"


class DiskBus(StrEnum):
    VIRTIO = "virtio"
    VIRTIO_SCSI = "virtio_scsi"
    SATA = "sata"
    IDE = "ide"


class NicModel(StrEnum):
    VIRTIO = "virtio"
    E1000 = "e1000"
    RTL8139 = "rtl8139"


class VmDisk(Message, frozen=True, kw_only=True):
    image: ImageRef
    format: ImageFormat
    bus: DiskBus = DiskBus.VIRTIO
    boot: bool = False
    read_only: bool = False
    serial: str = ""


class VmNic(Message, frozen=True, kw_only=True):
    """`bridge` is the bridge on the node, `ovirtmgmt` for the management network."""

    id: str
    mac: str
    bridge: str
    model: NicModel = NicModel.VIRTIO
    linked: bool = True


class VmLease(Message, frozen=True, kw_only=True):
    """A sanlock lease that the VM's QEMU process holds as long as it lives."""

    lockspace: str
    resource: str
    volume: str


class VmSpec(Message, frozen=True, kw_only=True):
    """All that a node has to know to run a VM. The same id always means the same VM, on whichever node. `watchdog`: the
    VM has an i6300esb, which resets it when its guest has begun to feed it and ends to."""

    id: str
    name: str
    memory_bytes: int
    sockets: int = 1
    cores: int = 1
    threads: int = 1
    firmware: Firmware = Firmware.BIOS
    disks: tuple[VmDisk, ...] = ()
    nics: tuple[VmNic, ...] = ()
    leases: tuple[VmLease, ...] = ()
    guest_agent: bool = True
    watchdog: bool = False


class VmReport(Message, frozen=True, kw_only=True):
    """What the node knows of a VM. `detail` explains a state in words, for example the error of a failed start."""

    id: str
    name: str
    state: VmState
    reason: DownReason = DownReason.NONE
    detail: str = ""
    since: float = 0.0
    pid: int | None = None


class ConsoleLog(Message, frozen=True, kw_only=True):
    """The last part of what the guest wrote to its serial console."""

    text: str
    truncated: bool
