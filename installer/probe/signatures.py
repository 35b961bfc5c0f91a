"""Reads `wipefs --json` and what LVM and sfdisk say of a disk. Pure."""

import msgspec

WIPEFS = ("wipefs", "--json", "--output", "DEVICE,OFFSET,TYPE,USAGE,UUID,LABEL")
SFDISK = ("sfdisk", "--json")
TABLE_USAGE = "partition-table"
PVS = ("pvs", "--readonly", "--reportformat", "json", "-o", "vg_name,lv_count", "--devices")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One signature. `name` is the kernel's for the disk or partition that has it (sda1); `usage` is filesystem, raid,
    crypto, partition-table or other."""

    name: str
    type: str
    offset: int = 0
    usage: str = ""
    uuid: str = ""
    label: str = ""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A partition table. `kind` is gpt, dos, …; `types` and `names` are those of its partitions, in order."""

    kind: str
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class VolumeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What a physical volume belongs to; `name` is empty where it belongs to none."""

    name: str
    logical_volumes: int = 0


def parse_wipefs(text: str) -> tuple[Found, ...]:
    """Each type once for each device: copies of a signature at other offsets say nothing new."""
    found: dict[tuple[str, str], Found] = {}
    for raw in msgspec.json.decode(text).get("signatures", ()) if text.strip() else ():
        one = Found(
            name=raw["device"].rpartition("/")[2],
            type=raw["type"],
            offset=int(raw["offset"], 16),
            usage=raw.get("usage") or "",
            uuid=raw.get("uuid") or "",
            label=raw.get("label") or "",
        )
        found.setdefault((one.name, one.type), one)
    return tuple(found.values())


def parse_sfdisk(text: str) -> Table:
    table = msgspec.json.decode(text)["partitiontable"]
    partitions = table.get("partitions", ())
    return Table(
        kind=table["label"],
        types=tuple(one.get("type", "") for one in partitions),
        names=tuple(one.get("name", "") for one in partitions),
    )


def parse_pvs(text: str) -> VolumeGroup | None:
    """None where LVM does not know the device."""
    rows = [row for report in msgspec.json.decode(text)["report"] for row in report.get("pv", ())]
    if not rows:
        return None
    return VolumeGroup(name=rows[0]["vg_name"], logical_volumes=int(rows[0]["lv_count"] or 0))
