"""Carries out an upgrade or a rollback: one at a time, journaled, gone on with after a power cut."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from node.clock import Clock
from node.steps import OnError, Progress, StepFailed
from node.steps import run as run_steps
from node.system.journal import FileJournal
from node.upgrade.disk import Places, SystemDisk
from node.upgrade.plan import Rollback, Upgrade
from node.upgrade.records import LastUpgrade, Records
from node.upgrade.refusals import OneIsRunning
from node.upgrade.steps import Disk, ReportBytes, upgrade_steps

_JOURNAL = "journal-"


@contextmanager
def lock_upgrades(folder: Path) -> Iterator[None]:
    """Raises OneIsRunning. The lock is the kernel's: it ends with whoever holds it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise OneIsRunning from err
        yield
    finally:
        os.close(fd)


async def apply_upgrade(
    upgrade: Upgrade,
    medium: Path,
    disk: Disk,
    places: Places,
    clock: Clock,
    *,
    report: Callable[[Progress], None],
    report_bytes: ReportBytes,
) -> None:
    """Raises StepFailed; whoever tries again after that begins from the start, after a power cut goes on."""
    records = Records(places.records)

    def remember() -> None:
        records.begin_upgrade(LastUpgrade(version=upgrade.version, previous=upgrade.running, at=clock.now()))

    journal = _journal(places.records, upgrade)
    if any(kernel.version == upgrade.version for kernel in upgrade.retired):
        journal.remove()  # of a run that came to its end, as the kernel shows: this is another one
    steps = upgrade_steps(upgrade, medium, disk, report_bytes, remember)
    try:
        await run_steps(steps, journal, on_error=OnError.STOP, report=report)
    except StepFailed:
        journal.remove()
        raise
    journal.remove()


def roll_back(rollback: Rollback, disk: SystemDisk, places: Places, clock: Clock) -> None:
    """Safe to repeat."""
    records = Records(places.records)
    last = records.last_upgrade()
    if last is not None and last.version in {kernel.version for kernel in rollback.marked}:
        records.drop_upgrade(clock.now())
    for kernel in rollback.marked:
        disk.mark_bad(kernel)


def _journal(folder: Path, upgrade: Upgrade) -> FileJournal:
    """Of this very medium and slot; any other is gone, since what it wrote is about to be written over."""
    told = msgspec.json.encode((upgrade.manifest, upgrade.running, upgrade.slot.device))
    digest = hashlib.sha256(told).hexdigest()[:16]
    path = folder / f"{_JOURNAL}{digest}.jsonl"
    for other in folder.glob(f"{_JOURNAL}*"):
        if other != path:
            FileJournal(other).remove()
    return FileJournal(path)
