"""Storage domains in the API."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import ALL, Action, Entity, Link, Options, Place, Values, View, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Field, Reference, Settable
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported
from hosted_engine.engine.search.terms import Kind, Minus, Observed, Of, Shown, Total, Value, path
from hosted_engine.engine.storage.commands.activate import ActivateStorageDomain, DeactivateStorageDomain
from hosted_engine.engine.storage.commands.add import AddStorageDomain
from hosted_engine.engine.storage.commands.attach import AttachStorageDomain, DetachStorageDomain
from hosted_engine.engine.storage.commands.import_domain import ImportStorageDomain
from hosted_engine.engine.storage.commands.remove import DestroyStorageDomain, RemoveStorageDomain
from hosted_engine.engine.storage.commands.update_store import UpdateStore
from hosted_engine.engine.storage.health import ExternalStatus, status_of_domain
from hosted_engine.engine.storage.model import GIB, StorageDomain, StorageDomainStatus, StorageDomainType
from hosted_engine.engine.storageconnections.entity import check_connection
from hosted_engine.engine.storageconnections.model import StorageConnection

CONNECTION = ("type", "address", "path", "vfs_type", "mount_options", "nfs_version", "nfs_timeo", "nfs_retrans")


class StorageDomainEntity(Entity[StorageDomain]):
    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, StorageDomain]:
        if given.get("type", StorageDomainType.DATA) is not StorageDomainType.DATA:
            reason = "storage domains hold data, ISO images as disks among it"
            raise NotSupported(value=given["type"].value, field="storage_domain.type", reason=reason)
        if "host_id" not in given:
            reason = "it says which host tries the storage first"
            raise BadValue(value="nothing", field="storage_domain.host", reason=reason)
        connection, made = connection_for(tx, given)
        if given.get("import"):
            return self._import(tx, given, connection, made=made)
        if "wanted_id" in given:
            reason = "a new storage domain gets an id of its own"
            raise BadValue(value=given["wanted_id"], field="storage_domain.id", reason=reason)
        domain = self.make(tx, {**given, "data_center_id": None, "storage_connection_id": connection.id})
        return AddStorageDomain(domain=domain, connection=connection, node_id=given["host_id"], made=made), domain

    def _import(
        self, tx: Transaction, given: Values, connection: StorageConnection, *, made: bool
    ) -> tuple[Command, StorageDomain]:
        identity = new_id()
        named = {"name": identity, **given, "id": identity}
        domain = self.make(tx, {**named, "data_center_id": None, "storage_connection_id": connection.id})
        command = ImportStorageDomain(
            domain=domain,
            connection=connection,
            node_id=given["host_id"],
            made=made,
            wanted_id=given.get("wanted_id", ""),
        )
        return command, domain

    def completed(self, given: Values) -> Collection[str]:
        """An imported one has its name."""
        return ("name",) if given.get("import") else ()

    def find_added(self, tx: Transaction, item: StorageDomain) -> StorageDomain | None:
        """An imported one has got its own id."""
        there = tx.storage_domains.list(storage_connection_id=item.storage_connection_id)
        return next(iter(there), None)

    def join(self, tx: Transaction, item: StorageDomain, within: Values, options: Options) -> Command:
        return AttachStorageDomain(id=item.id, data_center_id=within["data_center_id"])

    def remove(self, tx: Transaction, item: StorageDomain, options: Options, *, place: int = 0) -> Command:
        if self.places[place].joins:
            return DetachStorageDomain(id=item.id, data_center_id=item.data_center_id or "")
        if options.boolean("destroy"):
            return DestroyStorageDomain(id=item.id)
        host = options.text("host") or ""
        named = [node.id for node in tx.nodes.list(name=host)]
        return RemoveStorageDomain(id=item.id, node_id=next(iter(named), host), format=bool(options.boolean("format")))

    def gather(self, view: View, items: Sequence[StorageDomain]) -> Any:
        """What the disks of each could grow to, where their storage is and its state, and whether they are shown as
        attached."""
        committed = {item.id: 0 for item in items}
        for disk in view.tx.disks.list(storage_domain_id=tuple(committed)):
            committed[disk.storage_domain_id] += disk.provisioned_size_bytes
        connections = view.tx.of(StorageConnection).find({item.storage_connection_id for item in items})
        return committed, connections, view.readings.storage, view.place.nested

    def show(self, item: StorageDomain, gathered: Any) -> Mapping[str, Any]:
        """An attached domain shows its status in its data center only, as in oVirt."""
        committed, connections, report, attached = gathered
        connection = connections.get(item.storage_connection_id)  # None of a domain that is about to be added
        size, free = item.size_bytes, item.free_bytes
        center = Link("data_centers", item.data_center_id) if item.data_center_id else None
        unattached = item.status is StorageDomainStatus.UNATTACHED
        return {
            "used": size - free if size is not None and free is not None else None,
            "committed": committed[item.id],
            "external_status": status_of_domain(report, item, connection).value,
            "data_centers": [center] if center else None,
            "data_center": center if attached else None,
            "status": item.status.value if attached or unattached else None,
            **(_storage(connection) if connection else {}),
        }


def connection_for(tx: Transaction, given: Values) -> tuple[StorageConnection, bool]:
    """Where a new domain's storage is, and whether that is a new connection."""
    entity, connections = entity_of("storage_connections"), tx.of(StorageConnection)
    if identity := given.get("connection_id"):
        if (there := connections.get(identity)) is None:
            reason = "no storage connection has that id"
            raise BadValue(value=identity, field="storage_domain.storage.id", reason=reason)
        return there, False
    said = {name: given[f"storage_{name}"] for name in CONNECTION if f"storage_{name}" in given}
    if "type" not in said:
        raise BadValue(value="nothing", field="storage_domain.storage.type", reason="it says what storage it is")
    wanted = msgspec.convert({"id": new_id(), "path": "", **said}, StorageConnection)
    wanted = entity.make(tx, {name: getattr(wanted, name) for name in ("id", "path", *said)})
    check_connection(wanted, "storage_domain.storage")
    for known in connections.list(type=wanted.type, address=wanted.address, path=wanted.path):
        return known, False
    return wanted, True


