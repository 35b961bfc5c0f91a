"""What is said of disks to those who choose among them: by what they are known, why not this one; pure."""

from collections.abc import Collection, Iterable, Sequence

from installer.answers import DiskAnswers
from installer.disk_choice import choose_disks, name_of
from installer.reasons import Reason
from installer.sysinfo import Disk


def expression_of(disk: Disk, disks: Sequence[Disk]) -> str:
    """By which the answers find this disk again, and no other: its serial number, else its WWN, else
    its name, which is good for this boot."""
    for field in ("serial", "wwn"):
        value = getattr(disk, field)
        if value and '"' not in value and [getattr(other, field) for other in disks].count(value) == 1:
            return f'{field} == "{value}"'
    return f'name == "{disk.name}"'


def kind(disk: Disk) -> str:
    """Such as `sata SSD`."""
    spins = "disk" if disk.rotational else "SSD"
    return " ".join(word for word in (disk.transport, "removable" if disk.removable else "", spins) if word)


def names_of_dirty(disks: Iterable[Disk]) -> tuple[str, ...]:
    """What the answers name in `wipe` once all of it was confirmed; a serial number that two disks share once."""
    return tuple(dict.fromkeys(name_of(disk) for disk in disks if disk.is_dirty))


def reasons_against(
    system: str, bricks: tuple[str, ...], disks: Sequence[Disk], *, taken: Collection[str] = ()
) -> tuple[Reason, ...]:
    """What speaks against these expressions, but that a disk is not empty: that is for the review. `taken` as in
    `choose_disks`."""
    answers = DiskAnswers(system=system, bricks=bricks, wipe=names_of_dirty(disks))
    return choose_disks(answers, disks, taken=taken)[1]


def why_not(disk: Disk, *, taken: Collection[str] = ()) -> str | None:
    """Why nothing at all can be put on it."""
    return _first(disk, "disks", taken)


def why_not_system(disk: Disk, *, taken: Collection[str] = ()) -> str | None:
    return why_not(disk, taken=taken) or _first(disk, "disks.system", taken)


def proposed_system(disks: Collection[Disk]) -> Disk | None:
    """The smallest one that fits, of those that are empty and stay in the machine: nothing is lost by proposing it."""
    fit = [
        d for d in disks if why_not_system(d) is None and not d.is_dirty and not d.removable and d.transport != "usb"
    ]
    return min(fit, key=lambda disk: disk.size_bytes, default=None)


def _first(disk: Disk, path: str, taken: Collection[str]) -> str | None:
    found = reasons_against(expression_of(disk, (disk,)), (), (disk,), taken=taken)
    return next((f"{disk.name}: {reason.why}" for reason in found if reason.path == path), None)
