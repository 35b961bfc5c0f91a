"""What is said of disks to those who choose among them: how they are known, what they hold, why not this one; pure."""

from collections.abc import Collection, Sequence

from installer.sysinfo import Disk

SMALLEST_SYSTEM_DISK = 16 << 30
_UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"))


def expression_of(disk: Disk, disks: Sequence[Disk]) -> str:
    """By which the answers find this disk again, and no other: its serial number, else its WWN, else
    its name, which is good for this boot."""
    for field in ("serial", "wwn"):
        value = getattr(disk, field)
        if value and '"' not in value and [getattr(other, field) for other in disks].count(value) == 1:
            return f'{field} == "{value}"'
    return f'name == "{disk.name}"'


def known_as(disk: Disk) -> str:
    """What an operator types again before its content is lost."""
    return disk.serial or disk.wwn or disk.name


def size(size_bytes: int) -> str:
    """As it stands on the label of a disk."""
    for unit, name in _UNITS:
        if size_bytes >= unit:
            number = size_bytes / unit
            return f"{number:.1f} {name}" if number < 10 and round(number, 1) % 1 else f"{number:.0f} {name}"
    return f"{size_bytes} bytes"


def kind(disk: Disk) -> str:
    """Such as `sata SSD`."""
    spins = "disk" if disk.rotational else "SSD"
    return " ".join(word for word in (disk.transport, "removable" if disk.removable else "", spins) if word)


def contents(disk: Disk) -> str:
    return "; ".join(f"{content.place}: {content.description}" for content in disk.contents)


def why_not(disk: Disk) -> str | None:
    """Why nothing can be installed on it."""
    if disk.medium:
        return f"{disk.name} is the medium that this installer was started from"
    if disk.read_only:
        return f"{disk.name} cannot be written to: it is read-only"
    return None


def why_not_system(disk: Disk) -> str | None:
    if (reason := why_not(disk)) is not None:
        return reason
    if disk.size_bytes < SMALLEST_SYSTEM_DISK:
        return f"{disk.name} has {size(disk.size_bytes)}, and a system disk needs {size(SMALLEST_SYSTEM_DISK)}"
    return None


def proposed_system(disks: Collection[Disk]) -> Disk | None:
    """The smallest one that fits, of those that are empty and stay in the machine: nothing is lost by proposing it."""
    fit = [
        d for d in disks if why_not_system(d) is None and not d.is_dirty and not d.removable and d.transport != "usb"
    ]
    return min(fit, key=lambda disk: disk.size_bytes, default=None)
