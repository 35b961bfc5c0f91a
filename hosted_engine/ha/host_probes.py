"""What a host measures of itself: load without the engine VM, free memory, the management bridge. Every call blocks."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
SYS_CLASS_NET = Path("/sys/class/net")


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """In ticks since the boot: of all CPUs, of those the idle ones, and of the engine VM's process."""

    total: int
    idle: int
    engine: int
    engine_pid: int | None


class CpuLoad:
    """The share of all CPUs (0.0 to 1.0) that was busy since the question before, without the engine VM's process."""

    def __init__(self, engine_pid: Callable[[], int | None], proc: Path = PROC) -> None:
        self._engine_pid = engine_pid
        self._proc = proc
        self._before: CpuTimes | None = None

    def __call__(self) -> float | None:
        """None at the first question, and when the engine's process came or went since the last."""
        pid = self._engine_pid()
        total, idle = parse_cpu((self._proc / "stat").read_text())
        now = CpuTimes(total, idle, _process_ticks(self._proc, pid), pid)
        before, self._before = self._before, now
        return load(before, now) if before is not None else None


def load(before: CpuTimes, now: CpuTimes) -> float | None:
    total = now.total - before.total
    if total <= 0 or before.engine_pid != now.engine_pid:
        return None
    busy = total - (now.idle - before.idle) - (now.engine - before.engine)
    return min(1.0, max(0.0, busy / total))


def parse_cpu(stat: str) -> tuple[int, int]:
    """All and idle ticks of /proc/stat's first line (proc_stat(5)); guest time is part of user time already."""
    ticks = [int(word) for word in stat.split("\n", 1)[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def parse_process_ticks(stat: str) -> int:
    """User and system ticks of /proc/PID/stat; its second field may hold spaces."""
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def free_memory_mib(proc: Path = PROC) -> float:
    """What new processes can have without swapping."""
    for line in (proc / "meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    raise ValueError("the kernel does not say how much memory is available")


def bridge_is_up(bridge: str, sys_class_net: Path = SYS_CLASS_NET) -> bool:
    """A bridge has a carrier while one of its ports has."""
    try:
        return (sys_class_net / bridge / "operstate").read_text().strip() == "up"
    except FileNotFoundError:
        return False


def boot_id(proc: Path = PROC) -> str:
    return (proc / "sys/kernel/random/boot_id").read_text().strip()


def _process_ticks(proc: Path, pid: int | None) -> int:
    if pid is None:
        return 0
    try:
        return parse_process_ticks((proc / str(pid) / "stat").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0


def started_at(pid: int, proc: Path = PROC) -> float | None:
    """When the process was started, by the monotonic clock; None when it has ended."""
    try:
        fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")
