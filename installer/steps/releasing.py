"""Lets go of a chosen disk: what the kernel has put together from it is taken apart, so that it can be written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.api.problems import Refused
from node.system.process import Run

_MAPPED = {"lvm", "crypt", "dm", "mpath", "multipath", "part-dm"}


class DiskInUse(Refused):
    what = "Cannot write to {disk}"
    why = "{device} on it is mounted at {place}"
    mend = "Unmount it, or choose another disk"


@dataclass(frozen=True, slots=True)
class Holder:
    """Something made of a disk, or a partition of it. `places` are where it is mounted, `[SWAP]` for swap."""

    path: str
    kind: str
    places: tuple[str, ...] = ()


def release(run: Run, device: str, sys: Path) -> tuple[str, ...]:
    """Take apart all that stands on a disk or a partition; returns the partitions that it has. Nothing is written to
    other disks, even when they are part of the same: a mapping goes, not what it maps. Raises DiskInUse."""
    holders = holders_of(run("lsblk", "--json", "--tree", "--output", "NAME,PATH,TYPE,MOUNTPOINTS", device))
    for holder in holders:
        if mounted := [place for place in holder.places if place != "[SWAP]"]:
            raise DiskInUse(disk=device, device=holder.path, place=mounted[0])
    for holder in holders:
        if holder.places:
            run("swapoff", holder.path)
        if holder.kind in _MAPPED:
            run("dmsetup", "remove", "--retry", holder.path)
        elif holder.kind.startswith(("raid", "linear", "md")):
            (sys / "block" / Path(holder.path).name / "md/array_state").write_text("clear")
    return tuple(holder.path for holder in holders if holder.kind == "part" and holder.path != device)


def holders_of(text: str) -> tuple[Holder, ...]:
    """The answer of lsblk: the device itself last, before everything what stands on it, each once."""
    (top,) = json.loads(text)["blockdevices"]
    return tuple(dict.fromkeys(_uppermost_first(top)))


def _uppermost_first(entry: dict[str, Any]) -> Iterator[Holder]:
    for child in entry.get("children", ()):
        yield from _uppermost_first(child)
    yield Holder(entry["path"], entry["type"], tuple(place for place in entry["mountpoints"] if place))
