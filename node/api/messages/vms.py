"""Virtual machines: all that a node has to know to run one, and what it knows of it."""

from enum import StrEnum

from node.api.messages.base import Message
from node.api.messages.images import ImageFormat, ImageRef, SeedFile


class VmState(StrEnum):
    UNKNOWN = "unknown"
    DOWN = "down"
    STARTING = "starting"
    UP = "up"
    PAUSED = "paused"
    SHUTTING_DOWN = "shutting_down"
    REBOOTING = "rebooting"
    SAVING = "saving"


class DownReason(StrEnum):
    """Why a VM is down. LOST: the node lost track of it (for example it lost power). SAVED: with its memory."""

    SHUTDOWN = "shutdown"
    DESTROYED = "destroyed"
    CRASHED = "crashed"
    FAILED = "failed"
    LOST = "lost"
    SAVED = "saved"
    NONE = "none"


class IoError(StrEnum):
    """Why the storage of a VM has paused it, as far as that is known. ENOSPC: it is full."""

    NONE = "none"
    EIO = "eio"
    ENOSPC = "enospc"


class Firmware(StrEnum):
    """UEFI_SECURE_BOOT: with the usual vendors' keys enrolled, so that unsigned boot loaders do not start."""

    BIOS = "bios"
    UEFI = "uefi"
    UEFI_SECURE_BOOT = "uefi_secure_boot"


class BootDevice(StrEnum):
    """HD: the disks that are marked to boot, in their order. CDROM: the drive, an empty one where the VM has none.
    NETWORK: all NICs."""

    HD = "hd"
    CDROM = "cdrom"
    NETWORK = "network"


class DiskBus(StrEnum):
    VIRTIO = "virtio"
    VIRTIO_SCSI = "virtio_scsi"
    SATA = "sata"
    IDE = "ide"


class NicModel(StrEnum):
    VIRTIO = "virtio"
    E1000 = "e1000"
    E1000E = "e1000e"
    RTL8139 = "rtl8139"


class GraphicsType(StrEnum):
    """How the screen of a VM is seen from outside."""

    VNC = "vnc"


# A setting that is left at its default is not sent, so that a node which does not know it yet still takes the VM; one
# that is sent is carried out or refused (`strict` in node.api.operations.vms).


class VmDisk(Message, frozen=True, kw_only=True, omit_defaults=True):
    """`propagate_errors`: a guest hears of a storage that fails; else the VM is paused until it is back. `shareable`:
    VMs on any nodes may use the image at the same time."""

    image: ImageRef
    format: ImageFormat
    bus: DiskBus = DiskBus.VIRTIO
    boot: bool = False
    read_only: bool = False
    serial: str = ""
    propagate_errors: bool = False
    shareable: bool = False


