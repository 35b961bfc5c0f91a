"""Has images and memories that nobody needs any more removed, soon after they were abandoned. Pure but for the loop at
the end."""

import logging

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.model import DiskStatus
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.commands.sweep import SweepDisk, SweepMemory
from hosted_engine.engine.snapshots.model import MemoryVolume
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


def memories_to_sweep(tx: Transaction, retries: Retries, now: float) -> list[str]:
    """The volumes with memories that nobody needs whose turn it is."""
    volumes = tx.of(MemoryVolume).list(snapshot_id="")
    domains = tx.storage_domains.find({volume.storage_domain_id for volume in volumes})
    return [
        volume.id
        for volume in volumes
        if domains[volume.storage_domain_id].status is StorageDomainStatus.ACTIVE and retries.is_due(volume.id, now)
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
            commands: dict[str, Command] = {id_: SweepDisk(disk_id=id_) for id_ in to_sweep(tx, self._retries, now)}
            commands |= {id_: SweepMemory(volume_id=id_) for id_ in memories_to_sweep(tx, self._retries, now)}
        for id_, command in commands.items():
            try:
                await (await self._engine.perform(command, SYSTEM)).wait()
            except Problem as err:
                log.warning("what nobody needs any more of %s is still there: %s", id_, err)
                self._retries.note(id_, now)
            else:
                self._retries.forget(id_)
