"""Storage domains in the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from hosted_engine.engine.entity.declaration import READ, Entity, Events, Link, Place, View, Within
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.words import Kind, Minus, Observed, Of, Shown, Total, Value, path
from hosted_engine.engine.storage.health import ExternalStatus, status_of_domain
from hosted_engine.engine.storage.model import GIB, StorageDomain, StorageDomainStatus
from hosted_engine.engine.storageconnections.model import StorageConnection


class StorageDomainEntity(Entity[StorageDomain]):
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
        committed, connections, storage, attached = gathered
        connection = connections[item.storage_connection_id]
        size, free = item.size_bytes, item.free_bytes
        center = Link("data_centers", item.data_center_id) if item.data_center_id else None
        unattached = item.status is StorageDomainStatus.UNATTACHED
        return {
            "used": size - free if size is not None and free is not None else None,
            "committed": committed[item.id],
            "external_status": status_of_domain(storage, item, connection).value,
            "data_centers": [center] if center else None,
            "data_center": center if attached else None,
            "status": item.status.value if attached or unattached else None,
            **_storage(connection),
        }


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
            methods=READ,
        ),
        Place(("StorageDomains", "StorageDomain"), methods=READ | {"update"}),
    ),
    unique=(("name",),),
    events=Events(update=EventKind("USER_UPDATE_STORAGE_DOMAIN", "Storage Domain {name} was updated by {user}.")),
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
