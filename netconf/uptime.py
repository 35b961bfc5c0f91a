"""Time that nobody sets, and which run of the machine it belongs to."""

import time
from pathlib import Path


def uptime_s() -> float:
    """Seconds since the machine began, suspended time included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
