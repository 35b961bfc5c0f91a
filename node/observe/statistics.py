"""Readings of the machine's load from /proc."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from node.api.messages.machine import Statistics
from node.clock import Clock
from node.observe import parse

PROC = Path("/proc")


def read_memory(proc: Path = PROC) -> parse.Memory:
    return parse.meminfo((proc / "meminfo").read_text())


class StatisticsReader:
    """Shares of processor time are those since the reading before. `count_running` counts the VMs that run here."""

    def __init__(self, clock: Clock, count_running: Callable[[], Awaitable[int]], proc: Path = PROC) -> None:
        self._clock = clock
        self._count_running = count_running
        self._proc = proc
        self._before = parse.cpu_times(self._read("stat"))
        self._shares = parse.CpuShares(0.0, 0.0, 100.0)

    async def statistics(self) -> Statistics:
        vms_running = await self._count_running()
        memory = read_memory(self._proc)
        shares = self._cpu()
        return Statistics(
            at=self._clock.now(),
            boot_id=self._read("sys/kernel/random/boot_id").strip(),
            uptime_s=float(self._read("uptime").split()[0]),
            memory_free_bytes=memory.available_bytes,
            memory_used_bytes=memory.total_bytes - memory.available_bytes,
            swap_total_bytes=memory.swap_total_bytes,
            swap_free_bytes=memory.swap_free_bytes,
            load_1min=float(self._read("loadavg").split()[0]),
            cpu_user_percent=shares.user,
            cpu_system_percent=shares.system,
            cpu_idle_percent=shares.idle,
            vms_running=vms_running,
        )

    def _cpu(self) -> parse.CpuShares:
        """Two readings within the same tick give the shares of the one before."""
        now = parse.cpu_times(self._read("stat"))
        if now.total > self._before.total:
            self._shares, self._before = parse.cpu_shares(self._before, now), now
        return self._shares

    def _read(self, name: str) -> str:
        return (self._proc / name).read_text()
