"""Finds what killed labs and reboots left on the host, and decides what of it goes: pure, the doing is the caller's."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ci.lab.names import STATE


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of one lab on the host. `mounts` are mount points in the host's own mount namespace; `loops` maps
    loop devices to the files behind them; `running` are the nodes that run, `dirty` those that left something."""

    nodes: Collection[str]
    running: Collection[str]
    dirty: Collection[str] = ()
    mounts: Collection[str] = ()
    loops: dict[str, str] | None = None
    terminal_file: bool = False
    terminal_answers: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """One thing to take away; `what` is mount, loop, terminal or machine."""

    what: str
    which: str


def removals(lab: str, observed: Observed) -> tuple[Removal, ...]:
    """What goes, in the order in which it can go: machines before mounts before loop devices."""
    off = [node for node in observed.nodes if node not in observed.running]
    found = [Removal("machine", node) for node in off if node in observed.dirty]
    below = (f"/run/trivet-lab/{lab}/", f"{STATE}/labs/{lab}/")
    mounts = [mount for mount in observed.mounts if mount.startswith(below)]
    found += [Removal("mount", mount) for mount in sorted(mounts, key=len, reverse=True)]
    for device, file in sorted((observed.loops or {}).items()):
        owner = _owner(lab, file)
        if owner is not None and owner in off:
            found.append(Removal("loop", device))
    if observed.terminal_file and not observed.terminal_answers:
        found.append(Removal("terminal", lab))
    return tuple(found)


def parse_mounts(mountinfo: str) -> tuple[str, ...]:
    """Mount points from /proc/self/mountinfo, where a blank is written \\040."""
    points = [line.split()[4] for line in mountinfo.splitlines()]
    return tuple(re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), point) for point in points)


def parse_loops(text: str) -> dict[str, str]:
    """Device → file from `losetup --noheadings --raw --output NAME,BACK-FILE`."""
    pairs = (line.split(None, 1) for line in text.splitlines())
    return {pair[0]: pair[1].removesuffix(" (deleted)") for pair in pairs if len(pair) == 2}


def _owner(lab: str, file: str) -> str | None:
    """The node of this lab that a file belongs to."""
    try:
        return Path(file).relative_to(STATE / "labs" / lab).parts[0]
    except (ValueError, IndexError):
        return None
