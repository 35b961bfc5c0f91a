"""What is on a disk, in words: one line for each thing that would be lost. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from installer.probe.block_devices import BlockDevice
from installer.probe.signatures import Found, Table, VolumeGroup
from installer.sysinfo import Content, Signature

TRIVET_LABELS = ("trivet-", "trivet_")
SLOT = "trivet_"
UNFINISHED = "trivet-installing"  # the state partition's until all is done
BRICKABLE = ("xfs", "ext4", "ext3", "ext2")
LVM = "LVM2_member"

_TRIVET_GROUP = re.compile(r"trivet-([0-9a-f]{8})-[0-9]+")
_TABLES = ("gpt", "dos", "PMBR", "mac", "bsd", "sgi", "sun", "atari")
_MD = ("linux_raid_member", "isw_raid_member", "ddf_raid_member", "imsm_raid_member")
_VMFS = ("VMFS", "VMFS_volume_member")
_TYPES = {  # partition types (GPT) that say what lies there where nothing else does
    "AA31E02A-400F-11DB-9590-000C2911D1B8": (Signature.VMFS, "VMFS datastore"),
    "9D275380-40AD-11DB-BF97-000C2911D1B8": (Signature.VMFS, "VMware diagnostic partition"),
    "4FBD7E29-9D25-41B8-AFD0-062C0CEFF05D": (Signature.CEPH, "disk of a Ceph OSD"),
    "CAFECAFE-9B03-4F30-B4C6-B4B80CEFF106": (Signature.CEPH, "disk of a Ceph OSD"),
}


@dataclass(frozen=True, slots=True)
class Brick:
    """`folder` within its file system; `volume` is empty where its name stands nowhere."""

    folder: str
    volume_id: str
    volume: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was found out about a disk. `groups` and `bricks` are by the name of the disk or partition; `stale` says
    what is wrong with its GPT; `data_at` is the place of a byte that is not zero; `twins` are other disks with the same
    WWN and serial number."""

    device: BlockDevice
    found: tuple[Found, ...] = ()
    table: Table | None = None
    stale: str | None = None
    data_at: int | None = None
    groups: Mapping[str, VolumeGroup] = field(default_factory=dict)
    bricks: Mapping[str, tuple[Brick, ...]] = field(default_factory=dict)
    twins: tuple[str, ...] = ()


def unreadable(device_name: str, reason: str) -> Content:
    """`reason` is what a command wrote last: `wipefs: error: /dev/sda: Input/output error`."""
    error = reason.strip().rpartition("\n")[2].rpartition(": ")[2]
    return _content(Signature.UNREADABLE, device_name, f"cannot be read: {error}")


def contents_of(facts: Facts) -> tuple[Content, ...]:
    """Empty for a disk that holds nothing; a table without partitions is nothing."""
    known = [*_multipath(facts), *_trivet(facts), *_stale(facts), *_mounted(facts.device), *_signatures(facts)]
    known += _from_types(facts, {content.signature for content in known})
    if not known:
        known = [*_partitions(facts)] or [*_unknown(facts)]
    return tuple(dict.fromkeys(known))


def _multipath(facts: Facts) -> Iterator[Content]:
    names = {one.name for one in facts.device.children if one.type == "mpath"} | set(facts.twins)
    if names or facts.device.file_system == "mpath_member":
        beside = f", the same disk as {' and '.join(sorted(names))}" if names else ""
        yield _content(Signature.MULTIPATH, facts.device.name, f"path of a multipath device{beside}")


def _trivet(facts: Facts) -> Iterator[Content]:
    """By the labels of its partitions."""
    labels = [label for label in _labels(facts) if label.startswith(TRIVET_LABELS)]
    versions = [label.removeprefix(SLOT) for label in labels if label.startswith(SLOT)]
    if versions and UNFINISHED not in labels:
        yield _content(Signature.TRIVET, facts.device.name, f"another installation of Trivet ({', '.join(versions)})")
    elif {"trivet-state", "trivet-esp", UNFINISHED} & set(labels):
        yield _content(Signature.TRIVET, facts.device.name, "an installation of Trivet that was cut off")
    elif labels and not any(_TRIVET_GROUP.fullmatch(group.name) for group in facts.groups.values()):
        yield _content(Signature.TRIVET, facts.device.name, "brick disk of another installation of Trivet")


def _labels(facts: Facts) -> tuple[str, ...]:
    """Of the partitions, as the kernel and as the table have them."""
    names = facts.table.names if facts.table is not None else ()
    return tuple(dict.fromkeys((*(one.label for one in facts.device.partitions), *names)))


def _stale(facts: Facts) -> Iterator[Content]:
    if facts.stale is not None:
        yield _content(Signature.STALE_GPT, facts.device.name, f"stale partition table (GPT): {facts.stale}")


