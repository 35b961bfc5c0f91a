"""What a machine is, as far as an installation asks: collected on the medium, carried as JSON, read off line."""

from enum import StrEnum

import msgspec


class Signature(StrEnum):
    """What was found on a disk that is not empty."""

    FILE_SYSTEM = "file_system"
    BTRFS = "btrfs"
    LVM = "lvm"
    MD = "md"
    LUKS = "luks"
    ZFS = "zfs"
    CEPH = "ceph"
    VMFS = "vmfs"
    MULTIPATH = "multipath"  # a member of a multipath device
    STALE_GPT = "stale_gpt"  # a backup table without its first, or one for another size
    PARTITIONS = "partitions"  # a partition table with partitions, nothing else known in it
    TRIVET = "trivet"  # another installation of Trivet, or one that was cut off
    BRICK = "brick"  # of a Gluster volume
    MOUNTED = "mounted"
    SWAP = "swap"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"  # not zero, and nothing that is known


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on a disk. `place` is the disk's or partition's name (sda, sda1); `description` one phrase for people,
    such as `LVM volume group vg0 (3 logical volumes)`."""

    signature: Signature
    place: str
    description: str


class Disk(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is the kernel's (/dev/sda), good for this boot only; `serial` and `wwn` are what a disk is known by, empty
    where it has none. `transport`: sata, nvme, sas, usb, virtio, … as lsblk says it. `medium` is true of the disk that
    this installer was started from."""

    path: str
    size_bytes: int
    serial: str = ""
    wwn: str = ""
    model: str = ""
    transport: str = ""
    rotational: bool = False
    removable: bool = False
    read_only: bool = False
    medium: bool = False
    sector_bytes: int = 512
    contents: tuple[Content, ...] = ()

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_dirty(self) -> bool:
        return bool(self.contents)


class Nic(msgspec.Struct, frozen=True, kw_only=True):
    """`mac` is the permanent address, in lower case with colons. `speed_mbps` is 0 where unknown."""

    name: str
    mac: str
    carrier: bool = False
    speed_mbps: int = 0
    driver: str = ""


class SysInfo(msgspec.Struct, frozen=True, kw_only=True):
    """`virtualization` is vmx, svm or empty; `firmware` uefi or bios; `clock` is the machine's time in ISO 8601 (UTC).
    `serial_number`, `product`, `vendor` and `uuid` are those of SMBIOS. `version` is that of the medium's image."""

    version: str = ""
    vendor: str = ""
    product: str = ""
    serial_number: str = ""
    uuid: str = ""
    firmware: str = "uefi"
    virtualization: str = ""
    cpus: int = 1
    memory_bytes: int = 0
    clock: str = ""
    disks: tuple[Disk, ...] = ()
    nics: tuple[Nic, ...] = ()
