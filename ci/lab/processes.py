"""Remembers processes so that a number that was given to another process since is never taken for ours."""

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """`started` is field 22 of /proc/PID/stat; with the boot id and the pid it names a process for good."""

    pid: int
    started: int
    boot_id: str


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def identify(pid: int) -> Process | None:
    """The process with this pid now, None when there is none or it is a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    if fields[0] == "Z":
        return None
    return Process(pid, int(fields[19]), boot_id())


def alive(process: Process) -> bool:
    return identify(process.pid) == process


def remember(process: Process, file: Path) -> None:
    file.write_text(json.dumps(asdict(process)))


def recall(file: Path) -> Process | None:
    """The remembered process if it still lives."""
    try:
        process = Process(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return process if alive(process) else None


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_init(pid: int) -> bool:
    """Is this process number 1 of a PID namespace of its own?"""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return len(numbers) > 1 and numbers[-1] == "1"


def kill(process: Process, how: int = signal.SIGKILL) -> None:
    """Signal exactly this process; nothing happens when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(process.pid)
        try:
            if alive(process):
                signal.pidfd_send_signal(handle, how)
        finally:
            os.close(handle)


def wait_gone(process: Process, timeout_s: float) -> bool:
    """Wait for the end of a process that is not our child; False when it still lives after `timeout_s`."""
    until = time.monotonic() + timeout_s
    while alive(process):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
