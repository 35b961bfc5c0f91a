"""Makes a storage domain of another engine, or of an earlier one, known to this one; nothing on it is changed."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit, emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.storage.commands.add import NOT_ADDED, AddStorageDomain
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus, StorageDomainType
from hosted_engine.engine.storage.mounting import mount_request
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.vms.lifecycle import system
from node.api.messages.mounts import MountReport
from node.api.messages.storage_domains import StorageDomainMetadata
from node.api.problems import Failed
from node.steps import Step

IMPORTED = EventKind("USER_ADD_STORAGE_DOMAIN", "Storage Domain {name} was imported by {user}.")


class NotImportable(Failed):
    what = "Cannot import a storage domain from {path}"
    why = "{reason}"
    mend = "Name other storage, or add it as a new storage domain"


class ImportStorageDomain(AddStorageDomain, frozen=True, kw_only=True):
    """What domain it is stands on its storage: until that has been read `domain` is called by an id of its own, and by
    the same name where none is given. `wanted_id` is the only one that it may be, where somebody says so."""

    doing: ClassVar[str] = "Importing"

    wanted_id: str = ""

    @property
    def _path(self) -> str:
        return entity_of("storage_connections").name_of(self.connection)

    def describe(self, tx: Transaction) -> str:
        return f"Importing Storage Domain {self._path}"

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def do() -> None:
            """As a whole again after a crash."""
            node = await dependencies.fleet.node(self.node_id)
            report = await node.mount(mount_request(self.domain, self.connection))
            try:
                metadata = await node.domain_metadata(self.id)
            finally:
                await node.unmount(self.id)
            with dependencies.store.transaction() as tx:
                self._recognize(tx, metadata, report, dependencies.clock())

        async def undo() -> None:
            await (await dependencies.fleet.node(self.node_id)).unmount(self.id)

        return (Step("recognize", "Read which storage domain it is", do, undo),)

    def finish(self, tx: Transaction, context: Context) -> None:
        row = found(self._row(tx), "storage domain", self.id)
        domain = replace(row, status=StorageDomainStatus.UNATTACHED)
        tx.storage_domains.update(domain)
        emit_of(tx, context, IMPORTED, entity_of("storage_domains"), domain)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        if (row := self._row(tx)) is not None:
            tx.storage_domains.remove(row.id)
        if self.made and tx.of(StorageConnection).get(self.connection.id) is not None:
            tx.of(StorageConnection).remove(self.connection.id)
        failed = replace(self.domain, name=self._path)
        emit_of(tx, context, NOT_ADDED, entity_of("storage_domains"), failed, reason=error)

    def _row(self, tx: Transaction) -> StorageDomain | None:
        """By its connection, which is this domain's alone."""
        return next(iter(tx.storage_domains.list(storage_connection_id=self.connection.id)), None)

    def _recognize(
        self, tx: Transaction, metadata: StorageDomainMetadata | None, report: MountReport, now: float
    ) -> None:
        """Give the row the id, and the name, that stand on the storage. Raises NotImportable, NameTaken."""
        if metadata is None:
            raise NotImportable(path=self._path, reason="nothing on it says that it is a storage domain")
        row = found(self._row(tx), "storage domain", self.id)
        if row.id == metadata.id:
            return
        self._check(tx, metadata)
        name = metadata.name if row.name == self.id else row.name
        domain = replace(row, id=metadata.id, name=name, size_bytes=report.size_bytes, free_bytes=report.free_bytes)
        tx.storage_domains.remove(self.id)
        entity_of("storage_domains").check_unique(tx, domain)
        tx.storage_domains.add(domain)
        if metadata.data_center_id:
            reason = "It was not detached: make sure that no other engine uses it any more before you attach it."
            emit(tx, system(now), EventType.EXTERNAL_EVENT_WARNING, domain=domain, reason=reason)

    def _check(self, tx: Transaction, metadata: StorageDomainMetadata) -> None:
        reason = ""
        if self.wanted_id and metadata.id != self.wanted_id:
            reason = f"storage domain {metadata.name} ({metadata.id}) lies on it, not {self.wanted_id}"
        elif (known := tx.storage_domains.get(metadata.id)) is not None:
            reason = f"it is storage domain {known.name}, which is there already"
        elif metadata.type != StorageDomainType.DATA.value:
            reason = f"it is a domain of type {metadata.type}"
        if reason:
            raise NotImportable(path=self._path, reason=reason)
