"""Moves a disk to another storage domain: copied, then taken from there, then removed where it was."""

import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.copying import check_copyable, copy_between, room_for
from hosted_engine.engine.disks.images import remove_or_wipe
from hosted_engine.engine.disks.model import Disk, DiskStatus
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.vms.lifecycle import system
from node.api.messages.images import ImageRef
from node.api.problems import Problem
from node.steps import Step

log = logging.getLogger(__name__)

MOVING = EventKind("USER_MOVED_DISK", "User {user} moves disk {name} to storage domain {domain}.")
MOVED = EventKind("USER_MOVED_DISK_FINISHED_SUCCESS", "Disk {name} was moved to storage domain {domain} for {user}.")
NOT_MOVED = EventKind(
    "USER_MOVED_DISK_FINISHED_FAILURE", "Disk {name} was not moved to storage domain {domain} for {user}: {reason}"
)
LEFT = EventKind(
    "USER_MOVED_DISK_FINISHED_WITH_LEFTOVERS",
    "Disk {name} was moved, but its image is left on storage domain {domain}: {reason}",
)


class MoveDisk(Command, frozen=True, kw_only=True):
    """`source` is its image where it was, `vm_ids` are the VMs that have it: none of them may start meanwhile."""

    id: str
    storage_domain_id: str
    source: ImageRef | None = None
    vm_ids: tuple[str, ...] = ()

    def check(self, tx: Transaction) -> None:
        disk = check_copyable(tx, self.id, "move")
        if disk.storage_domain_id == self.storage_domain_id:
            domain = found(tx.storage_domains.get(self.storage_domain_id), "storage domain", self.storage_domain_id)
            reason, mend = f"it is on storage domain {domain.name} already", "Choose another storage domain"
            raise WrongState(action="move", kind="disk", name=disk.name, reason=reason, mend=mend)
        room_for(tx, disk, self.storage_domain_id)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        owners = {attachment.owner_id for attachment in tx.disk_attachments.list(disk_id=self.id)}
        return msgspec.structs.replace(self, source=self._disk(tx).image, vm_ids=tuple(sorted(owners)))

    def describe(self, tx: Transaction) -> str:
        return f"Moving Disk {self._disk(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("disk", self.id), *(Lock("VM", vm_id) for vm_id in self.vm_ids))

    def begin(self, tx: Transaction, context: Context) -> None:
        disk = replace(self._disk(tx), status=DiskStatus.LOCKED)
        tx.disks.update(disk)
        self._emit(tx, context, MOVING, disk, self.storage_domain_id)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        assert self.source is not None
        there = msgspec.structs.replace(self.source, storage_domain=self.storage_domain_id)
        return (
            copy_between(dependencies, self.id, self.source, there),
            self._switch(dependencies, self.source),
            self._remove(dependencies, self.source),
        )

    def finish(self, tx: Transaction, context: Context) -> None:
        disk = replace(self._disk(tx), status=DiskStatus.OK)
        tx.disks.update(disk)
        self._emit(tx, context, MOVED, disk, self.storage_domain_id)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        disk = replace(self._disk(tx), status=DiskStatus.OK)
        tx.disks.update(disk)
        self._emit(tx, context, NOT_MOVED, disk, self.storage_domain_id, reason=error)

    def _switch(self, dependencies: Dependencies, source: ImageRef) -> Step:
        async def to(domain_id: str) -> None:
            with dependencies.store.transaction() as tx:
                tx.disks.update(replace(self._disk(tx), storage_domain_id=domain_id))

        return Step(
            "switch",
            "Use the disk on its new storage domain",
            lambda: to(self.storage_domain_id),
            lambda: to(source.storage_domain),
        )

    def _remove(self, dependencies: Dependencies, source: ImageRef) -> Step:
        """It never fails: from here on the image that was left may be half gone, and only the new one counts."""

        async def do() -> None:
            with dependencies.store.transaction() as tx:
                disk = self._disk(tx)
            try:
                await remove_or_wipe(dependencies, source, wipe=disk.wipe_after_delete)
            except Problem as err:
                log.warning("the image that disk %s was moved from is left: %s", disk.name, err)
                with dependencies.store.transaction() as tx:
                    context = system(dependencies.clock())
                    self._emit(tx, context, LEFT, disk, source.storage_domain, reason=str(err))

        return Step("remove", "Remove the image where the disk was", do)

    def _emit(
        self, tx: Transaction, context: Context, kind: EventKind, disk: Disk, domain_id: str, **words: str
    ) -> None:
        domain = found(tx.storage_domains.get(domain_id), "storage domain", domain_id)
        emit_of(tx, context, kind, entity_of("disks"), disk, domain=domain.name, **words)

    def _disk(self, tx: Transaction) -> Disk:
        return found(tx.disks.get(self.id), "disk", self.id)