class VmCdrom(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A drive, with the raw image `disc` in it, if there is any: nobody writes to it."""

    disc: ImageRef | None = None


class VmSeed(Message, frozen=True, kw_only=True):
    """A disc in a drive of its own, beside the VM's: what its guest reads at its first start (cloud-init, sysprep). The
    node makes it for this run alone, in its own memory. Secret: `repr` shows the names of the files alone. `label` is
    by what a guest finds it; each path of a file is a plain name."""

    label: str
    files: tuple[SeedFile, ...]


class CdRequest(Message, frozen=True, kw_only=True):
    """What is to be in the drive of a VM that runs; without `disc` it is empty."""

    disc: ImageRef | None = None


class VmNic(Message, frozen=True, kw_only=True, omit_defaults=True):
    """`bridge` is the bridge on the node, `ovirtmgmt` for the management network. `queues`: of a virtio NIC, each with
    a processor of the guest. `isolated`: it reaches what is beyond the bridge, and no other isolated NIC on it."""

    id: str
    mac: str
    bridge: str
    model: NicModel = NicModel.VIRTIO
    linked: bool = True
    queues: int = 1
    isolated: bool = False


class VmLease(Message, frozen=True, kw_only=True):
    """A sanlock lease that the VM's QEMU process holds as long as it lives."""

    lockspace: str
    resource: str
    storage_domain: str


class VmSpec(Message, frozen=True, kw_only=True, omit_defaults=True):
    """All that a node has to know to run a VM. The same id always means the same VM, on whichever node."""

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
    """The VM has an i6300esb, which resets it when its guest has begun to feed it and ends to."""

    ballooning: bool = True
    """A node that is short of memory takes back what the guest does not use."""

    memory_guaranteed_bytes: int | None = None
    """What ballooning leaves the VM in any case; None is all of its memory."""

    machine: str = "q35"
    """QEMU's machine: `q35`, `pc` (i440fx), or a version of either, `pc-q35-10.0`."""

    cpu_model: str = ""
    """One that libvirt knows; empty is the most that the node can give."""

    cpu_features: tuple[str, ...] = ()
    """Which the guest has to see beside those of `cpu_model` (`+ssbd`), or may not see (`-hle`)."""

    boot_devices: tuple[BootDevice, ...] = (BootDevice.HD,)
    """What the firmware tries, in this order, and nothing else; where there is none of it, the first disk."""

    boot_menu: bool = False
    """The firmware offers its menu for half a minute before it boots."""

    time_zone: str = ""
    """The IANA name of the zone whose time the guest's hardware clock shows; empty is UTC."""

    serial_number: str = ""
    """Of the system, in SMBIOS; empty leaves it to QEMU, which gives none."""

    start_paused: bool = False
    """After a start its guest stands still until `resume_vm`."""

    usb: bool = True
    """The machine has a USB controller."""

    io_threads: int = 0
    """So many threads serve the virtio and virtio-SCSI disks beside QEMU's main one."""

    virtio_scsi: bool = False
    """There is a virtio-SCSI controller although no disk needs it."""

    scsi_queues: int = 1
    """Of the virtio-SCSI controller."""

    cpus_max: int = 0
    """So many processors it may come to while it runs (`set_vm_cpus`); 0: no more than it starts with."""

    memory_max_bytes: int | None = None
    """So much memory it may come to while it runs (`set_vm_memory`); None: no more than it starts with."""

    cdrom: VmCdrom | None = None

    seed: VmSeed | None = None

    graphics: tuple[GraphicsType, ...] = ()
    """How its screen is seen, over TLS, by who has a ticket (`set_ticket`); one with none has no screen."""

    resume_from: ImageRef | None = None
    """The memory that it was suspended with, or that of a snapshot. It goes on as it was then, on the images of
    `disks`, and nothing else of this counts; once it runs the memory is gone. MemoryUnknown: it is not there."""


class VmCpus(Message, frozen=True, kw_only=True):
    """How many processors a VM that runs is to have."""

    count: int


class VmMemory(Message, frozen=True, kw_only=True):
    """How much memory a VM that runs is to have in all."""

    size_bytes: int


class SuspendRequest(Message, frozen=True, kw_only=True):
    """`memory` is where its memory goes; it is removed like an image."""

    memory: ImageRef


class Graphics(Message, frozen=True, kw_only=True):
    """Where the screen of a running VM is seen. The port speaks TLS alone."""

    type: GraphicsType
    address: str
    port: int


class VmReport(Message, frozen=True, kw_only=True):
    """What the node knows of a VM. `detail` explains a state in words, for example the error of a failed start."""

    id: str
    name: str
    state: VmState
    reason: DownReason = DownReason.NONE
    detail: str = ""
    since: float = 0.0
    pid: int | None = None
    graphics: tuple[Graphics, ...] = ()
    io_error: IoError = IoError.NONE


TICKET_CHARACTERS = 8  # of a VNC password; what is beyond them counts for nothing (RFC 6143, 7.2.2)


class Ticket(Message, frozen=True, kw_only=True):
    """Opens the screen of a VM for `valid_s` from now on; whoever is connected then stays so. A secret: nothing that
    shows it as a whole shows `value`."""

    type: GraphicsType
    value: str
    valid_s: int

    def __repr__(self) -> str:
        return f"Ticket(type={self.type.value!r}, valid_s={self.valid_s})"


class ConsoleLog(Message, frozen=True, kw_only=True):
    """The last part of what the guest wrote to its serial console."""

    text: str
    truncated: bool


class NewLayer(Message, frozen=True, kw_only=True):
    """A disk that is on `image` is to be written to `new`, which stands on it."""

    image: ImageRef
    new: ImageRef


class SnapshotRequest(Message, frozen=True, kw_only=True):
    """All of the disks at one moment; `quiesce` has the agent in the guest, where there is one, flush its file systems
    and hold them still for it."""

    layers: tuple[NewLayer, ...]
    quiesce: bool = True


class SnapshotReport(Message, frozen=True, kw_only=True):
    quiesced: bool = False


class MemorySnapshotRequest(Message, frozen=True, kw_only=True):
    """All of the disks, and the memory at that moment, which goes to `memory`; that is removed like an image."""

    layers: tuple[NewLayer, ...]
    memory: ImageRef


class MemoryLink(Message, frozen=True, kw_only=True):
    """`source` is the memory that gets one more name."""

    source: ImageRef
