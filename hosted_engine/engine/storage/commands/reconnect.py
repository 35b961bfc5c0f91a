"""Leads a storage domain over another connection: its storage has moved, or its server is called otherwise."""

from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies, Lock
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NoNode, found
from hosted_engine.engine.storage.checks import domain_for, nodes_of, refused, the_domain
from hosted_engine.engine.storage.commands.base import DomainCommand
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.storage.mounting import mount_request
from hosted_engine.engine.storageconnections.model import StorageConnection
from node.api.problems import Failed
from node.steps import Step

RECONNECTED = EventKind("USER_UPDATE_STORAGE_DOMAIN", "Storage Domain {name} was given another connection by {user}.")
NOT_RECONNECTED = EventKind(
    "USER_UPDATE_STORAGE_DOMAIN_FAILED", "Failed to give Storage Domain {name} another connection for {user}: {reason}"
)


class OtherStorage(Failed):
    what = "Cannot lead storage domain {name} over that connection"
    why = "{reason}"
    mend = "Choose the connection to where the storage domain lies"


class ReconnectStorageDomain(DomainCommand, frozen=True, kw_only=True):
    """A host looks first whether it is the same domain. The connection that it had stays, for others."""

    doing: ClassVar[str] = "Reconnecting"
    failed: ClassVar[EventKind] = NOT_RECONNECTED

    connection_id: str

    def check(self, tx: Transaction) -> None:
        domain = domain_for(tx, self.id, "reconnect")
        connection = found(tx.of(StorageConnection).get(self.connection_id), "storage connection", self.connection_id)
        for other in tx.storage_domains.list(storage_connection_id=connection.id):
            if other.id != domain.id:
                reason = f"storage domain {other.name} is where that connection leads"
                raise refused(domain, "reconnect", reason, "Choose another connection")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        """The host looks at the storage for all."""
        domain = the_domain(tx, self.id)
        nodes = nodes_of(tx, domain.data_center_id) if domain.data_center_id else tx.nodes.list(status=NodeStatus.UP)
        if not nodes:
            raise NoNode(action=f"reconnect storage domain {domain.name}", reasons="none is up")
        node = min(nodes, key=lambda one: one.name)
        center = domain.data_center_id or ""
        return msgspec.structs.replace(self, node_id=node.id, was=domain.status, data_center_id=center)

    def locks(self) -> tuple[Lock, ...]:
        return (*super().locks(), Lock("storage connection", self.connection_id))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def do() -> None:
            with dependencies.store.transaction() as tx:
                domain = the_domain(tx, self.id)
                connection = found(tx.of(StorageConnection).get(self.connection_id), "connection", self.connection_id)
            node = await dependencies.fleet.node(self.node_id)
            await node.mount(mount_request(domain, connection))
            try:
                metadata = await node.domain_metadata(self.id)
            finally:
                await node.unmount(self.id)
            if metadata is None or metadata.id != self.id:
                raise OtherStorage(name=domain.name, reason=_other(metadata.name if metadata else ""))

        async def undo() -> None:
            await (await dependencies.fleet.node(self.node_id)).unmount(self.id)

        return (Step("recognize", "See that it is the same storage domain", do, undo),)

    def finish(self, tx: Transaction, context: Context) -> None:
        domain: StorageDomain = self.change(tx, storage_connection_id=self.connection_id)
        self.emit(tx, context, RECONNECTED, domain)


def _other(name: str) -> str:
    return f"storage domain {name} lies there" if name else "no storage domain lies there"
