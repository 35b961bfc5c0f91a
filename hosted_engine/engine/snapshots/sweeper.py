"""Has images that nobody needs any more removed, soon after they were abandoned. Pure but for the loop at the end."""

import logging

from hosted_engine.engine.disks.model import DiskStatus
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.commands.sweep import SweepDisk
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.users.model import SYSTEM
from node.api.problems import Problem
from node.periodic import Retries

log = logging.getLogger(__name__)

INTERVAL_S = 2.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 3600.0  # after one that failed


def to_sweep(tx: Transaction, retries: Retries, now: float) -> list[str]:
    """The disks with such images whose turn it is."""
    disks = tx.disks.find(sorted({image.disk_id for image in tx.disk_images.list(snapshot_id="")}))
    domains = tx.storage_domains.find({disk.storage_domain_id for disk in disks.values()})
    return [
        disk.id
        for disk in disks.values()
        if disk.status is DiskStatus.OK
        and domains[disk.storage_domain_id].status is StorageDomainStatus.ACTIVE
        and retries.is_due(disk.id, now)
    ]


class ImageSweeper:
    """One disk after the other. An engine that starts anew tries at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._retries = Retries(FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S)

    async def run(self) -> None:
        await self._engine.periodically(INTERVAL_S, self.observe, trouble="unused images could not be looked for")

    async def observe(self) -> None:
        now = self._engine.clock()
        with self._engine.store.transaction() as tx:
            disk_ids = to_sweep(tx, self._retries, now)
        for disk_id in disk_ids:
            try:
                await (await self._engine.perform(SweepDisk(disk_id=disk_id), SYSTEM)).wait()
            except Problem as err:
                log.warning("unused images of disk %s are still there: %s", disk_id, err)
                self._retries.note(disk_id, now)
            else:
                self._retries.forget(disk_id)
