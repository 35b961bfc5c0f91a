"""The texts of /proc and the commands of a node as values; pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Memory:
    total_bytes: int
    available_bytes: int
    swap_total_bytes: int
    swap_free_bytes: int


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """Counted in the kernel's ticks since boot."""

    user: int
    system: int
    idle: int

    @property
    def total(self) -> int:
        return self.user + self.system + self.idle


@dataclass(frozen=True, slots=True)
class CpuShares:
    """Percent of all processors; they add up to 100."""

    user: float
    system: float
    idle: float


@dataclass(frozen=True, slots=True)
class Cpus:
    model: str
    sockets: int
    cores: int
    threads: int


def meminfo(text: str) -> Memory:
    """Of /proc/meminfo."""
    values = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def kib(key: str) -> int:
        return int(values.get(key, "0").split()[0]) * 1024

    return Memory(kib("MemTotal"), kib("MemAvailable"), kib("SwapTotal"), kib("SwapFree"))


def cpu_times(stat: str) -> CpuTimes:
    """Of /proc/stat (proc(5)): waiting for I/O is idle; time of guests is in `user` already."""
    fields = [int(value) for value in stat.splitlines()[0].split()[1:9]]
    user, nice, system, idle, iowait, irq, softirq, steal = fields
    return CpuTimes(user=user + nice, system=system + irq + softirq + steal, idle=idle + iowait)


def cpu_shares(before: CpuTimes, after: CpuTimes) -> CpuShares:
    """What happened between two readings; all idle when no time passed."""
    total = after.total - before.total
    if total <= 0:
        return CpuShares(0.0, 0.0, 100.0)
    user = max(0.0, round((after.user - before.user) * 100 / total, 1))
    system = max(0.0, round((after.system - before.system) * 100 / total, 1))
    return CpuShares(user, system, max(0.0, round(100 - user - system, 1)))


def cpuinfo(text: str) -> Cpus:
    """Of /proc/cpuinfo. `cores` are those of one socket, `threads` those of one core, as libvirt counts."""
    processors = [_fields(block) for block in text.strip().split("\n\n") if block.strip()]
    sockets = {processor.get("physical id", "0") for processor in processors}
    cores = {(p.get("physical id", "0"), p.get("core id", str(i))) for i, p in enumerate(processors)}
    return Cpus(
        model=processors[0].get("model name", "unknown") if processors else "unknown",
        sockets=max(1, len(sockets)),
        cores=max(1, len(cores) // max(1, len(sockets))),
        threads=max(1, len(processors) // max(1, len(cores))),
    )


def os_name(os_release: str) -> str:
    for line in os_release.splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return value.strip().strip('"')
    return "unknown"


def gluster_version(text: str) -> str:
    """Of `gluster --version`, whose first line is `glusterfs 11.1`."""
    event_messages = text.split()
    return event_messages[1] if len(event_messages) > 1 and event_messages[0] == "glusterfs" else "unknown"


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}