def _storage(connection: StorageConnection) -> dict[str, Any]:
    """Where it is, as a domain shows it."""
    return {
        "storage.type": connection.type.value,
        "storage.address": connection.address or None,
        "storage.path": connection.path,
        "storage.vfs_type": connection.vfs_type or None,
        "storage.mount_options": connection.mount_options or None,
        "storage.nfs_version": connection.nfs_version.value if connection.nfs_version else None,
        "storage.nfs_timeo": connection.nfs_timeo,
        "storage.nfs_retrans": connection.nfs_retrans,
    }


def _activate(tx: Transaction, item: StorageDomain, given: Values) -> Command:
    return ActivateStorageDomain(id=item.id, data_center_id=item.data_center_id or "")


def _deactivate(tx: Transaction, item: StorageDomain, given: Values) -> Command:
    return DeactivateStorageDomain(id=item.id, data_center_id=item.data_center_id or "")


def _connections(tx: Transaction) -> Mapping[str, StorageConnection]:
    return {connection.id: connection for connection in tx.of(StorageConnection).list()}


def _external_status(
    domain: StorageDomain, readings: Readings, connections: Mapping[str, StorageConnection]
) -> ExternalStatus:
    return status_of_domain(readings.storage, domain, connections[domain.storage_connection_id])


STORAGE_DOMAINS = StorageDomainEntity(
    StorageDomain,
    "storage_domains",
    kind="storage domain",
    type="StorageDomain",
    path="storagedomains",
    places=(
        Place(
            ("AttachedStorageDomains", "AttachedStorageDomain"),
            within={"data_center": Within("data_centers", "data_center_id")},
            nested=True,
            methods=ALL - {"update"},
            joins=True,
            waits=True,
        ),
        Place(("StorageDomains", "StorageDomain"), waits=True),
    ),
    unique=(("name",),),
    events=Events(update=EventKind("USER_UPDATE_STORAGE_DOMAIN", "Storage Domain {name} was updated by {user}.")),
    inputs={
        "host_id": Reference("host", to="nodes", settable=Settable.ON_ADD),
        "import": Field("import", settable=Settable.ON_ADD),
        "wanted_id": Field("id", settable=Settable.ON_ADD),
        "connection_id": Field("storage.id", settable=Settable.ON_ADD),
        **{f"storage_{name}": Field(f"storage.{name}", settable=Settable.ON_ADD) for name in CONNECTION},
    },
    actions={
        "activate": Action(_activate),
        "deactivate": Action(_deactivate, shown={"force": False}),
        "update_ovf_store": Action(lambda tx, item, given: UpdateStore(id=item.id), place=1),
    },
    shown={
        "backup": False,
        "block_size": 512,
        "discard_after_delete": False,
        "storage_format": "v5",
        "supports_discard": False,
        "supports_discard_zeroes_data": False,
        "wipe_after_delete": False,
    },
    searches={
        "backup": Shown("backup"),
        "committed": Value(Total(path("disks.storage_domain_id"), "provisioned_size_bytes"), GIB),
        "discard_after_delete": Shown("discard_after_delete"),
        "external_status": Observed(_external_status, Kind.WORD, ExternalStatus, gather=_connections),
        "type": Of(path("storage_connection_id"), "type"),
        "used_size": Value(Minus("size_bytes", "free_bytes"), GIB),
        "wipe_after_delete": Shown("wipe_after_delete"),
    },
    related={
        "clusters": path("data_center_id", "clusters.data_center_id"),
        "hosts": path("data_center_id", "clusters.data_center_id", "nodes.cluster_id"),
    },
)
