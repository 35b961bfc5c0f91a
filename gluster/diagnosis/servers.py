"""What is wrong with the servers of a pool and their copies of its configuration; pure."""

from collections.abc import Iterator

from gluster.diagnosis.problem import Health, Kind, StateProblem
from gluster.diagnosis.quorum import has_majority
from gluster.model import PeerState
from gluster.state import PoolState


def unreachable(state: PoolState) -> StateProblem:
    return StateProblem(
        Kind.GLUSTER_UNREACHABLE,
        Health.UNKNOWN,
        f"server {state.server}",
        f"Nothing is known of the storage as {state.server} sees it",
        state.reason or "its gluster does not answer",
        "Check `systemctl status glusterd` there; if it runs, look again in a minute: a server that was cut off holds "
        "answers back",
        server=state.server,
    )


def problems(state: PoolState) -> Iterator[StateProblem]:
    for peer in state.peers:
        name = state.servers[peer.uuid]
        if peer.state is PeerState.REJECTED:
            yield _rejected(state, name)
        elif not peer.connected:
            yield _peer_problem(
                Kind.PEER_DISCONNECTED,
                name,
                f"Server {name} is not connected",
                f"{state.server} does not reach its glusterd",
                "Check its power, its network, and `systemctl status glusterd` there",
            )
        elif peer.state is not PeerState.IN_CLUSTER:
            yield _peer_problem(
                Kind.PEER_NOT_READY,
                name,
                f"Server {name} is not ready",
                f"it is in the state {peer.state.value!r}",
                "It passes by itself within a minute; else restart glusterd there",
            )
    yield from _majority(state)
    yield from _configurations(state)


def _peer_problem(kind: Kind, name: str, what: str, why: str, mend: str) -> StateProblem:
    return StateProblem(kind, Health.DEGRADED, f"server {name}", what, why, mend, server=name)


def _rejected(state: PoolState, name: str) -> StateProblem:
    lines = [difference for volume in state.volumes for difference in differences(state, volume.name, name)]
    why = "; ".join(lines) or (
        "its configuration of a volume differs from the pool's"
        if name in state.facts
        else "its configuration of a volume differs; which line cannot be known while its agent does not answer"
    )
    right, wrong = (state.server, name) if has_majority(state) else (name, state.server)
    return StateProblem(
        Kind.PEER_REJECTED,
        Health.BROKEN,
        f"server {name}",
        f"Server {name} is rejected by {state.server}",
        why,
        f"Where the lines of {right} are right: on {wrong} run `systemctl stop glusterd`, put a copy of {right}'s "
        "/var/lib/glusterd/vols in the place of its own, and run `systemctl start glusterd`",
        server=name,
    )


def _majority(state: PoolState) -> Iterator[StateProblem]:
    if not has_majority(state):
        agree = sum(peer.ready for peer in state.peers)
        yield StateProblem(
            Kind.NO_MAJORITY,
            Health.BROKEN,
            f"server {state.server}",
            f"{state.server} is without the majority of the pool",
            f"it is connected with {agree} of {len(state.peers)} other servers and agrees with them",
            "Bring the missing servers or this one's network back; change nothing of the pool before",
            server=state.server,
        )


def _configurations(state: PoolState) -> Iterator[StateProblem]:
    """Of servers that are connected and not rejected: glusterd compares only when they connect."""
    rejected = {state.servers[peer.uuid] for peer in state.peers if not peer.ready}
    for volume in state.volumes:
        for server in sorted(state.facts.keys() - rejected - {state.server}):
            if lines := differences(state, volume.name, server):
                yield StateProblem(
                    Kind.CONFIGURATION_DIFFERS,
                    Health.DEGRADED,
                    f"volume {volume.name} on {server}",
                    f"{server} has another configuration of volume {volume.name} than {state.server}",
                    "; ".join(lines),
                    f"Set the option anew with `gluster volume set {volume.name}`: that writes it on all servers",
                    volume=volume.name,
                    server=server,
                )


def differences(state: PoolState, volume: str, server: str) -> tuple[str, ...]:
    """The lines of the volume's configuration that `server` and the server that looks do not share. The version counts
    changes: it is named where nothing else differs."""
    own, other = state.facts.get(state.server), state.facts.get(server)
    if own is None or other is None or volume not in own.configurations:
        return ()
    here, there = own.configurations[volume], other.configurations.get(volume)
    if there is None:
        return (f"{server} does not know volume {volume}",)
    lines = [key for key in sorted(here.keys() | there.keys()) if here.get(key) != there.get(key)]
    telling = [key for key in lines if key != "version"] or lines
    return tuple(
        f"{key} of volume {volume} is {there.get(key, 'not set')} on {server} and {here.get(key, 'not set')} on "
        f"{state.server}"
        for key in telling
    )
