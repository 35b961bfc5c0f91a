"""Storage connections in the API."""

from dataclasses import replace

from hosted_engine.engine.entity.declaration import Entity, Place, Values
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported, WrongState
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storageconnections.model import NfsVersion, StorageConnection, StorageType
from hosted_engine.engine.storageconnections.mounts import NEEDED, SPECS, gluster_volume

NOT_MOUNTED = (StorageDomainStatus.MAINTENANCE, StorageDomainStatus.UNATTACHED)
_FILE_SYSTEMS = {StorageType.GLUSTERFS: ("glusterfs",)}
OF_NFS = ("nfs_version", "nfs_timeo", "nfs_retrans")


class StorageConnectionEntity(Entity[StorageConnection]):
    def defaults(self, tx: Transaction, given: Values) -> Values:
        return {"vfs_type": "glusterfs"} if given.get("type") == StorageType.GLUSTERFS else {}

    def make(self, tx: Transaction, given: Values) -> StorageConnection:
        return _normal(super().make(tx, given))

    def change(self, tx: Transaction, before: StorageConnection, given: Values) -> StorageConnection:
        return _normal(super().change(tx, before, given))

    def check(self, tx: Transaction, item: StorageConnection, before: StorageConnection | None) -> None:
        check_connection(item, self.element)
        users: list[StorageDomain] = list(tx.storage_domains.list(storage_connection_id=item.id)) if before else []
        for domain in users:
            if domain.status not in NOT_MOUNTED:
                reason = f"storage domain {domain.name} is {domain.status.value}"
                mend = "Put the storage domain into maintenance first"
                raise WrongState(action="change", kind="storage connection", name=item.path, reason=reason, mend=mend)

    def name_of(self, item: StorageConnection) -> str:
        return f"{item.address}:{item.path}" if item.address else item.path


def check_connection(connection: StorageConnection, root: str) -> None:
    """Raises BadValue or NotSupported. `root` is its place in a body."""
    kind = connection.type
    if kind not in SPECS:
        raise NotSupported(value=kind.value, field=f"{root}.type", reason="hosts mount no storage of this type")
    for name in NEEDED[kind]:
        if not getattr(connection, name):
            raise BadValue(value="nothing", field=f"{root}.{name}", reason=f"storage of type {kind.value} has one")
    if kind is StorageType.LOCALFS and connection.address:
        raise BadValue(value=connection.address, field=f"{root}.address", reason="a folder of a host has none")
    if kind is not StorageType.POSIXFS and not connection.path.startswith("/"):
        raise BadValue(value=repr(connection.path), field=f"{root}.path", reason="it has to begin with a slash")
    if kind is StorageType.GLUSTERFS and not gluster_volume(connection):
        raise BadValue(value=connection.path, field=f"{root}.path", reason="it names no Gluster volume")
    if connection.vfs_type not in _FILE_SYSTEMS.get(kind, ("",)) and kind is not StorageType.POSIXFS:
        reason = f"storage of type {kind.value} has none"
        raise BadValue(value=connection.vfs_type, field=f"{root}.vfs_type", reason=reason)
    if connection.nfs_version is NfsVersion.V3:
        reason = "hosts run no daemons of NFS 3, which listen without authentication; the server has to offer NFS 4"
        raise NotSupported(value=connection.nfs_version.value, field=f"{root}.nfs_version", reason=reason)
    for name in OF_NFS:
        if kind is not StorageType.NFS and getattr(connection, name) is not None:
            reason = f"storage of type {kind.value} has none"
            raise BadValue(value=getattr(connection, name), field=f"{root}.{name}", reason=reason)


def _normal(connection: StorageConnection) -> StorageConnection:
    """A Gluster volume may be named without the slash."""
    if connection.type is not StorageType.GLUSTERFS:
        return connection
    return replace(connection, path=f"/{connection.path.strip('/')}")


STORAGE_CONNECTIONS = StorageConnectionEntity(
    StorageConnection,
    "storage_connections",
    kind="storage connection",
    type="StorageConnection",
    path="storageconnections",
    places=(Place(("StorageServerConnections", "StorageServerConnection")),),
    order="id",
    unique=(("type", "address", "path"),),
)
