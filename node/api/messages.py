"""What a node and its callers say to each other, as frozen structs; JSON on the wire, msgspec on both ends.

Names are the wire's names. Sizes are bytes, times are seconds since the epoch unless the name says otherwise.
A field that is unknown is None or UNKNOWN, never a guess.
"""

from enum import StrEnum

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base: unknown fields are ignored, so that a newer peer can say more."""


# --- identity ---------------------------------------------------------------------------------------------------


class Role(StrEnum):
    """Who a certificate speaks for (its organisation, O=). Only DEPLOY and ENGINE may drive a node."""

    NODE = "node"
    ENGINE = "engine"
    DEPLOY = "deploy"


class Identity(Message, frozen=True, kw_only=True):
    """Who this node is. `fingerprint` is the SHA-256 of its public key (SubjectPublicKeyInfo), lower-case hex."""

    node_id: str
    name: str
    fingerprint: str
    claimed: bool
    certificate_request_pem: str
    api_version: int


class Claim(Message, frozen=True, kw_only=True):
    """Makes the node a member: its own certificate, signed by the site's authority, and that authority."""

    certificate_pem: str
    authority_pem: str


# --- capabilities and statistics --------------------------------------------------------------------------------


class Accelerator(StrEnum):
    KVM = "kvm"
    TCG = "tcg"


class Nic(Message, frozen=True, kw_only=True):
    name: str
    mac: str
    up: bool
    speed_mbps: int | None = None


class Capabilities(Message, frozen=True, kw_only=True):
    node_id: str
    name: str
    version: str
    api_version: int
    os: str
    kernel: str
    libvirt: str
    qemu: str
    gluster: str
    cpu_model: str
    cpu_sockets: int
    cpu_cores: int
    cpu_threads: int
    memory_bytes: int
    accelerator: Accelerator
    nics: tuple[Nic, ...] = ()


class Statistics(Message, frozen=True, kw_only=True):
    """One reading. `boot_id` changes with every boot of the machine."""

    at: float
    boot_id: str
    uptime_s: float
    memory_free_bytes: int
    memory_used_bytes: int
    swap_total_bytes: int
    swap_free_bytes: int
    load_1min: float
    cpu_user_percent: float
    cpu_system_percent: float
    cpu_idle_percent: float
    vms_running: int


# --- virtual machines -------------------------------------------------------------------------------------------


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


class ImageFormat(StrEnum):
    RAW = "raw"
    QCOW2 = "qcow2"


class DiskBus(StrEnum):
    VIRTIO = "virtio"
    VIRTIO_SCSI = "virtio_scsi"
    SATA = "sata"
    IDE = "ide"


class NicModel(StrEnum):
    VIRTIO = "virtio"
    E1000 = "e1000"
    RTL8139 = "rtl8139"


class ImageRef(Message, frozen=True, kw_only=True):
    """Where an image lies: `<volume>/images/<disk_id>/<image_id>` on the mounted volume."""

    volume: str
    disk_id: str
    image_id: str


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


# --- storage ----------------------------------------------------------------------------------------------------


class MountRequest(Message, frozen=True, kw_only=True):
    """`servers` are tried in order; the mount stays wished for over reboots until it is removed."""

    volume: str
    servers: tuple[str, ...]


class MountReport(Message, frozen=True, kw_only=True):
    volume: str
    mounted: bool
    path: str
    size_bytes: int | None = None
    free_bytes: int | None = None
    detail: str = ""


class ImageRequest(Message, frozen=True, kw_only=True):
    """Create an image that is not there yet. `source` names a file among the node's shipped images (`engine`, `tiny`)
    whose content is converted into it; `backing` makes it a thin overlay. At most one of the two."""

    format: ImageFormat
    size_bytes: int | None = None
    preallocated: bool = False
    backing: ImageRef | None = None
    backing_format: ImageFormat | None = None
    source: str | None = None


class ImageReport(Message, frozen=True, kw_only=True):
    image: ImageRef
    format: ImageFormat
    virtual_size_bytes: int
    actual_size_bytes: int
    backing: ImageRef | None = None


