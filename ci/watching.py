"""Measures the network observer over 1,000 interfaces, in a namespace and a process of its own; needs root."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ci.pairs import Pair

LINKS = 1000
NETNS = "trivet-bench-watch"
IDLE_S = 20.0


def pairs() -> tuple[Pair, ...]:
    with _links():
        argv = (sys.executable, "-m", "ci.watching", NETNS)
        said = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return (
        Pair("network watch, 1,000 links: first view", said["start_s"], 1.0, "s"),
        Pair("network watch: of it processor", said["start_cpu_s"], 0.5, "s"),
        Pair("network watch: a change is told after", said["told_s"], 1.0, "s"),
        Pair("network watch: memory at most, more", said["more_mib"], 60.0, "MiB"),
        Pair("network watch: processor, nothing moves", said["idle_percent"], 1.0, "%"),
    )


@contextmanager
def _links() -> Iterator[None]:
    """Pairs of veth that are up, which every kernel has that runs a lab."""
    subprocess.run(("ip", "netns", "add", NETNS), check=True)
    try:
        pairs = range(LINKS // 2)
        made = [f"link add v{n} up type veth peer name w{n}\nlink set w{n} up" for n in pairs]
        argv = ("ip", "-n", NETNS, "-batch", "-")
        subprocess.run(argv, input="\n".join(made), text=True, check=True)
        time.sleep(3)  # duplicate address detection ends
        yield
    finally:
        subprocess.run(("ip", "netns", "del", NETNS), check=True)


async def _measured(netns: str) -> dict[str, float]:
    from netconf.watch.watch import Watch

    before, begun, working = _peak_mib(), time.perf_counter(), time.process_time()
    async with Watch(netns) as watch:
        start_s = time.perf_counter() - begun
        worked = time.process_time()
        start_cpu_s = worked - working
        events = aiter(watch)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(IDLE_S)
        idle = (time.process_time() - worked) / IDLE_S * 100
        changed = time.perf_counter()
        process = await asyncio.create_subprocess_exec("ip", "-n", netns, "link", "set", "v7", "down")
        await waiting
        told_s = time.perf_counter() - changed
        await process.wait()
        more_mib = _peak_mib() - before
    measured = {"start_s": start_s, "start_cpu_s": start_cpu_s, "told_s": told_s}
    return measured | {"more_mib": more_mib, "idle_percent": idle}


def _peak_mib() -> float:
    """Of this program alone: what getrusage says begins with what the process had before it became this program."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measured(sys.argv[1]))))  # noqa: T201 - what the caller reads