def _mounted(device: BlockDevice) -> Iterator[Content]:
    for carrier in (device, *device.partitions):
        on_it = [carrier] if carrier is device else list(carrier.all())
        if carrier is device:
            on_it += [one for child in device.children if child.type != "part" for one in child.all()]
        for one in on_it:
            for point in one.mount_points:
                if point == "[SWAP]":
                    yield _content(Signature.SWAP, carrier.name, "swap space in use")
                else:
                    via = "" if one is carrier else f" ({one.name})"
                    yield _content(Signature.MOUNTED, carrier.name, f"mounted at {point}{via}")


def _signatures(facts: Facts) -> Iterator[Content]:
    ours = {one.name for one in facts.device.partitions if one.label.startswith(TRIVET_LABELS)}
    in_use = {one.name for one in facts.device.all() if "[SWAP]" in one.mount_points}
    for found in facts.found:
        if found.type in _TABLES or (found.type == "swap" and found.name in in_use):
            continue
        if found.name in ours and found.type != LVM and not facts.bricks.get(found.name):
            continue  # said by the labels
        for signature, description in _format_found(facts, found):
            yield _content(signature, found.name, description)


def _format_found(facts: Facts, found: Found) -> Iterator[tuple[Signature, str]]:
    label = f" {found.label}" if found.label else ""
    match found.type:
        case "LVM2_member":
            yield _group(facts.groups.get(found.name))
        case "crypto_LUKS":
            yield Signature.LUKS, f"LUKS encrypted volume{label}"
        case "zfs_member":
            yield Signature.ZFS, f"member of the ZFS pool{label}" if label else "member of a ZFS pool"
        case "ceph_bluestore":
            yield Signature.CEPH, "disk of a Ceph OSD (BlueStore)"
        case "btrfs":
            yield Signature.BTRFS, f"Btrfs file system{label}"
        case "swap" | "swsuspend":
            yield Signature.SWAP, f"swap space{label}"
        case kind if kind in _MD:
            yield Signature.MD, f"member of the md array{label}" if label else f"member of a RAID array ({kind})"
        case kind if kind in _VMFS:
            yield Signature.VMFS, f"VMFS datastore{label}"
        case _ if bricks := facts.bricks.get(found.name):
            yield from ((Signature.BRICK, _brick(brick)) for brick in bricks)
        case _ if found.usage == "filesystem":
            yield Signature.FILE_SYSTEM, f"{found.type} file system{label}"
        case _:
            yield Signature.UNKNOWN, f"data of the kind {found.type}{label}"


def _group(group: VolumeGroup | None) -> tuple[Signature, str]:
    if group is None:
        return Signature.LVM, "LVM physical volume"
    if not group.name:
        return Signature.LVM, "LVM physical volume of no volume group"
    if (own := _TRIVET_GROUP.fullmatch(group.name)) is not None:
        return Signature.TRIVET, f"brick disk of the Trivet installation {own[1]} (volume group {group.name})"
    count = group.logical_volumes
    volumes = f"{group.name} ({count} logical volume{'' if count == 1 else 's'})"
    if group.name.startswith("ceph-"):
        return Signature.CEPH, f"disk of a Ceph OSD, in the LVM volume group {volumes}"
    return Signature.LVM, f"LVM volume group {volumes}"


def _brick(brick: Brick) -> str:
    volume = f"the Gluster volume {brick.volume}" if brick.volume else f"a Gluster volume ({brick.volume_id})"
    return f"brick of {volume}" + ("" if brick.folder == "/" else f", in {brick.folder}")


def _from_types(facts: Facts, known: set[Signature]) -> Iterator[Content]:
    for kind in facts.table.types if facts.table is not None else ():
        signature, description = _TYPES.get(kind.upper(), (None, ""))
        if signature is not None and signature not in known:
            yield _content(signature, facts.device.name, description)


def _partitions(facts: Facts) -> Iterator[Content]:
    count = max(len(facts.device.partitions), len(facts.table.types) if facts.table is not None else 0)
    if count:
        kind = {"gpt": "GPT", "dos": "MBR"}.get(facts.table.kind if facts.table else "", "partition table")
        labels = ", ".join(filter(None, _labels(facts)))
        words = f"{kind} with {count} partition{'' if count == 1 else 's'}" + (f": {labels}" if labels else "")
        yield _content(Signature.PARTITIONS, facts.device.name, words)


def _unknown(facts: Facts) -> Iterator[Content]:
    if facts.data_at is not None:
        words = f"data of no known kind (not zero at byte {facts.data_at})"
        yield _content(Signature.UNKNOWN, facts.device.name, words)


def _content(signature: Signature, place: str, description: str) -> Content:
    return Content(signature=signature, place=place, description=description)
