"""Removes a template with its disks, when no VM is made of it any more."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.checks import domain_for_disks
from hosted_engine.engine.disks.images import lock_to_remove, remove_image, unlock
from hosted_engine.engine.entity.commands import check_removable, remove_item
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.permissions.creators import forget
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.templates.checks import check_nothing_stands_on_it
from hosted_engine.engine.templates.model import Template, TemplateStatus
from node.steps import Step


class RemoveTemplate(Command, frozen=True, kw_only=True):
    """Removed disks stay removed: a removal that failed half-way leaves an illegal template, and can be repeated."""

    forward_only: ClassVar[bool] = True

    id: str
    disk_ids: tuple[str, ...] = ()

    def check(self, tx: Transaction) -> None:
        template = self._template(tx)
        check_removable(tx, entity_of("templates"), template)
        check_nothing_stands_on_it(tx, template)
        for disk in tx.disks.find(self._disks(tx)).values():
            domain_for_disks(tx, disk.storage_domain_id)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, disk_ids=self._disks(tx))

    def describe(self, tx: Transaction) -> str:
        return f"Removing Template {self._template(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("template", self.id), *(Lock("disk", disk_id) for disk_id in self.disk_ids))

    def begin(self, tx: Transaction, context: Context) -> None:
        for disk in tx.disks.find(self.disk_ids).values():
            lock_to_remove(tx, disk)
        if self.disk_ids:
            tx.templates.update(replace(self._template(tx), status=TemplateStatus.LOCKED))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return tuple(remove_image(dependencies, disk_id) for disk_id in self.disk_ids)

    def finish(self, tx: Transaction, context: Context) -> None:
        template = self._template(tx)
        for attachment in tx.disk_attachments.list(owner_id=self.id):
            tx.disk_attachments.remove(attachment.id)
        for nic in tx.nics.list(owner_id=self.id):
            tx.nics.remove(nic.id)
        emit(tx, context, EventType.USER_REMOVE_VM_TEMPLATE_FINISHED, template=template)
        remove_item(tx, entity_of("templates"), template)
        forget(tx, [("disks", disk_id) for disk_id in self.disk_ids])

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        template, disks = self._template(tx), tx.disks.find(self.disk_ids)
        for disk in disks.values():
            unlock(tx, disk)
        whole = len(disks) == len(self.disk_ids)
        tx.templates.update(replace(template, status=TemplateStatus.OK if whole else TemplateStatus.ILLEGAL))
        emit(tx, context, EventType.USER_FAILED_REMOVE_VM_TEMPLATE, template=template, reason=error)

    def _template(self, tx: Transaction) -> Template:
        return found(tx.templates.get(self.id), "template", self.id)

    def _disks(self, tx: Transaction) -> tuple[str, ...]:
        return tuple(sorted(attachment.disk_id for attachment in tx.disk_attachments.list(owner_id=self.id)))
