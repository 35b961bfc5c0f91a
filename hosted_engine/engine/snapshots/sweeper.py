"""Has images that nobody needs any more removed, soon after they were abandoned. Pure but for the loop at the end."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from hosted_engine.engine.disks.model import DiskStatus
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.commands.sweep import SweepDisk
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.users.model import SYSTEM
from node.api.problems import Problem

log = logging.getLogger(__name__)

INTERVAL_S = 2.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 3600.0  # after one that failed


@dataclass(frozen=True, slots=True)
class Failure:
    """When a disk may be tried again, and how long it waits after one more failure."""

    until: float
    pause_s: float


def to_sweep(tx: Transaction, failures: Mapping[str, Failure], now: float) -> list[str]:
    """The disks with such images whose turn it is."""
    disks = tx.disks.find(sorted({image.disk_id for image in tx.disk_images.list(snapshot_id="")}))
    domains = tx.storage_domains.find({disk.storage_domain_id for disk in disks.values()})
    return [
        disk.id
        for disk in disks.values()
        if disk.status is DiskStatus.OK
        and domains[disk.storage_domain_id].status is StorageDomainStatus.ACTIVE
        and (disk.id not in failures or now >= failures[disk.id].until)
    ]


def after_failure(before: Failure | None, now: float) -> Failure:
    pause = min(2 * before.pause_s, LONGEST_PAUSE_S) if before else FIRST_PAUSE_S
    return Failure(now + pause, pause)


class ImageSweeper:
    """One disk after the other. What failed is in memory: an engine that starts anew tries at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._failures: dict[str, Failure] = {}

    async def run(self) -> None:
        while True:
            try:
                await self.observe()
            except Exception:
                log.exception("unused images could not be looked for; the next look comes")
            await asyncio.sleep(INTERVAL_S)

    async def observe(self) -> None:
        now = self._engine.clock()
        with self._engine.store.transaction() as tx:
            disk_ids = to_sweep(tx, self._failures, now)
        for disk_id in disk_ids:
            try:
                await (await self._engine.perform(SweepDisk(disk_id=disk_id), SYSTEM)).wait()
            except Problem as err:
                log.warning("unused images of disk %s are still there: %s", disk_id, err)
                self._failures[disk_id] = after_failure(self._failures.get(disk_id), now)
            else:
                self._failures.pop(disk_id, None)