class SeedFile(Message, frozen=True, kw_only=True):
    """A file of a seed disk; `text` may be secret and never reaches a log."""

    path: str
    text: str
    mode: int = 0o600


class SeedRequest(Message, frozen=True, kw_only=True):
    """Make a small read-only ext4 disk with `label` that holds `files`: first configuration of the engine VM."""

    label: str
    files: tuple[SeedFile, ...]


class LockspaceRequest(Message, frozen=True, kw_only=True):
    """A sanlock lockspace in a file on a mounted volume; `host_id` (1–2000) is this node's number in it."""

    name: str
    volume: str
    host_id: int
    io_timeout_s: int = 10


class LockspaceReport(Message, frozen=True, kw_only=True):
    name: str
    volume: str
    host_id: int
    joined: bool
    detail: str = ""


class LeaseRequest(Message, frozen=True, kw_only=True):
    lockspace: str
    resource: str
    volume: str


class LeaseReport(Message, frozen=True, kw_only=True):
    """`holder` is the host_id that holds the lease, None when it is free."""

    lockspace: str
    resource: str
    exists: bool
    holder: int | None = None


# --- gluster ----------------------------------------------------------------------------------------------------


class PeerReport(Message, frozen=True, kw_only=True):
    uuid: str
    hostname: str
    connected: bool
    state: str


class BrickReport(Message, frozen=True, kw_only=True):
    """`pending_heals` counts entries that wait to be healed on this brick; None when the brick does not answer."""

    server: str
    path: str
    online: bool
    pending_heals: int | None = None


class VolumeReport(Message, frozen=True, kw_only=True):
    name: str
    status: str
    type: str
    replica: int
    bricks: tuple[BrickReport, ...]
    options: dict[str, str]


class GlusterReport(Message, frozen=True, kw_only=True):
    peers: tuple[PeerReport, ...]
    volumes: tuple[VolumeReport, ...]


class PeerRequest(Message, frozen=True, kw_only=True):
    hostname: str


class BrickRequest(Message, frozen=True, kw_only=True):
    """`path` is the brick's folder on this node."""

    path: str


class VolumeRequest(Message, frozen=True, kw_only=True):
    """The wish for a volume: bricks are `server:path` in replica order; options are set over `group`."""

    name: str
    replica: int
    bricks: tuple[str, ...]
    group: str | None = "virt"
    options: dict[str, str] = {}


# --- network ----------------------------------------------------------------------------------------------------


class NamesRequest(Message, frozen=True, kw_only=True):
    """Name → address of every machine of the site; replaces what was known before (a block in /etc/hosts).
    The same is the answer to what the node knows now."""

    names: dict[str, str]


class NetworkReport(Message, frozen=True, kw_only=True):
    """The network of the node, a document in nmstate's schema."""

    document: dict[str, object]


class NetworkRequest(Message, frozen=True, kw_only=True):
    """Wish for the network in nmstate's schema; goes back by itself unless confirmed within `confirm_within_s`, which
    is from 5 to 600."""

    document: dict[str, object]
    confirm_within_s: int = 60


class NetworkChange(Message, frozen=True, kw_only=True):
    """`changed` is false when the node was already so; then there is nothing to confirm."""

    changed: bool
    checkpoint: str = ""
    says: tuple[str, ...] = ()


# --- events -----------------------------------------------------------------------------------------------------


class EventKind(StrEnum):
    """HEARTBEAT comes every 5 s, so that silence means something."""

    HELLO = "hello"
    HEARTBEAT = "heartbeat"
    VM = "vm"
    MOUNT = "mount"
    NETWORK = "network"


class Event(Message, frozen=True, kw_only=True):
    """One line of the event stream. HELLO comes first, with all VMs: from it on the stream is complete. `number`
    counts up within `boot_id` of the agent process."""

    number: int
    kind: EventKind
    at: float
    vms: tuple[VmReport, ...] = ()
    vm: VmReport | None = None
    statistics: Statistics | None = None
    mounts: tuple[MountReport, ...] = ()
    detail: str = ""
