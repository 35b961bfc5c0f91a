"""Says which time zones this machine has: in the files that QEMU looks into, too."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_NO_ZONES = ("localtime", "posix", "posixrules", "right")  # beside them: this machine's own zone, other ways to count


def is_known(name: str) -> bool:
    """By its IANA name; empty is UTC."""
    if name.partition("/")[0] in _NO_ZONES:
        return False
    try:
        if name:
            ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):  # `Europe` is a folder
        return False
    return True
