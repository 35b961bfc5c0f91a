"""Raises the one limit of the host that nodes run into: they all count as the same user of one kernel.

A node holds a dozen inotify instances and the kernel grants a user 128: with ten nodes libvirtd, of all, hangs at its
start. The limit is set for this boot only, is never lowered, and costs nothing while it is not used.
"""

from pathlib import Path

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH = 1024


def raise_limit(file: Path = INSTANCES) -> bool:
    """True when it was too low and has been raised."""
    if int(file.read_text()) >= ENOUGH:
        return False
    file.write_text(f"{ENOUGH}\n")
    return True
