"""Installations that were cut off, told by their partition tables alone: nothing is mounted to find one."""

from collections.abc import Sequence
from dataclasses import dataclass

from installer.disk_layout import UNFINISHED_LABEL, brick_disk_id
from installer.steps.tables import FoundTable, read_table
from installer.sysinfo import Disk, Signature
from node.system.process import Run

_SLOT_PREFIX = "trivet_"
_MOST_BRICKS = 64


@dataclass(frozen=True, slots=True)
class Unfinished:
    """`system` is its system disk, `taken` the paths of all disks that it had begun to write."""

    installation_id: str
    version: str
    system: Disk
    taken: tuple[str, ...]


def find_unfinished(run: Run, disks: Sequence[Disk]) -> tuple[Unfinished, ...]:
    """Only reads, and only of disks that have something on them and can be read."""
    tables = {disk.path: read_table(run, disk.path) for disk in disks if _may_be_unfinished(disk)}
    found = []
    for disk in disks:
        table = tables.get(disk.path)
        if table is None or not any(partition.label == UNFINISHED_LABEL for partition in table.partitions):
            continue
        bricks = [brick_disk_id(table.uuid, number) for number in range(1, _MOST_BRICKS + 1)]
        ours = (path for path, other in tables.items() if other is not None and other.uuid in (table.uuid, *bricks))
        found.append(Unfinished(table.uuid, _version(table), disk, tuple(ours)))
    return tuple(found)


def _may_be_unfinished(disk: Disk) -> bool:
    found = {content.signature for content in disk.contents}
    return bool(found) and Signature.UNREADABLE not in found and not disk.medium


def _version(table: FoundTable) -> str:
    labels = (partition.label for partition in table.partitions)
    return next((label.removeprefix(_SLOT_PREFIX) for label in labels if label.startswith(_SLOT_PREFIX)), "")
