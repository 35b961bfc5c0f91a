"""Makes a storage domain of empty storage; it belongs to no data center then."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.storage.checks import the_domain
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.work import DomainWork
from hosted_engine.engine.storageconnections.model import StorageConnection
from node.steps import Step

ADDED = EventKind("USER_ADD_STORAGE_DOMAIN", "Storage Domain {name} was added by {user}.")
NOT_ADDED = EventKind("USER_ADD_STORAGE_DOMAIN_FAILED", "Failed to add Storage Domain {name} for {user}: {reason}")


class AddStorageDomain(Command, frozen=True, kw_only=True):
    """`node_id` tries it first. `connection` is a new one, or the one that is there and that no domain uses; `made`
    says which."""

    doing: ClassVar[str] = "Adding"

    domain: StorageDomain
    connection: StorageConnection
    node_id: str
    made: bool = True

    @property
    def id(self) -> str:
        return self.domain.id

    def check(self, tx: Transaction) -> None:
        node = found(tx.nodes.get(self.node_id), "host", self.node_id)
        if node.status is not NodeStatus.UP:
            reason, mend = f"Host {node.name} is {node.status.value}", "Choose a host that is up"
            raise WrongState(action="add", kind="storage domain", name=self.domain.name, reason=reason, mend=mend)
        entity_of("storage_domains").check_unique(tx, self.domain)
        if self.made:
            entity_of("storage_connections").check(tx, self.connection, None)
            entity_of("storage_connections").check_unique(tx, self.connection)
        for other in tx.storage_domains.list(storage_connection_id=self.connection.id):
            reason, mend = f"storage domain {other.name} is there already", "Choose other storage"
            raise WrongState(action="add", kind="storage domain", name=self.domain.name, reason=reason, mend=mend)

    def describe(self, tx: Transaction) -> str:
        return f"Adding Storage Domain {self.domain.name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("storage domain", self.id), Lock("storage connection", self.connection.id))

    def creates(self) -> tuple[tuple[str, str], ...]:
        return (("storage_domains", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        if self.made:
            tx.of(StorageConnection).add(self.connection)
        tx.storage_domains.add(replace(self.domain, status=StorageDomainStatus.LOCKED))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = DomainWork(dependencies, self.id, self.node_id)
        return (work.mount(), work.make(), work.unmount())

    def finish(self, tx: Transaction, context: Context) -> None:
        domain = replace(the_domain(tx, self.id), status=StorageDomainStatus.UNATTACHED)
        tx.storage_domains.update(domain)
        emit_of(tx, context, ADDED, entity_of("storage_domains"), domain)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        if tx.storage_domains.get(self.id) is not None:
            tx.storage_domains.remove(self.id)
        if self.made and tx.of(StorageConnection).get(self.connection.id) is not None:
            tx.of(StorageConnection).remove(self.connection.id)
        emit_of(tx, context, NOT_ADDED, entity_of("storage_domains"), self.domain, reason=error)
