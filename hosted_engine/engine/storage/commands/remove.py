"""Removes a storage domain: with all that is on it, from the engine alone, or when its storage is lost."""

from collections.abc import Collection
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.permissions.creators import forget
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, found
from hosted_engine.engine.storage.checks import check_bare, domain_for, refused, the_domain
from hosted_engine.engine.storage.commands.base import DomainCommand
from hosted_engine.engine.storage.master import make_master, successor, update_data_center
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.work import DomainWork
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.unregistered.notes import forget_found
from node.steps import Step

REMOVED = EventKind("USER_REMOVE_STORAGE_DOMAIN", "Storage Domain {name} was removed by {user}.")
NOT_REMOVED = EventKind(
    "USER_REMOVE_STORAGE_DOMAIN_FAILED", "Failed to remove Storage Domain {name} for {user}: {reason}"
)
DESTROYED = EventKind("USER_FORCE_REMOVE_STORAGE_DOMAIN", "Storage Domain {name} was forcibly removed by {user}.")


class RemoveStorageDomain(DomainCommand, frozen=True, kw_only=True):
    """`format`: what is on it is removed, on the host `node_id`; else it can be imported again. A format that failed
    half way can be done again: nothing is put back."""

    doing: ClassVar[str] = "Removing"
    failed: ClassVar[EventKind] = NOT_REMOVED
    forward_only: ClassVar[bool] = True

    format: bool = False

    def check(self, tx: Transaction) -> None:
        domain = domain_for(tx, self.id, "remove")
        if not self.node_id:
            raise BadValue(value="nothing", field="host", reason="it says which host looks at the storage")
        node = found(tx.nodes.get(self.node_id), "host", self.node_id)
        if node.status is not NodeStatus.UP:
            raise refused(domain, "remove", f"Host {node.name} is {node.status.value}", "Choose a host that is up")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, was=the_domain(tx, self.id).status)

    def begin(self, tx: Transaction, context: Context) -> None:
        self.change(tx, status=StorageDomainStatus.LOCKED)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = DomainWork(dependencies, self.id, self.node_id)
        return (work.mount(), work.clear(), work.unmount()) if self.format else ()

    def finish(self, tx: Transaction, context: Context) -> None:
        self.emit(tx, context, REMOVED, forget_domain(tx, self.id))


class DestroyStorageDomain(DomainCommand, frozen=True, kw_only=True):
    """The engine forgets it and its disks; no host is asked."""

    doing: ClassVar[str] = "Destroying"
    failed: ClassVar[EventKind] = NOT_REMOVED

    def check(self, tx: Transaction) -> None:
        check_bare(tx, domain_for(tx, self.id, "destroy"), "destroy")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, was=the_domain(tx, self.id).status)

    def finish(self, tx: Transaction, context: Context) -> None:
        domain = the_domain(tx, self.id)
        other = successor(tx, domain) if domain.data_center_id else None
        if domain.master and other is not None:
            make_master(tx, other)
        for disk in tx.disks.list(storage_domain_id=self.id):
            tx.disks.remove(disk.id)
        forget_domain(tx, self.id)
        if domain.data_center_id:
            update_data_center(tx, domain.data_center_id)
        self.emit(tx, context, DESTROYED, domain)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        self.emit(tx, context, NOT_REMOVED, the_domain(tx, self.id), reason=error)


def forget_domain(tx: Transaction, domain_id: str) -> StorageDomain:
    """Its row and its connection's, and who may do what with it."""
    domain = the_domain(tx, domain_id)
    forget_found(tx, domain.id)
    tx.storage_domains.remove(domain.id)
    tx.of(StorageConnection).remove(domain.storage_connection_id)
    forget(tx, [("storage_domains", domain.id)])
    return domain
