"""States of pools as tests want them: whole, or with whatever is wrong."""

from collections.abc import Iterable
from dataclasses import replace

from gluster.model import BrickPath, Peer, PeerState, VolumeStatus
from gluster.state import BrickFolder, BrickState, PoolState, ServerFacts, VolumeState
from node.api.messages.gluster import VolumeReport

GIB = 1 << 30


def fake_pool(server: str, peers: Iterable[str], volumes: Iterable[VolumeReport]) -> PoolState:
    """The whole state of what a FakeSite has."""
    volumes = list(volumes)
    everybody = dict.fromkeys((*peers, *(brick.server for volume in volumes for brick in volume.bricks)))
    return whole_pool(
        server,
        [peer for peer in everybody if peer != server],
        {
            volume.name: [BrickPath(brick.server, brick.path) for brick in volume.bricks]
            for volume in volumes
            if volume.bricks
        },
        ids={volume.name: volume.id for volume in volumes},
    )


def whole_pool(
    server: str = "node1",
    peers: Iterable[str] = ("node2", "node3"),
    volumes: dict[str, list[BrickPath]] | None = None,
    *,
    ids: dict[str, str] | None = None,
) -> PoolState:
    """Every server has a mount and a self-heal daemon, every brick is 10 GiB and a tenth full. Without `volumes` there
    is `data`, with a brick on each server."""
    servers = [server, *peers]
    if volumes is None:
        volumes = {"data": [BrickPath(name, "/gluster/data/brick") for name in servers]}
    ids = ids or {name: f"id-of-{name}" for name in volumes}
    return PoolState(
        server=server,
        uuid=f"uuid-{server}",
        peers=tuple(
            Peer(f"uuid-{name}", name, connected=True, state=PeerState.IN_CLUSTER, names=(name,)) for name in peers
        ),
        volumes=tuple(_volume(name, ids[name], bricks, servers) for name, bricks in volumes.items()),
        facts={name: _facts(name, volumes, ids) for name in servers},
    )


def _volume(name: str, id_: str, bricks: list[BrickPath], servers: list[str]) -> VolumeState:
    clients = dict.fromkeys(servers, 2)
    return VolumeState(
        name=name,
        id=id_,
        replica=len(bricks),
        status=VolumeStatus.STARTED,
        bricks=tuple(
            BrickState(
                where=where,
                host_uuid=f"uuid-{where.server}",
                online=True,
                port=50000 + number,
                pid=100 + number,
                size_bytes=10 * GIB,
                free_bytes=9 * GIB,
                clients=clients,
                pending_heals=0,
                split_brain=0,
                folder=BrickFolder(exists=True, on_root=False, volume_id=id_),
            )
            for number, where in enumerate(bricks)
        ),
        options={"cluster.quorum-type": "auto"},
    )


def _facts(server: str, volumes: dict[str, list[BrickPath]], ids: dict[str, str]) -> ServerFacts:
    return ServerFacts(
        folders={
            where.path: BrickFolder(exists=True, on_root=False, volume_id=ids[name])
            for name, bricks in volumes.items()
            for where in bricks
            if where.server == server
        },
        configurations={name: {"volume-id": ids[name], "cluster.quorum-type": "auto"} for name in volumes},
        mounts=dict.fromkeys(volumes, 1),
    )


def with_brick(pool: PoolState, number: int, volume: str = "data", **changes: object) -> PoolState:
    """`pool` with the brick `number` of the volume changed."""

    def changed(one: VolumeState) -> VolumeState:
        bricks = tuple(
            replace(brick, **changes) if at == number else brick  # type: ignore[arg-type]
            for at, brick in enumerate(one.bricks)
        )
        return replace(one, bricks=bricks) if one.name == volume else one

    return replace(pool, volumes=tuple(map(changed, pool.volumes)))


def with_peer(pool: PoolState, name: str, **changes: object) -> PoolState:
    """`pool` with the peer `name` changed."""
    peers = tuple(
        replace(peer, **changes) if peer.hostname == name else peer  # type: ignore[arg-type]
        for peer in pool.peers
    )
    return replace(pool, peers=peers)
