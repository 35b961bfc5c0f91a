"""Measures a failover while it happens: when the engine was last seen, missed, started and healthy again. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from hosted_engine.ha.ranking import find_claimant, find_peer, is_alive
from hosted_engine.ha.states import Action, Fencing, Health, LeaseState, Outcome, State, VmState
from hosted_engine.ha.view import Decision, View
from hosted_engine.ha.whiteboard import HostBlock

MAX_FAILOVERS = 20


class Cause(StrEnum):
    HOST_LOST = "host_lost"  # it does not write any more
    VM_ENDED = "vm_ended"  # by itself, or because it was sick; its host lives
    MAINTENANCE = "maintenance"


class Failover(msgspec.Struct, frozen=True, kw_only=True):
    """One, as the host that started the engine measured it.

    `at`: the last heartbeat of where it was, by wall clock. Everything else: seconds since then by the monotonic clock.
    `healthy_s` is None until the engine is, `lease_free_s` where that was not seen.
    """

    cause: str
    from_host: str
    to_host: str
    at: float
    last_healthy_s: float | None
    detected_s: float
    lease_free_s: float | None
    start_begun_s: float
    started_s: float
    healthy_s: float | None = None
    failed_starts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What a host has seen so far; times of its monotonic clock, but `wall_at`: the last heartbeat by wall clock."""

    host_id: int | None = None
    host_name: str = ""
    is_leaving: bool = False
    heartbeat_at: float = 0.0
    healthy_at: float | None = None
    detected_at: float | None = None
    lease_free_at: float | None = None
    begun_at: float | None = None
    started_at: float | None = None
    is_lost: bool = False
    wall_at: float = 0.0
    failed_starts: int = 0


def follow(track: Track, view: View, decision: Decision, *, name: str, wall: float) -> tuple[Track, Failover | None]:
    """One round; `name` is this host's. The failover when it is one and has got further."""
    if not view.storage.readable or view.vm is VmState.UNKNOWN:
        return track, None  # nothing proves that anything changed
    if track.started_at is not None and view.vm.is_here:
        if view.health is not Health.GOOD:
            return track, None
        return _observed_here(Track(), view, name), _failover(track, name, healthy_at=view.now)
    if track.started_at is not None and decision.state is not State.ENGINE_STARTING:
        track = _without_start(track)
    observed = _observed_here(track, view, name) if view.vm.is_here else _observed_elsewhere(track, view)
    if observed is not None and not _is_being_fenced(track, observed, decision):
        return observed, None
    return _missed(track, view, decision, wall), None


def after_start(track: Track, outcome: Outcome, now: float, name: str) -> tuple[Track, Failover | None]:
    """A start has ended. One that waits for the lease goes on."""
    if track.begun_at is None or outcome is Outcome.LEASE_HELD:
        return track, None
    if outcome is Outcome.FAILED:
        return _without_start(track), None
    track = replace(track, started_at=now)
    return track, _failover(track, name)


def with_newest(before: Sequence[Failover], new: Failover) -> tuple[Failover, ...]:
    """The last ones, the oldest first; what is known of one replaces what was known of it earlier."""
    others = [one for one in before if (one.at, one.to_host) != (new.at, new.to_host)]
    return (*others, new)[-MAX_FAILOVERS:]


def timeline(one: Failover) -> Iterator[tuple[float, str]]:
    """Seconds since the last heartbeat, and what happened then."""
    if one.last_healthy_s is not None:
        yield one.last_healthy_s, f"the engine on {one.from_host} was last seen healthy"
    yield 0.0, f"last heartbeat of the engine on {one.from_host}"
    yield one.detected_s, "detected by " + one.to_host
    if one.lease_free_s is not None:
        yield one.lease_free_s, "lease free"
    yield one.start_begun_s, f"start begun on {one.to_host}"
    yield one.started_s, "start: the engine VM runs"
    if one.healthy_s is not None:
        yield one.healthy_s, "health: the engine is well"


def _missed(track: Track, view: View, decision: Decision, wall: float) -> Track:
    """The engine is nowhere to be seen; without an earlier sight there is nothing to measure from."""
    if track.host_id is None:
        return track
    now = view.now
    is_free = view.lease.state in (LeaseState.FREE, LeaseState.EXPIRED)
    since = max(view.lease.since, track.heartbeat_at) if is_free else None
    track = replace(
        track,
        detected_at=now if track.detected_at is None else track.detected_at,
        lease_free_at=(since if track.lease_free_at is None else track.lease_free_at) if is_free else None,
    )
    if decision.action is not Action.START or track.begun_at is not None:
        return track
    host = find_peer(view, track.host_id)
    return replace(
        track,
        begun_at=now,
        is_lost=host is not None and (not is_alive(view, host) or host.fencing is Fencing.CONFIRMED),
        wall_at=track.wall_at or wall - (now - track.heartbeat_at),
    )


def _is_being_fenced(track: Track, observed: Track, decision: Decision) -> bool:
    """Its host is lost though its last heartbeat is not old yet: this host cuts its power, or has begun to."""
    if decision.action in (Action.FENCE, Action.FREE_HOST_ID) and decision.target == observed.host_id:
        return True
    same = (track.host_id, track.heartbeat_at) == (observed.host_id, observed.heartbeat_at)
    return same and track.detected_at is not None


def _without_start(track: Track) -> Track:
    return replace(track, begun_at=None, started_at=None, failed_starts=track.failed_starts + 1)


def _observed_here(track: Track, view: View, name: str) -> Track:
    return Track(
        host_id=view.host_id,
        host_name=name,
        is_leaving=view.local_maintenance,
        heartbeat_at=view.now,
        healthy_at=view.healthy_at,
    )


def _observed_elsewhere(track: Track, view: View) -> Track | None:
    block = find_claimant(view)
    peer = find_peer(view, block.host_id) if block is not None else None
    if block is None or peer is None or peer.changed_at is None:
        return None
    known = track.healthy_at if track.host_id == block.host_id else None
    return Track(
        host_id=block.host_id,
        host_name=_name(block),
        is_leaving=block.local_maintenance,
        heartbeat_at=peer.changed_at,
        healthy_at=peer.changed_at if block.health is Health.GOOD else known,
    )


def _name(block: HostBlock) -> str:
    return block.name or f"host {block.host_id}"


def _failover(track: Track, name: str, healthy_at: float | None = None) -> Failover | None:
    begun_at, started_at, zero = track.begun_at, track.started_at, track.heartbeat_at
    if begun_at is None or started_at is None:
        return None

    def since(at: float | None) -> float | None:
        return None if at is None else round(at - zero, 1)

    cause = Cause.MAINTENANCE if track.is_leaving else Cause.HOST_LOST if track.is_lost else Cause.VM_ENDED
    detected_at = begun_at if track.detected_at is None else track.detected_at
    return Failover(
        cause=cause,
        from_host=track.host_name,
        to_host=name,
        at=round(track.wall_at, 3),
        last_healthy_s=since(track.healthy_at),
        detected_s=round(detected_at - zero, 1),
        lease_free_s=since(track.lease_free_at),
        start_begun_s=round(begun_at - zero, 1),
        started_s=round(started_at - zero, 1),
        healthy_s=since(healthy_at),
        failed_starts=track.failed_starts,
    )
