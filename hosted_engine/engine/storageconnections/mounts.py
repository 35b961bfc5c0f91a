"""From a storage connection to what a node mounts; pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import gluster.mount
from hosted_engine.engine.storageconnections.model import NfsVersion, StorageConnection, StorageType
from node.api.messages.mounts import MountSpec


def mount_spec(connection: StorageConnection) -> MountSpec:
    """Raises KeyError for a type of storage of which no domain can be made."""
    return SPECS[connection.type](connection)


def gluster_volume(connection: StorageConnection) -> str:
    """Empty where it is no Gluster volume. What is mounted may be a folder on it."""
    return connection.path.strip("/").partition("/")[0] if connection.type is StorageType.GLUSTERFS else ""


def gluster_servers(connection: StorageConnection) -> tuple[str, ...]:
    """Those that a mount of it asks; none where it is no Gluster volume."""
    if connection.type is not StorageType.GLUSTERFS:
        return ()
    return gluster.mount.servers(connection.address, _options(connection))


def without_gluster_server(connection: StorageConnection, server: str) -> StorageConnection:
    """As it is mounted when that server is gone for good."""
    first, *others = [one for one in gluster_servers(connection) if one != server]
    kept = [option for option in _options(connection) if not gluster.mount.is_backup(option)]
    options = ",".join((*kept, *gluster.mount.backup_options(others)))
    return replace(connection, address=first, mount_options=options)


def _gluster(connection: StorageConnection) -> MountSpec:
    return MountSpec(
        kind=connection.type.value,
        source=f"{connection.address}:/{connection.path.strip('/')}",
        options=_options(connection),
    )


def _nfs(connection: StorageConnection) -> MountSpec:
    said = {"nfsvers": _NFS_VERSIONS[connection.nfs_version or NfsVersion.AUTO], "timeo": connection.nfs_timeo}
    said["retrans"] = connection.nfs_retrans
    options = tuple(f"{name}={value}" for name, value in said.items() if value is not None)
    return MountSpec(
        kind=connection.type.value,
        source=f"{connection.address}:{connection.path}",
        options=options + _options(connection),
    )


def _posix(connection: StorageConnection) -> MountSpec:
    return MountSpec(
        kind=connection.type.value,
        source=f"{connection.address}:{connection.path}" if connection.address else connection.path,
        options=_options(connection),
        vfs_type=connection.vfs_type,
    )


def _local(connection: StorageConnection) -> MountSpec:
    return MountSpec(kind=connection.type.value, source=connection.path, options=_options(connection))


def _options(connection: StorageConnection) -> tuple[str, ...]:
    return tuple(option for option in connection.mount_options.split(",") if option)


_NFS_VERSIONS: Mapping[NfsVersion, str] = {
    NfsVersion.AUTO: "4",  # the newest of those that the server has, too
    NfsVersion.V4: "4",
    NfsVersion.V4_0: "4.0",
    NfsVersion.V4_1: "4.1",
    NfsVersion.V4_2: "4.2",
}

SPECS: Mapping[StorageType, Callable[[StorageConnection], MountSpec]] = {
    StorageType.GLUSTERFS: _gluster,
    StorageType.NFS: _nfs,
    StorageType.POSIXFS: _posix,
    StorageType.LOCALFS: _local,
}
NEEDED: Mapping[StorageType, tuple[str, ...]] = {
    StorageType.GLUSTERFS: ("address", "path"),
    StorageType.NFS: ("address", "path"),
    StorageType.POSIXFS: ("path", "vfs_type"),
    StorageType.LOCALFS: ("path",),
}  # what a connection has to say
