"""From a storage connection to what a node mounts; pure."""

from collections.abc import Callable, Mapping

import gluster.mount
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from node.api.messages.mounts import MountSpec


def mount_spec(connection: StorageConnection) -> MountSpec:
    """Raises KeyError for a type of storage of which no domain can be made."""
    return SPECS[connection.type](connection)


def gluster_volume(connection: StorageConnection) -> str:
    """Empty where it is no Gluster volume."""
    return connection.path.strip("/") if connection.type is StorageType.GLUSTERFS else ""


def gluster_servers(connection: StorageConnection) -> tuple[str, ...]:
    """Those that a mount of it asks; none where it is no Gluster volume."""
    if connection.type is not StorageType.GLUSTERFS:
        return ()
    return gluster.mount.servers(connection.address, _options(connection))


def _gluster(connection: StorageConnection) -> MountSpec:
    return MountSpec(
        kind=connection.type.value,
        source=f"{connection.address}:/{gluster_volume(connection)}",
        options=_options(connection),
    )


def _options(connection: StorageConnection) -> tuple[str, ...]:
    return tuple(option for option in connection.mount_options.split(",") if option)


SPECS: Mapping[StorageType, Callable[[StorageConnection], MountSpec]] = {StorageType.GLUSTERFS: _gluster}
