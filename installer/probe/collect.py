"""Wires the looks at this machine to one `SysInfo`."""

from dataclasses import asdict
from datetime import UTC, datetime

from installer.probe.disks import DiskProbe
from installer.probe.machine import observe_machine
from installer.probe.nics import kernel_links, observe_nics
from installer.sysinfo import SysInfo
from node.system.process import run_or_leave


def collect() -> SysInfo:
    """What this machine is. Needs root; takes a second, or the time limit of a disk that does not answer."""
    return SysInfo(
        **asdict(observe_machine()),
        clock=datetime.now(UTC).isoformat(timespec="seconds"),
        disks=DiskProbe(run_or_leave).observe(),
        nics=observe_nics(kernel_links()),
    )
