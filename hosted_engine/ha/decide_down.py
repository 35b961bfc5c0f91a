"""What a node does while the engine VM is not on it: find out whether it is its turn to start it. Pure."""

from hosted_engine.ha.ranking import (
    candidates,
    failed_starts,
    find_claimant,
    find_peer,
    is_alive,
    is_watching,
    own_score,
    readable_since,
    unseen_for_s,
)
from hosted_engine.ha.states import Action, Fencing, LeaseState, State
from hosted_engine.ha.view import Decision, Peer, View
from hosted_engine.ha.whiteboard import HostBlock

_RAN_HERE = frozenset({State.ENGINE_UP, State.ENGINE_UP_BAD_HEALTH})
_STOPPED_HERE = frozenset({State.ENGINE_STOP, State.ENGINE_FORCE_STOP})
_FENCE_AGAIN_S = 60


def decide_down(view: View) -> Decision:
    state = view.memory.state
    if state in _RAN_HERE:
        return _vanished(view)
    if state is State.ENGINE_STARTING:
        return _start_vanished(view)
    if state in _STOPPED_HERE:
        reason = "The engine VM has been stopped"
        return Decision(state=_rest(view), action=Action.NONE, reason=reason, failed_start=view.memory.stop_counts)
    if view.local_maintenance:
        return _wait(State.LOCAL_MAINTENANCE, "This host is in maintenance")
    if state is State.ENGINE_MAYBE_AWAY:
        return _maybe_away(view)
    if state is State.ENGINE_UNEXPECTEDLY_DOWN:
        return _unexpectedly_down(view)
    if state not in (State.ENGINE_DOWN, State.ENGINE_START):
        return _wait(State.ENGINE_DOWN, "The engine VM is not here")
    return _start_or_wait(view)


def _wait(state: State, reason: str) -> Decision:
    return Decision(state=state, action=Action.NONE, reason=reason)


def _rest(view: View) -> State:
    return State.LOCAL_MAINTENANCE if view.local_maintenance else State.ENGINE_DOWN


def _lost_storage(view: View) -> bool:
    """sanlock ends a VM whose host lost its storage: nothing is wrong with the host itself."""
    since = view.storage.readable_since
    return since is None or view.now - since < view.profile.lost_after_s


def _held_elsewhere(view: View) -> bool:
    return view.lease.state is LeaseState.HELD and view.lease.host_id not in (None, view.host_id)


def _vanished(view: View) -> Decision:
    if view.memory.migrating_to is not None or _held_elsewhere(view):
        return _wait(State.ENGINE_MAYBE_AWAY, "The engine VM left this host")
    if _lost_storage(view) or view.memory.paused:  # one that must not go on is ended by whoever sees it first
        return _wait(_rest(view), "The engine VM ended with the storage of this host")
    return _wait(State.ENGINE_UNEXPECTEDLY_DOWN, "The engine VM ended by itself")


def _start_vanished(view: View) -> Decision:
    if view.now - view.memory.since < 2 * view.profile.period_s:
        return _wait(State.ENGINE_STARTING, "The engine VM was started, libvirt does not show it yet")
    if _held_elsewhere(view):
        return _wait(State.ENGINE_MAYBE_AWAY, "The engine VM left this host")
    lost = _lost_storage(view)
    reason = (
        "The engine VM ended with the storage of this host" if lost else "The engine VM ended before it was healthy"
    )
    return Decision(state=_rest(view), action=Action.NONE, reason=reason, failed_start=not lost)


def _maybe_away(view: View) -> Decision:
    claimant = find_claimant(view)
    if claimant is not None:
        return _wait(State.ENGINE_DOWN, f"The engine is on host {claimant.host_id}")
    waited, grace = view.now - view.memory.since, view.profile.lost_after_s
    if waited < grace:
        return _wait(State.ENGINE_MAYBE_AWAY, "The engine VM left this host; no other host shows it yet")
    if view.lease.state in (LeaseState.FREE, LeaseState.EXPIRED) and not _lost_storage(view):
        return _wait(State.ENGINE_UNEXPECTEDLY_DOWN, "The engine VM left this host and is nowhere")
    return _wait(State.ENGINE_DOWN, "The engine VM left this host; its lease says where it is")


def _unexpectedly_down(view: View) -> Decision:
    waited = view.now - view.memory.since
    if waited >= view.profile.unexpectedly_down_s:
        return _wait(State.ENGINE_DOWN, "It is long enough ago that the engine VM ended here by itself")
    alone_s = view.profile.lost_after_s + view.profile.start_backoff_s
    is_last = any(c.host_id == view.host_id for c in candidates(view))
    if is_last and waited >= alone_s and find_claimant(view) is None and _why_not_takeable(view) is None:
        return _wait(State.ENGINE_DOWN, "The engine VM ended here by itself, but no other host could start it")
    return _wait(State.ENGINE_UNEXPECTEDLY_DOWN, "The engine VM ended here by itself: another host starts it")


def _start_or_wait(view: View) -> Decision:
    if (why := _why_blind(view)) is not None:
        return _wait(State.ENGINE_DOWN, why)
    lost = _lost_owner(view)
    if lost is None and (why := _why_claimed(view)) is not None:
        return _wait(State.ENGINE_DOWN, why)
    if (why := _why_not_fit(view)) is not None:
        return _wait(State.ENGINE_DOWN, why)
    if lost is not None and (fence := _fence(view, lost)) is not None:
        return fence
    if (why := _why_claimed(view) or _why_not_takeable(view) or _why_not_our_turn(view)) is not None:
        return _wait(State.ENGINE_DOWN, why)
    return Decision(
        state=State.ENGINE_START,
        action=Action.START,
        reason="The engine runs nowhere and this host is the one to start it",
    )


