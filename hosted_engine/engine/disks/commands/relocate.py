"""Gives a disk another image with the same content: copied, then used instead, then the one that it had is removed."""

import logging
from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.copying import copy_between
from hosted_engine.engine.disks.images import remove_or_wipe
from hosted_engine.engine.disks.model import Disk, DiskStatus
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.vms.lifecycle import system
from node.api.messages.images import ImageRef
from node.api.problems import Problem
from node.steps import Step

log = logging.getLogger(__name__)

LEFT = EventKind(
    "USER_MOVED_DISK_FINISHED_WITH_LEFTOVERS",
    "Disk {name} has another image, but the one that it had is left on storage domain {domain}: {reason}",
)


class RelocateDisk(Command, frozen=True, kw_only=True):
    """`source` is its image where it was, `vm_ids` are the VMs that have it: none of them may start meanwhile."""

    doing: ClassVar[str]
    begun: ClassVar[EventKind]
    done: ClassVar[EventKind]
    failed: ClassVar[EventKind]

    id: str
    source: ImageRef | None = None
    vm_ids: tuple[str, ...] = ()

    def target_of(self, source: ImageRef) -> ImageRef:
        """Where the image will be."""
        raise NotImplementedError

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        owners = {attachment.owner_id for attachment in tx.disk_attachments.list(disk_id=self.id)}
        return msgspec.structs.replace(self, source=self._disk(tx).image, vm_ids=tuple(sorted(owners)))

    def describe(self, tx: Transaction) -> str:
        return f"{self.doing} Disk {self._disk(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("disk", self.id), *(Lock("VM", vm_id) for vm_id in self.vm_ids))

    def begin(self, tx: Transaction, context: Context) -> None:
        disk = replace(self._disk(tx), status=DiskStatus.LOCKED)
        tx.disks.update(disk)
        self._emit(tx, context, self.begun, disk, self._target.storage_domain)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        assert self.source is not None
        return (
            copy_between(dependencies, self.id, self.source, self._target),
            self._switch(dependencies, self.source),
            self._remove(dependencies, self.source),
        )

    def finish(self, tx: Transaction, context: Context) -> None:
        disk = replace(self._disk(tx), status=DiskStatus.OK)
        tx.disks.update(disk)
        self._emit(tx, context, self.done, disk, self._target.storage_domain)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        disk = replace(self._disk(tx), status=DiskStatus.OK)
        tx.disks.update(disk)
        self._emit(tx, context, self.failed, disk, self._target.storage_domain, reason=error)

    @property
    def _target(self) -> ImageRef:
        assert self.source is not None
        return self.target_of(self.source)

    def _switch(self, dependencies: Dependencies, source: ImageRef) -> Step:
        async def to(image: ImageRef) -> None:
            report = await (await dependencies.fleet.carrier(image.storage_domain)).image(image)
            with dependencies.store.transaction() as tx:
                disk = self._disk(tx)
                size = report.actual_size_bytes if report is not None else disk.actual_size_bytes
                changed = replace(disk, storage_domain_id=image.storage_domain, image_id=image.image_id)
                tx.disks.update(replace(changed, actual_size_bytes=size))

        return Step("switch", "Use the new image of the disk", lambda: to(self._target), lambda: to(source))

    def _remove(self, dependencies: Dependencies, source: ImageRef) -> Step:
        """It never fails: from here on the image that was left may be half gone, and only the new one counts."""

        async def do() -> None:
            with dependencies.store.transaction() as tx:
                disk = self._disk(tx)
            try:
                await remove_or_wipe(dependencies, source, wipe=disk.wipe_after_delete)
            except Problem as err:
                log.warning("an earlier image of disk %s is left: %s", disk.name, err)
                with dependencies.store.transaction() as tx:
                    context = system(dependencies.clock())
                    self._emit(tx, context, LEFT, disk, source.storage_domain, reason=str(err))

        return Step("remove", "Remove the image that the disk had", do)

    def _emit(
        self, tx: Transaction, context: Context, kind: EventKind, disk: Disk, domain_id: str, **values: str
    ) -> None:
        domain = found(tx.storage_domains.get(domain_id), "storage domain", domain_id)
        emit_of(tx, context, kind, entity_of("disks"), disk, domain=domain.name, **values)

    def _disk(self, tx: Transaction) -> Disk:
        return found(tx.disks.get(self.id), "disk", self.id)
