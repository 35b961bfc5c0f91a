"""Whether this server may change its pool: only while it is connected to more than half of it; pure.

Volumes run without gluster's own server quorum, so a glusterd that is cut off would take any change, and so would the
others meanwhile: when they meet again their pools differ ("Peer Rejected"), and nobody can say which is right.
"""

from collections.abc import Iterable

from gluster.errors import NoMajority
from gluster.model import Peer, PeerState


def check(peers: Iterable[Peer], act: str, *, leaving: str | None = None) -> None:
    """Raise NoMajority unless this server and the `peers` it is connected to are more than half of the pool.

    `act` completes "Cannot …". A peer that is `leaving` the pool does not count: gluster itself keeps one with bricks.
    """
    others = [peer for peer in peers if leaving is None or leaving not in (peer.hostname, *peer.names)]
    away = [peer.hostname for peer in others if not peer.connected or peer.state is PeerState.REJECTED]
    servers = len(others) + 1
    connected = servers - len(away)
    if 2 * connected <= servers:
        raise NoMajority(act=act, connected=connected, servers=servers, away=", ".join(away))
