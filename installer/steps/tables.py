"""Partition tables: what a disk has, and writing the one that was planned."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer.disk_layout import Table, sfdisk_script
from node.api.problems import Failed
from node.system.process import CommandFailed, Run

_READ_TIMEOUT_S = 20  # a disk that is broken answers late or never
_WAIT_FOR_DEVICES_S = 20


class TableNotWritten(Failed):
    what = "Cannot partition {disk}"
    why = "it was told to, and then has {observed}"
    mend = "The disk does not keep what is written to it: use another one"


@dataclass(frozen=True, slots=True)
class Found:
    """A partition as it is; `device` is the kernel's name of it."""

    device: str
    label: str
    uuid: str


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A GPT as it is, UUIDs in small letters."""

    uuid: str
    partitions: tuple[Found, ...]


def read_table(run: Run, disk: str) -> FoundTable | None:
    """None where there is no GPT, or none that can be read."""
    try:
        answer = run("sfdisk", "--json", disk, timeout_s=_READ_TIMEOUT_S)
    except CommandFailed:
        return None
    return parse(answer)


def parse(text: str) -> FoundTable | None:
    """The answer of `sfdisk --json`."""
    table: dict[str, Any] = json.loads(text)["partitiontable"]
    if table.get("label") != "gpt":
        return None
    partitions = (
        Found(partition["node"], partition.get("name", ""), partition.get("uuid", "").lower())
        for partition in table.get("partitions", ())
    )
    return FoundTable(table["id"].lower(), tuple(partitions))


def write_table(run: Run, disk: str, table: Table) -> None:
    """Whatever the disk had is wiped; returns when the partitions' devices are there."""
    wiping = ("--wipe", "always", "--wipe-partitions", "always")
    run("sfdisk", "--quiet", "--lock=yes", *wiping, disk, stdin=sfdisk_script(table))
    wait_for_udev(run)
    found = read_table(run, disk)
    planned = [(partition.label, partition.uuid) for partition in table.partitions]
    if found is None or found.uuid != table.uuid or [(p.label, p.uuid) for p in found.partitions] != planned:
        raise TableNotWritten(disk=disk, observed=found or "no partition table")
    wait_for([Path(partition.device) for partition in found.partitions])


def relabel(run: Run, disk: str, number: int, label: str) -> None:
    run("sfdisk", "--quiet", "--lock=yes", "--part-label", disk, str(number), label)
    wait_for_udev(run)


def wipe(run: Run, disk: str, devices: Sequence[str]) -> None:
    """Every signature on the disk and on `devices`, its partitions."""
    for device in (*devices, disk):
        run("wipefs", "--all", "--force", "--quiet", "--lock=yes", device)


def wait_for_udev(run: Run) -> None:
    """Let udev finish; where there is none, nothing is to be waited for."""
    with suppress(CommandFailed):
        run("udevadm", "settle", "--timeout=30")


def wait_for(devices: Sequence[Path], *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Raises Failed when one of them does not appear."""
    for _ in range(_WAIT_FOR_DEVICES_S * 10):
        missing = [device for device in devices if not device.exists()]
        if not missing:
            return
        sleep(0.1)
    raise DeviceMissing(device=missing[0])


class DeviceMissing(Failed):
    what = "Cannot find {device}"
    why = "the kernel was told of it and it did not appear"
    mend = "Run the installation again; if it stays so, restart the machine first"
