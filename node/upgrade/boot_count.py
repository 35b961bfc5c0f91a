"""Whether this boot is one of the tries of a version, and its end: the boot loader counts in the kernel's name."""

import ntpath
from pathlib import Path

from node.system.files import read_or_none
from node.upgrade.disk import Places, SystemDisk
from node.upgrade.slots import Kernel, System, parse_kernel

# systemd-boot leaves there what it has renamed the kernel to; not there when it is not counted. systemd-bless-boot(8).
COUNT_VARIABLE = "LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
_ATTRIBUTES_BYTES = 4


def counted_kernel(variables: Path) -> Kernel | None:
    """What this boot is a try of; None for a boot that is not counted. `variables` is efivarfs."""
    try:
        data = read_or_none(variables / COUNT_VARIABLE)
    except OSError:
        return None
    return None if data is None else parse_count_path(data)


def parse_count_path(data: bytes) -> Kernel | None:
    """The variable's content: attributes and a path in UTF-16; pure."""
    path = data[_ATTRIBUTES_BYTES:].decode("utf-16-le", errors="replace").split("\0")[0]
    return parse_kernel(ntpath.basename(path))


def bless(disk: SystemDisk, system: System, places: Places) -> str:
    """Call the running version good, if this boot is counted; say what was done. Safe to repeat. One that was marked
    bad by a rollback meanwhile stays so."""
    counted = counted_kernel(places.variables)
    if counted is None:
        return f"{system.version} is not being tried: nothing to do"
    if Kernel(counted.version) in system.kernels:
        return f"{counted.version} is good already"
    if counted not in system.kernels:
        return f"{counted.version} was marked bad meanwhile: nothing to do"
    disk.mark_good(counted)
    return f"{counted.version} has proven good: it is started from now on"