def _why_blind(view: View) -> str | None:
    if not view.storage.readable:
        return "The engine volume cannot be read from here"
    if not view.storage.writable:
        return "The engine volume is full" if view.storage.full else "The engine volume cannot be written from here"
    if view.global_maintenance is None:
        return "The whiteboard does not say whether there is global maintenance"
    return None


def _why_not_fit(view: View) -> str | None:
    if all(c.host_id != view.host_id for c in candidates(view)):
        failed = failed_starts(view.memory, view.now, view.profile.failed_start_window_s)
        score = own_score(view, State.ENGINE_DOWN).value
        return f"This host is not fit to start it: score {score}, {failed} failed starts"
    if is_watching(view):
        return "This host has not watched the others for long enough to know who lives"
    return None


def _why_claimed(view: View) -> str | None:
    claimant = find_claimant(view)
    if claimant is not None and not _is_claim_refuted(view):
        return f"The engine is on host {claimant.host_id}"
    return None


def _is_claim_refuted(view: View) -> bool:
    """The lease has been free for so long that who claims the engine must be wrong.

    A VM that its storage has paused gives its lease back and takes it again when it goes on, so that the time in which
    the storage was away, or had no room, does not count.
    """
    takeable = view.lease.state in (LeaseState.FREE, LeaseState.EXPIRED)
    since = max(view.lease.since, readable_since(view), view.storage.full_at or 0)
    return takeable and view.now - since >= view.profile.claim_grace_s


def _why_not_takeable(view: View) -> str | None:
    """Why a start could not get the lease. That of a host silent for long enough is tried: sanlock knows the moment."""
    lease = view.lease
    if lease.state in (LeaseState.UNREADABLE, LeaseState.UNKNOWN):
        return "It cannot be read who holds the engine's lease"
    if lease.state is not LeaseState.HELD or lease.host_id == view.host_id:
        return None
    if view.now < _dead_from(view):
        return f"Host {lease.host_id} holds the engine's lease"
    return None


def _dead_from(view: View) -> float:
    """When sanlock should count the lease's owner as dead, if what it says of it is not known here."""
    owner = find_peer(view, view.lease.host_id)
    if owner is None:
        return view.lease.since + view.profile.host_dead_s
    if is_alive(view, owner) or view.storage.readable_since is None:
        return float("inf")
    since = view.storage.readable_since if owner.changed_at is None else owner.changed_at
    return since + view.profile.host_dead_s


def _takeable_since(view: View) -> float:
    if view.lease.state is LeaseState.HELD and view.lease.host_id != view.host_id:
        return max(view.lease.since, _dead_from(view))
    return view.lease.since


def _rank(view: View) -> int:
    return next(rank for rank, c in enumerate(candidates(view)) if c.host_id == view.host_id)


def _why_not_our_turn(view: View) -> str | None:
    refused_at, again_s = view.memory.refused_at, view.profile.start_backoff_s
    if refused_at is not None and view.now - refused_at < again_s and find_claimant(view) is not None:
        return "The engine's lease was found held a moment ago, and another host claims the engine"
    failed = view.memory.failed_starts
    if failed and view.now - failed[-1] < len(failed) * again_s:
        return f"{len(failed)} starts failed here; the next one is tried {len(failed) * again_s:.0f} s after the last"
    first, rank = candidates(view)[0], _rank(view)
    wait_s = (rank + first.last_resort) * view.profile.start_backoff_s
    waited = view.now - _takeable_since(view)
    if waited >= wait_s:
        return None
    if rank:
        return f"Host {first.host_id} is the first to start the engine; this one follows after {wait_s - waited:.0f} s"
    return f"No host is really fit; this one starts the engine after {wait_s - waited:.0f} s"


def _lost_owner(view: View) -> Peer | None:
    """The holder of the lease, when it neither writes nor answers.

    Where only its daemon died, or only its network, the engine may be well. Its death stalls the volume for all, so
    that two rounds without a write have to do.
    """
    owner = find_peer(view, view.lease.host_id) if view.lease.state is LeaseState.HELD else None
    if owner is None or owner.answers is not False or unseen_for_s(view, owner) < 2 * view.profile.period_s:
        return None
    return owner


def _is_meant_to_be_away(owner: Peer) -> bool:
    """Somebody works on that host, or stopped its daemon: its power is theirs."""
    block = owner.block
    return isinstance(block, HostBlock) and (block.local_maintenance or block.state is State.AGENT_STOPPED)


def _fence(view: View, owner: Peer) -> Decision | None:
    """Cut the power of a lost host that holds the lease; confirmed to be off, its lockspace id is given back."""
    if owner.fencing is Fencing.CONFIRMED:
        reason = f"Host {owner.host_id} is confirmed to be off: its lease need not be waited for"
        return Decision(state=State.ENGINE_DOWN, action=Action.FREE_HOST_ID, reason=reason, target=owner.host_id)
    failed_at = view.memory.fence_failed_at
    if owner.fencing is not Fencing.READY or _is_meant_to_be_away(owner):
        return None
    if failed_at is not None and view.now - failed_at < _FENCE_AGAIN_S:
        return None
    wait_s = view.profile.fence_after_s + _rank(view) * view.profile.start_backoff_s
    if view.now - owner.answers_since < wait_s:
        return None
    reason = f"Host {owner.host_id} holds the lease, does not write and does not answer: its power is cut"
    return Decision(state=State.ENGINE_DOWN, action=Action.FENCE, reason=reason, target=owner.host_id)
