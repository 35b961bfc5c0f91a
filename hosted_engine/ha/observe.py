"""Makes the view of a round from the one before and what the monitors found: the `since` of everything. Pure."""

from hosted_engine.ha.profiles import DEFAULT, Profile
from hosted_engine.ha.states import Fencing, Health
from hosted_engine.ha.view import Facts, Lease, Memory, Peer, Storage, View
from hosted_engine.ha.whiteboard import BadBlock, HostBlock


def first_view(host_id: int, now: float, profile: Profile = DEFAULT, memory: Memory | None = None) -> View:
    """What a node knows before its first look: nothing."""
    return View(now=now, host_id=host_id, profile=profile, memory=memory or Memory(since=now), lease=Lease(since=now))


def next_view(before: View, facts: Facts, memory: Memory) -> View:
    """`memory`: as it is after the last decision and action."""
    now = facts.now
    health = facts.health if facts.vm.is_here else Health.UNKNOWN
    said = facts.global_maintenance
    return View(
        now=now,
        host_id=before.host_id,
        memory=memory,
        profile=before.profile,
        storage=_storage(before.storage, facts),
        vm=facts.vm,
        vm_since=before.vm_since if facts.vm is before.vm else now,
        health=health,
        health_since=before.health_since if health is before.health else now,
        healthy_at=now if health is Health.GOOD else before.healthy_at,
        booted_at=facts.booted_at,
        lease=_lease(before.lease, facts),
        global_maintenance=before.global_maintenance if said is None else said,
        local_maintenance=facts.local_maintenance,
        measurements=facts.measurements,
        peers=_peers(before.peers, facts),
        running=facts.running,
        clock_trouble=facts.clock_trouble,
        restart_asked_at=facts.restart_asked_at,
    )


def _storage(before: Storage, facts: Facts) -> Storage:
    since = before.readable_since if before.readable_since is not None else facts.now
    return Storage(
        readable=facts.storage_readable,
        writable=facts.storage_writable,
        full=facts.storage_full,
        read_at=facts.now if facts.storage_read_at is None else facts.storage_read_at,
        readable_since=since if facts.storage_readable else None,
        full_at=facts.now if facts.storage_full else before.full_at,
    )


def _lease(before: Lease, facts: Facts) -> Lease:
    state, host_id = facts.lease
    same = before.state is state and before.host_id == host_id
    return before if same else Lease(state=state, host_id=host_id, since=facts.now)


def _peers(before: tuple[Peer, ...], facts: Facts) -> tuple[Peer, ...]:
    known = {peer.host_id: peer for peer in before}
    answering, fencing = dict(facts.answering), dict(facts.fencing)
    return tuple(
        Peer(
            host_id=host_id,
            block=block,
            sequence=block.sequence if isinstance(block, HostBlock) else _sequence(known.get(host_id)),
            changed_at=_changed_at(known.get(host_id), block, facts.now),
            answers=answering.get(host_id),
            answers_since=_answers_since(known.get(host_id), answering.get(host_id), facts),
            answered_at=_answered_at(known.get(host_id), answering.get(host_id), facts),
            fencing=fencing.get(host_id, Fencing.NONE),
        )
        for host_id, block in facts.blocks
    )


def _sequence(was: Peer | None) -> int | None:
    return None if was is None else was.sequence


def _changed_at(was: Peer | None, block: HostBlock | BadBlock, now: float) -> float | None:
    """A block seen for the first time proves nothing, and what cannot be read is no sign of life."""
    if was is None or was.sequence is None or not isinstance(block, HostBlock):
        return None if was is None else was.changed_at
    return now if block.sequence != was.sequence else was.changed_at


def _answers_since(was: Peer | None, answers: bool | None, facts: Facts) -> float:
    """A peer that does not answer has not done so since it did last, or since it was asked for the first time."""
    if was is not None and was.answers is answers:
        return was.answers_since
    if answers is not False or facts.answering_at is None:
        return facts.now
    return facts.answering_at if was is None or was.answered_at is None else was.answered_at


def _answered_at(was: Peer | None, answers: bool | None, facts: Facts) -> float | None:
    """Nothing where it was not asked for a while: that is no silence of the peer's."""
    if answers is None or was is None:
        return None
    return facts.answering_at if answers else was.answered_at
