"""Which clients lack a brick: mounts and self-heal daemons have to be connected to all of them; pure.

A client that lacks a brick goes on with the others and says nothing: the next brick that is lost stops it.
"""

from collections.abc import Iterator

from gluster.diagnosis.problem import Health, Kind, StateProblem
from gluster.state import BrickState, PoolState, VolumeState


def problems(state: PoolState, volume: VolumeState) -> Iterator[StateProblem]:
    running = [brick for brick in volume.bricks if brick.online is True]
    unreachable = [brick for brick in running if brick.clients is None]
    if unreachable:
        yield _unknown(volume, unreachable)
    counted = [brick for brick in running if brick.clients is not None]
    for client in sorted(_clients(state, volume, counted)):
        expected = _expected(state, volume, counted, client)
        lacks = [brick for brick in counted if _connections(brick, client) < expected]
        if lacks:
            yield _lacks(volume, client, expected, lacks)


def _clients(state: PoolState, volume: VolumeState, counted: list[BrickState]) -> set[str]:
    """All that are connected with any brick, and the servers that must be: those in the pool with a self-heal daemon
    or a mount."""
    away = {state.servers[peer.uuid] for peer in state.peers if not peer.connected}
    found = {client for brick in counted for client in brick.clients or ()}
    own = {server for server in state.servers.values() if _at_least(state, volume, server)}
    return (found | own) - away


def _expected(state: PoolState, volume: VolumeState, counted: list[BrickState], client: str) -> int:
    """How many connections each brick should have from there: what any other has, what is known to run there."""
    most = max((_connections(brick, client) for brick in counted), default=0)
    return max(most, _at_least(state, volume, client))


def _at_least(state: PoolState, volume: VolumeState, server: str) -> int:
    """A self-heal daemon where a brick with copies lies, and the mounts that the server itself counts."""
    facts = state.facts.get(server)
    mounts = facts.mounts.get(volume.name, 0) if facts is not None else 0
    return mounts + (volume.replica > 1 and any(brick.where.server == server for brick in volume.bricks))


def _connections(brick: BrickState, client: str) -> int:
    return (brick.clients or {}).get(client, 0)


def _lacks(volume: VolumeState, client: str, expected: int, lacks: list[BrickState]) -> StateProblem:
    names = ", ".join(str(brick.where) for brick in lacks)
    counts = ", ".join(f"{_connections(brick, client)} of {expected} to {brick.where.server}" for brick in lacks)
    return StateProblem(
        Kind.CLIENT_LACKS_BRICK,
        Health.DEGRADED,
        f"clients of volume {volume.name} on {client}",
        f"A client of volume {volume.name} on {client} lacks {names}",
        f"of the connections of its mounts and self-heal daemon these are there: {counts}",
        "It should pass within a minute; if it stays, "
        f"`gluster volume set {volume.name} client.event-threads 4` makes clients connect anew",
        volume=volume.name,
        server=client,
    )


def _unknown(volume: VolumeState, unreachable: list[BrickState]) -> StateProblem:
    return StateProblem(
        Kind.CLIENTS_UNKNOWN,
        Health.UNKNOWN,
        f"clients of volume {volume.name}",
        f"Nobody can say which clients of volume {volume.name} have all bricks",
        f"the pool did not tell in time who is connected to {', '.join(str(brick.where) for brick in unreachable)}",
        "Look again in a minute",
        volume=volume.name,
    )
