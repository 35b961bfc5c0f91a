"""What is said of a disk, from what tools have said of it."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installer.probe.block_devices import BlockDevice, parse
from installer.probe.contents import Brick, Facts, contents_of, unreadable
from installer.probe.gpt import read_header, why_stale
from installer.probe.signatures import Found, Table, VolumeGroup, parse_pvs, parse_sfdisk, parse_wipefs
from installer.sysinfo import Signature

TREE = """{"blockdevices": [{"name": "sda", "path": "/dev/sda", "type": "disk", "size": 480103981056, "ro": false,
 "rm": false, "rota": false, "log-sec": 512, "serial": "S1", "wwn": "0x5002538e40a1b2c3", "model": "Samsung SSD  870",
 "tran": "sata", "fstype": null, "partlabel": null, "mountpoints": [null], "children": [
  {"name": "sda1", "path": "/dev/sda1", "type": "part", "size": "536870912", "ro": "0", "rm": "0", "rota": "0",
   "log-sec": "512", "fstype": "swap", "partlabel": "swap", "mountpoints": ["[SWAP]"]},
  {"name": "sda2", "path": "/dev/sda2", "type": "part", "size": 1, "fstype": "LVM2_member", "partlabel": null,
   "mountpoints": [null], "children": [
    {"name": "vg0-home", "path": "/dev/mapper/vg0-home", "type": "lvm", "size": 1, "fstype": "xfs",
     "mountpoints": ["/home", "/srv"]}]}]}]}"""


def disk(name: str = "sda", **fields: object) -> BlockDevice:
    return BlockDevice(name=name, path=f"/dev/{name}", type="disk", **fields)  # type: ignore[arg-type]


def partition(name: str, label: str = "") -> BlockDevice:
    return BlockDevice(name=name, path=f"/dev/{name}", type="part", label=label)


def descriptions(facts: Facts) -> list[tuple[Signature, str, str]]:
    return [(one.signature, one.place, one.description) for one in contents_of(facts)]


def found(kind: str, name: str = "sda", **fields: str) -> tuple[Found, ...]:
    return (Found(name=name, type=kind, **fields),)  # type: ignore[arg-type]


def test_lsblk_is_read_whichever_way_it_writes_numbers() -> None:
    (device,) = parse(TREE)
    assert (device.size_bytes, device.serial, device.model, device.transport) == (
        480103981056,
        "S1",
        "Samsung SSD 870",
        "sata",
    )
    assert [one.name for one in device.all()] == ["sda", "sda1", "sda2", "vg0-home"]
    assert [one.name for one in device.partitions] == ["sda1", "sda2"]
    assert not device.partitions[0].rotational


def test_what_is_mounted_is_said_of_the_partition_it_lies_on() -> None:
    (device,) = parse(TREE)
    facts = Facts(
        device=device,
        found=(*found("swap", "sda1"), *found("LVM2_member", "sda2")),
        table=Table(kind="gpt", types=("a", "b"), names=("swap", "")),
        groups={"sda2": VolumeGroup(name="vg0", logical_volumes=1)},
    )
    assert descriptions(facts) == [
        (Signature.SWAP, "sda1", "swap space in use"),
        (Signature.MOUNTED, "sda2", "mounted at /home (vg0-home)"),
        (Signature.MOUNTED, "sda2", "mounted at /srv (vg0-home)"),
        (Signature.LVM, "sda2", "LVM volume group vg0 (1 logical volume)"),
    ]


def test_paths_of_a_multipath_device() -> None:
    twin = Facts(device=disk(), twins=("sdb",), found=found("xfs", usage="filesystem"))
    assert descriptions(twin)[0] == (Signature.MULTIPATH, "sda", "path of a multipath device, the same disk as sdb")
    by_udev = Facts(device=disk(file_system="mpath_member"))
    assert descriptions(by_udev) == [(Signature.MULTIPATH, "sda", "path of a multipath device")]
    mapped = BlockDevice(name="mpatha", path="/dev/mapper/mpatha", type="mpath", mount_points=("/x",))
    assert descriptions(Facts(device=disk(children=(mapped,)))) == [
        (Signature.MULTIPATH, "sda", "path of a multipath device, the same disk as mpatha"),
        (Signature.MOUNTED, "sda", "mounted at /x (mpatha)"),
    ]


@pytest.mark.parametrize(
    ("group", "signature", "description"),
    [
        (None, Signature.LVM, "LVM physical volume"),
        (VolumeGroup(name=""), Signature.LVM, "LVM physical volume of no volume group"),
        (VolumeGroup(name="vg0"), Signature.LVM, "LVM volume group vg0 (0 logical volumes)"),
        (
            VolumeGroup(name="ceph-5c7d", logical_volumes=1),
            Signature.CEPH,
            "disk of a Ceph OSD, in the LVM volume group ceph-5c7d (1 logical volume)",
        ),
        (
            VolumeGroup(name="trivet-1a2b3c4d-1", logical_volumes=2),
            Signature.TRIVET,
            "brick disk of the Trivet installation 1a2b3c4d (volume group trivet-1a2b3c4d-1)",
        ),
    ],
)
def test_physical_volumes(group: VolumeGroup | None, signature: Signature, description: str) -> None:
    groups = {"sda": group} if group else {}
    assert descriptions(Facts(device=disk(), found=found("LVM2_member"), groups=groups)) == [
        (signature, "sda", description)
    ]


def test_an_installation_is_one_line_whatever_its_partitions_hold() -> None:
    labels = ("trivet-esp", "trivet_0.1.0", "_empty", "trivet-state", "trivet-brick")
    parts = tuple(partition(f"sda{number}", label) for number, label in enumerate(labels, 1))
    facts = Facts(
        device=disk(children=parts),
        found=(
            *found("gpt", usage="partition-table"),
            *found("vfat", "sda1", usage="filesystem"),
            *found("squashfs", "sda2", usage="filesystem"),
            *found("ext4", "sda4", usage="filesystem"),
            *found("LVM2_member", "sda5"),
        ),
        groups={"sda5": VolumeGroup(name="trivet-1a2b3c4d-0", logical_volumes=2)},
    )
    assert descriptions(facts) == [
        (Signature.TRIVET, "sda", "another installation of Trivet (0.1.0)"),
        (
            Signature.TRIVET,
            "sda5",
            "brick disk of the Trivet installation 1a2b3c4d (volume group trivet-1a2b3c4d-0)",
        ),
    ]
    begun = Facts(device=disk(children=(parts[0], parts[1], partition("sda4", "trivet-installing"))))
    assert descriptions(begun) == [(Signature.TRIVET, "sda", "an installation of Trivet that was cut off")]
    alone = Facts(device=disk(children=(partition("sda1", "trivet-brick"),)))
    assert descriptions(alone) == [(Signature.TRIVET, "sda", "brick disk of another installation of Trivet")]


def test_a_brick_disk_is_one_line() -> None:
    part = BlockDevice(name="sdb1", path="/dev/sdb1", type="part", label="trivet-brick")
    groups = {"sdb1": VolumeGroup(name="trivet-1a2b3c4d-1", logical_volumes=2)}
    facts = Facts(device=disk("sdb", children=(part,)), found=found("LVM2_member", "sdb1"), groups=groups)
    assert descriptions(facts) == [
        (
            Signature.TRIVET,
            "sdb1",
            "brick disk of the Trivet installation 1a2b3c4d (volume group trivet-1a2b3c4d-1)",
        )
    ]


def test_bricks() -> None:
    bricks = {"sda1": (Brick("/engine", "0f3b", "engine"), Brick("/", "1f3b"))}
    facts = Facts(device=disk(), found=found("xfs", "sda1", usage="filesystem"), bricks=bricks)
    assert descriptions(facts) == [
        (Signature.BRICK, "sda1", "brick of the Gluster volume engine, in /engine"),
        (Signature.BRICK, "sda1", "brick of a Gluster volume (1f3b)"),
    ]


@pytest.mark.parametrize(
    ("kind", "usage", "label", "signature", "description"),
    [
        ("linux_raid_member", "raid", "store:0", Signature.MD, "member of the md array store:0"),
        ("isw_raid_member", "raid", "", Signature.MD, "member of a RAID array (isw_raid_member)"),
        ("zfs_member", "filesystem", "", Signature.ZFS, "member of a ZFS pool"),
        ("VMFS", "filesystem", "datastore1", Signature.VMFS, "VMFS datastore datastore1"),
        ("ntfs", "filesystem", "Windows", Signature.FILE_SYSTEM, "ntfs file system Windows"),
        ("bcache", "other", "", Signature.UNKNOWN, "data of the kind bcache"),
    ],
)
def test_kinds(kind: str, usage: str, label: str, signature: Signature, description: str) -> None:
    facts = Facts(device=disk(), found=found(kind, usage=usage, label=label))
    assert descriptions(facts) == [(signature, "sda", description)]


def test_types_of_partitions_count_where_nothing_else_is_known() -> None:
    vmfs = "AA31E02A-400F-11DB-9590-000C2911D1B8"
    table = Table(kind="gpt", types=(vmfs.lower(),), names=("",))
    assert descriptions(Facts(device=disk(), table=table)) == [(Signature.VMFS, "sda", "VMFS datastore")]
    known = Facts(device=disk(), table=table, found=found("VMFS_volume_member", "sda1", usage="raid"))
    assert descriptions(known) == [(Signature.VMFS, "sda1", "VMFS datastore")]


@pytest.mark.parametrize(
    ("reason", "description"),
    [
        ("it took longer than 20 s", "cannot be read: it took longer than 20 s"),
        ("warning\nwipefs: error: /dev/sda: Input/output error\n", "cannot be read: Input/output error"),
    ],
)
def test_a_disk_that_cannot_be_read(reason: str, description: str) -> None:
    assert unreadable("sda", reason).description == description


def test_nothing_is_on_a_disk_with_an_empty_table() -> None:
    facts = Facts(device=disk(), found=found("gpt", usage="partition-table"), table=Table(kind="gpt"))
    assert descriptions(facts) == []
    assert descriptions(Facts(device=disk(), data_at=4096)) == [
        (Signature.UNKNOWN, "sda", "data of no known kind (not zero at byte 4096)")
    ]


def test_tools_that_say_nothing() -> None:
    assert parse_wipefs("") == parse_wipefs('{"signatures": []}') == ()
    assert parse_pvs('{"report": [{"pv": []}]}') is None
    assert parse_sfdisk('{"partitiontable": {"label": "gpt"}}') == Table(kind="gpt")


def test_copies_of_a_signature_are_one() -> None:
    text = """{"signatures": [
      {"device": "/dev/sda", "offset": "0x0", "type": "crypto_LUKS", "uuid": null, "label": null},
      {"device": "/dev/sda", "offset": "0x4000", "type": "crypto_LUKS", "uuid": null, "label": null}]}"""
    assert parse_wipefs(text) == (Found(name="sda", type="crypto_LUKS"),)


SECTORS = 1000


def header(place: int, other: int) -> bytes:
    body = struct.pack("<8s4sIIIQQ", b"EFI PART", b"\0\0\1\0", 92, 0, 0, place, other).ljust(92, b"\0")
    return (body[:16] + struct.pack("<I", zlib.crc32(body)) + body[20:]).ljust(512, b"\0")


FIRST, LAST = header(1, SECTORS - 1), header(SECTORS - 1, 1)
DAMAGED = b"EFI PART" + bytes(504)


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        (FIRST, LAST, None),
        (bytes(512), bytes(512), None),
        (FIRST, bytes(512), "its backup at the end of the disk is missing"),
        (FIRST, DAMAGED, "its backup is damaged"),
        (bytes(512), LAST, "only its backup at the end of the disk is left, the first table is missing"),
        (DAMAGED, LAST, "only its backup at the end of the disk is left, the first table is damaged"),
        (DAMAGED, bytes(512), "it is damaged"),
        (header(1, 3_999_999), bytes(512), "made for a disk of 2 GB"),
        (header(1, 499), LAST, "made for a disk of 256 kB"),
    ],
)
def test_tables_that_are_stale(first: bytes, last: bytes, reason: str | None) -> None:
    assert why_stale(first, last, b"", sectors=SECTORS, sector_bytes=512) == reason


def test_a_table_for_sectors_of_another_size() -> None:
    odd = FIRST.ljust(4096, b"\0")
    assert why_stale(b"", b"", odd, sectors=9, sector_bytes=512) == "made for a disk with sectors of 4096 bytes"


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_any_bytes_are_judged(first: bytes, last: bytes) -> None:
    read_header(b"EFI PART" + first)
    why_stale(b"EFI PART" + first, last, first, sectors=SECTORS, sector_bytes=512)
