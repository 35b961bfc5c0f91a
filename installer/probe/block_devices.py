"""Reads `lsblk --json`: a disk, its partitions and what lies on them. Pure."""

from collections.abc import Iterator
from typing import Any

import msgspec

COLUMNS = (
    *("NAME", "PATH", "TYPE", "SIZE", "RO", "RM", "ROTA", "LOG-SEC", "SERIAL", "WWN", "MODEL", "TRAN"),
    *("FSTYPE", "PARTLABEL", "MOUNTPOINTS"),
)
ARGV = ("lsblk", "--json", "--bytes", "--output", ",".join(COLUMNS))


class BlockDevice(msgspec.Struct, frozen=True, kw_only=True):
    """`type` is lsblk's: disk, rom, part, lvm, crypt, raid1, mpath, … `children` lie on it."""

    name: str
    path: str
    type: str
    size_bytes: int = 0
    read_only: bool = False
    removable: bool = False
    rotational: bool = False
    sector_bytes: int = 512
    serial: str = ""
    wwn: str = ""
    model: str = ""
    transport: str = ""
    file_system: str = ""
    label: str = ""  # of the partition
    mount_points: tuple[str, ...] = ()
    children: tuple["BlockDevice", ...] = ()

    def all(self) -> Iterator["BlockDevice"]:
        """It and all that lies on it."""
        yield self
        for child in self.children:
            yield from child.all()

    @property
    def partitions(self) -> tuple["BlockDevice", ...]:
        return tuple(child for child in self.children if child.type == "part")


def parse(text: str) -> tuple[BlockDevice, ...]:
    """The devices of `lsblk --json --bytes` with COLUMNS, whichever way its release writes numbers and flags."""
    return tuple(_device(raw) for raw in msgspec.json.decode(text)["blockdevices"])


def _device(raw: dict[str, Any]) -> BlockDevice:
    points = raw.get("mountpoints") or []
    return BlockDevice(
        name=raw["name"],
        path=raw["path"],
        type=raw["type"],
        size_bytes=int(raw.get("size") or 0),
        read_only=_flag(raw.get("ro")),
        removable=_flag(raw.get("rm")),
        rotational=_flag(raw.get("rota")),
        sector_bytes=int(raw.get("log-sec") or 512),
        serial=_text(raw.get("serial")),
        wwn=_text(raw.get("wwn")),
        model=_text(raw.get("model")),
        transport=_text(raw.get("tran")),
        file_system=_text(raw.get("fstype")),
        label=_text(raw.get("partlabel")),
        mount_points=tuple(point for point in points if point),
        children=tuple(_device(child) for child in raw.get("children", ())),
    )


def _text(value: str | None) -> str:
    return "" if value is None else " ".join(value.split())


def _flag(value: bool | str | None) -> bool:
    return value in (True, "1")
