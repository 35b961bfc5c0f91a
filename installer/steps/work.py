"""What every step of an installation is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from installer.disk_layout import STATE, STATE_LABEL, device_of
from installer.plan import InstallPlan
from installer.steps.live import Live
from installer.steps.target import Target, TargetJournal
from installer.sysinfo import Disk, SysInfo
from node.api.problems import Refused
from node.clock import Clock
from node.system.copying import Meter
from node.system.process import Run
from node.upgrade.manifest import Manifest


class DiskChanged(Refused):
    what = "Cannot write to {disk}"
    why = "it is not the disk that was chosen any more: {why}"
    mend = "Start again, so that the disks are looked at anew"


@dataclass
class Work:
    """`plan.answers` hold no password in clear. `meter(total)` gives what is told the bytes done of that total.
    `remarks` are what went wrong and is no failure."""

    plan: InstallPlan
    manifest: Manifest
    live: Live
    run: Run
    clock: Clock
    observe: Callable[[], SysInfo]
    target: Target
    journal: TargetJournal
    meter: Callable[[int], Meter]
    remarks: list[str] = field(default_factory=list)

    def partition(self, number: int) -> str:
        """The device of a partition of the system disk."""
        return device_of(self.plan.system.path, number)

    def state(self) -> Path:
        """The state file system, mounted."""
        return self.target.mount("state", self.partition(STATE), "ext4")

    def check_is_same(self, disk: Disk) -> None:
        """Raises DiskChanged when another disk has its path now: the kernel's names are good for a moment only."""
        now = next((found for found in self.observe().disks if found.path == disk.path), None)
        if now is None:
            raise DiskChanged(disk=disk.path, why="it is gone")
        if (now.serial, now.wwn, now.size_bytes) != (disk.serial, disk.wwn, disk.size_bytes):
            raise DiskChanged(disk=disk.path, why=f"that is serial {now.serial or now.wwn or 'unknown'} now")


def format_state(work: Work, device: str) -> None:
    """An empty ext4; its UUID is this installation's."""
    uuid = work.plan.table.partition(STATE).uuid
    work.run("mkfs.ext4", "-q", "-F", "-L", STATE_LABEL, "-U", uuid, device, timeout_s=600)
