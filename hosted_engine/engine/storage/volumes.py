"""Which storage connections lead to volumes of the site's own storage pool. Pure."""

from gluster.state import PoolState
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.storageconnections.mounts import gluster_servers, gluster_volume


def volume_of(pool: PoolState | None, connection: StorageConnection) -> str:
    """Its name where it is one of `pool`; empty for a volume of other servers, whatever that is
    called. While nobody has looked at the pool every volume may be one of it."""
    if pool is not None and not _servers(pool).intersection(gluster_servers(connection)):
        return ""
    return gluster_volume(connection)


def _servers(state: PoolState) -> set[str]:
    """By all of their names."""
    names = (name for peer in state.peers for name in (peer.hostname, *peer.names))
    return {state.server, *state.servers.values(), *names}
