"""What the system disk of a node holds: its slots and the kernels on its boot partition; pure.

A slot is a partition with the label `trivet_VERSION` or `_empty`. A kernel is a UKI whose name carries systemd-boot's
count: `trivet_VERSION+LEFT-DONE.efi` while it is tried, without a count once it has proven good (systemd-boot(7)).
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from pathlib import Path
from typing import Any

import msgspec

from node.upgrade.versions import compare

EMPTY, PREFIX = "_empty", "trivet_"
TRIES = 3
_KERNEL = re.compile(r"trivet_(?P<version>[^+]+)(?:\+(?P<left>\d+)(?:-(?P<done>\d+))?)?\.efi")


class Booted(msgspec.Struct, frozen=True, kw_only=True):
    """What the initrd wrote down: the running version, and the kernel's names of its disk and partitions."""

    version: str
    disk: str
    slot: str
    state: str


@dataclass(frozen=True, slots=True)
class Slot:
    """`version` is None for an empty one; `device` such as /dev/sda2, `number` that of the partition."""

    number: int
    device: str
    size_bytes: int
    version: str | None


@dataclass(frozen=True, slots=True)
class Kernel:
    """`left` is how often it will still be tried, None once it has proven good or was never to be proven."""

    version: str
    left: int | None = None
    done: int = 0

    @property
    def name(self) -> str:
        if self.left is None:
            return f"{PREFIX}{self.version}.efi"
        return f"{PREFIX}{self.version}+{self.left}{f'-{self.done}' if self.done else ''}.efi"

    @property
    def is_bad(self) -> bool:
        return self.left == 0

    @property
    def is_good(self) -> bool:
        return self.left is None


@dataclass(frozen=True, slots=True)
class System:
    """The slots of the disk that this machine was started from, and the kernels beside them."""

    version: str
    disk: str
    slot: Slot
    others: tuple[Slot, ...]
    kernels: tuple[Kernel, ...]

    @property
    def kernel(self) -> Kernel | None:
        """The running one."""
        return self.kernel_of(self.version)

    def kernel_of(self, version: str) -> Kernel | None:
        """The one that systemd-boot would prefer, should there be several."""
        return next((kernel for kernel in boot_order(self.kernels) if kernel.version == version), None)

    @property
    def complete(self) -> tuple[Kernel, ...]:
        """Kernels whose version is in a slot: the others start nothing. The one that is started next comes first."""
        held = {slot.version for slot in (self.slot, *self.others)}
        return tuple(kernel for kernel in boot_order(self.kernels) if kernel.version in held)

    @property
    def next(self) -> Kernel | None:
        """What systemd-boot starts next unless somebody chooses in its menu."""
        return next(iter(boot_order(self.kernels)), None)


def boot_order(kernels: Iterable[Kernel]) -> list[Kernel]:
    """As systemd-boot sorts them: bad ones last, then newest first; pure."""

    def order(a: Kernel, b: Kernel) -> int:
        tries = [-1 if kernel.left is None else kernel.left for kernel in (a, b)]
        return (a.is_bad - b.is_bad) or -compare(a.version, b.version) or tries[1] - tries[0] or a.done - b.done

    return sorted(kernels, key=cmp_to_key(order))


def parse_booted(text: str) -> Booted:
    """Raises msgspec.MsgspecError."""
    return msgspec.json.decode(text, type=Booted)


def parse_kernel(name: str) -> Kernel | None:
    """None for what is no kernel of Trivet's."""
    found = _KERNEL.fullmatch(name)
    if found is None:
        return None
    left, done = found["left"], found["done"]
    return Kernel(found["version"], None if left is None else int(left), int(done or 0))


def parse_slots(text: str) -> tuple[Slot, ...]:
    """The slots in the answer of `sfdisk --json`, in the order of the disk."""
    table: dict[str, Any] = json.loads(text)["partitiontable"]
    sector = int(table.get("sectorsize", 512))
    return tuple(
        Slot(_number(one["node"]), one["node"], int(one["size"]) * sector, _version(one["name"]))
        for one in table.get("partitions", ())
        if one.get("name", "") == EMPTY or one.get("name", "").startswith(PREFIX)
    )


def parse_system(booted: Booted, sfdisk: str, kernels: Sequence[str]) -> System | None:
    """`kernels` are the names on the boot partition. None where the slot it runs from is not among the disk's."""
    slots = parse_slots(sfdisk)
    running = next((slot for slot in slots if Path(slot.device).name == booted.slot), None)
    if running is None:
        return None
    others = tuple(slot for slot in slots if slot is not running)
    found = tuple(kernel for name in sorted(kernels) if (kernel := parse_kernel(name)) is not None)
    return System(booted.version, f"/dev/{booted.disk}", running, others, found)


def label_of(version: str | None) -> str:
    return EMPTY if version is None else f"{PREFIX}{version}"


def _version(label: str) -> str | None:
    return None if label == EMPTY else label.removeprefix(PREFIX)


def _number(device: str) -> int:
    found = re.search(r"(\d+)$", device)
    return int(found.group()) if found else 0
