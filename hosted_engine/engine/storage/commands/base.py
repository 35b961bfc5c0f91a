"""What all commands on a storage domain have in common."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar

from hosted_engine.engine.command import Command, Context, Lock
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.checks import the_domain
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus


class DomainCommand(Command, frozen=True, kw_only=True):
    """`node_id` is the node that does what has to be done once, `was` the status before."""

    doing: ClassVar[str] = ""
    failed: ClassVar[EventKind]

    id: str
    node_id: str = ""
    data_center_id: str = ""
    was: StorageDomainStatus = StorageDomainStatus.UNATTACHED

    def describe(self, tx: Transaction) -> str:
        return f"{self.doing} Storage Domain {the_domain(tx, self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("storage domain", self.id),)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        domain = self.change(tx, status=self.was)
        self.emit(tx, context, self.failed, domain, reason=error)

    def change(self, tx: Transaction, **changes: Any) -> StorageDomain:
        domain = replace(the_domain(tx, self.id), **changes)
        tx.storage_domains.update(domain)
        return domain

    def emit(self, tx: Transaction, context: Context, kind: EventKind, domain: StorageDomain, **values: str) -> None:
        center = tx.data_centers.get(self.data_center_id) if self.data_center_id else None
        about = {"data_center_id": self.data_center_id} if center else {}
        name = center.name if center else ""
        emit_of(tx, context, kind, entity_of("storage_domains"), domain, **{"center": name, **about, **values})
