"""Which disks an installation takes, as the answers say it, and what speaks against that; pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from installer.answers import DiskAnswers
from installer.disk_layout import SMALLEST_BRICK_DISK, SMALLEST_SYSTEM_DISK, SYSTEM_DISK_WITH_BRICK
from installer.expressions import BadExpression, parse
from installer.reasons import Reason
from installer.sizes import format_disk_size, format_memory_size
from installer.sysinfo import Disk, Signature


@dataclass(frozen=True, slots=True)
class DiskChoice:
    """Without `bricks` the system disk has the brick, too."""

    system: Disk
    bricks: tuple[Disk, ...]

    @property
    def disks(self) -> tuple[Disk, ...]:
        return (self.system, *self.bricks)


def choose_disks(
    answers: DiskAnswers, disks: Sequence[Disk], *, taken: Collection[str] = ()
) -> tuple[DiskChoice | None, tuple[Reason, ...]]:
    """The choice, or everything that speaks against it. `taken` are the paths of disks that this installation had
    begun to write before it was cut off: what is on them is its own."""
    reasons: list[Reason] = []
    found = _find("disks.system", answers.system, disks, reasons)
    if len(found) > 1:
        why = f"{answers.system} matches {len(found)} disks: {', '.join(map(describe, found))}"
        mend = "Say it so that one disk is left, best by its serial number"
        reasons.append(Reason("disks.system", "Cannot choose the system disk", why, mend))
    bricks: list[Disk] = []
    for place, expression in enumerate(answers.bricks):
        path = f"disks.bricks[{place}]"
        bricks += (disk for disk in _find(path, expression, disks, reasons) if disk not in bricks)
    if len(found) == 1:
        choice = DiskChoice(found[0], tuple(bricks))
        reasons += _against(choice, answers, taken)
        if not reasons:
            return choice, ()
    return None, tuple(reasons)


def describe(disk: Disk) -> str:
    """The disk as people know it: `sda (QEMU HARDDISK, 480 GB, serial S1)`."""
    known = f"serial {disk.serial}" if disk.serial else f"WWN {disk.wwn}" if disk.wwn else "no serial number"
    model = f"{disk.model}, " if disk.model else ""
    return f"{disk.name} ({model}{format_disk_size(disk.size_bytes)}, {known})"


def name_of(disk: Disk) -> str:
    """What a disk is known by: its serial number, its WWN, at last its path, which is good for this boot only."""
    return disk.serial or disk.wwn or disk.path


def _least(size_bytes: int) -> str:
    """In the units of partitions, and in those that disks are sold in."""
    return f"{format_memory_size(size_bytes)} ({format_disk_size(size_bytes)})"


def _find(path: str, expression: str, disks: Sequence[Disk], reasons: list[Reason]) -> tuple[Disk, ...]:
    """Asks every disk, so that one that is of no use here is refused by what it is."""
    what = f"Cannot choose disks by {expression!r}"
    try:
        condition = parse(expression)
    except BadExpression as err:
        reasons.append(Reason(path, what, err.text.why, err.text.mend))
        return ()
    found = tuple(disk for disk in disks if condition(disk))
    usable = tuple(disk for disk in found if not disk.medium and not disk.read_only)
    if not found:
        there = ", ".join(map(describe, disks)) or "no disk at all"
        reasons.append(Reason(path, what, "no disk of this machine matches", f"It has {there}"))
    return usable or found


def _against(choice: DiskChoice, answers: DiskAnswers, taken: Collection[str]) -> Iterator[Reason]:
    yield from _against_sizes(choice, wants_bricks=bool(answers.bricks))
    if choice.system in choice.bricks:
        yield Reason(
            "disks.bricks",
            f"Cannot take {describe(choice.system)} for a brick",
            "it is the system disk",
            "Choose another disk, or leave bricks out: the system disk then has a brick beside the system",
        )
    yield from _against_twins(choice)
    for disk in dict.fromkeys(choice.disks):
        yield from _against_disk(disk, answers, is_taken=disk.path in taken)


def _against_sizes(choice: DiskChoice, *, wants_bricks: bool) -> Iterator[Reason]:
    size = choice.system.size_bytes
    what = f"Cannot put the system on {describe(choice.system)}"
    if size < SMALLEST_SYSTEM_DISK:
        why = f"it is smaller than {_least(SMALLEST_SYSTEM_DISK)}"
        yield Reason("disks.system", what, why, "Choose a larger disk")
    elif not wants_bricks and size < SYSTEM_DISK_WITH_BRICK:
        why = f"no brick disk is chosen, and it has no room for a brick: that takes {_least(SYSTEM_DISK_WITH_BRICK)}"
        yield Reason("disks.bricks", what, why, "Choose a brick disk, or a larger system disk")
    for disk in choice.bricks:
        if disk.size_bytes < SMALLEST_BRICK_DISK:
            why = f"it is smaller than {_least(SMALLEST_BRICK_DISK)}"
            yield Reason("disks.bricks", f"Cannot take {describe(disk)} for a brick", why, "Choose a larger disk")


def _against_twins(choice: DiskChoice) -> Iterator[Reason]:
    """Two paths to one disk would be written one over the other."""
    seen: dict[str, Disk] = {}
    for disk in dict.fromkeys(choice.disks):
        other = seen.setdefault(disk.wwn, disk) if disk.wwn else disk
        if other is not disk:
            why = f"it has the same WWN as {describe(other)}: they are two paths to one disk"
            yield Reason("disks", f"Cannot use {describe(disk)}", why, "Choose one of the two")


def _against_disk(disk: Disk, answers: DiskAnswers, *, is_taken: bool) -> Iterator[Reason]:
    what = f"Cannot use {describe(disk)}"
    found = {content.signature: content for content in disk.contents}
    if disk.medium:
        yield Reason("disks", what, "this installer was started from it", "Choose another disk")
    elif disk.read_only:
        yield Reason("disks", what, "it is read-only", "Remove its write protection, or choose another disk")
    elif Signature.UNREADABLE in found:
        why = f"it cannot be read: {found[Signature.UNREADABLE].description}"
        yield Reason("disks", what, why, "Replace it, or choose another disk")
    elif is_taken:
        return
    elif Signature.MOUNTED in found:
        why = f"something on it is mounted: {found[Signature.MOUNTED].description}"
        yield Reason("disks", what, why, "Unmount it, or choose another disk")
    elif disk.is_dirty and not is_released(disk, answers.wipe):
        yield Reason("disks.wipe", what, f"it is not empty: {contents(disk)}", _how_to_release(disk))


def is_released(disk: Disk, wipe: Collection[str]) -> bool:
    """Whether the answers name it as one whose content may be lost. A disk that has neither serial number nor WWN can
    be named by its path alone."""
    names = [name for name in (disk.serial, disk.wwn) if name] or [disk.path]
    return any(name in wipe for name in names)


def contents(disk: Disk) -> str:
    return "; ".join(f"{content.place}: {content.description}" for content in disk.contents)


def _how_to_release(disk: Disk) -> str:
    return f'If all of that may be lost, add "{name_of(disk)}" to wipe; else choose another disk'
