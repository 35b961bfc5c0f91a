"""Who lives, who claims the engine, who is the fittest to run it: what a node reads out of its view. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from hosted_engine.ha.score import FAILED_STARTS_BEARABLE, MOVE_THRESHOLD, Score, rate
from hosted_engine.ha.states import LeaseState, State, VmState
from hosted_engine.ha.view import Memory, Peer, View
from hosted_engine.ha.whiteboard import HostBlock

_CANNOT_START = frozenset({State.LOCAL_MAINTENANCE, State.AGENT_STOPPED, State.UNKNOWN_LOCAL_VM, State.REINITIALIZE})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host that could run the engine. `last_resort`: only when there is none without this word."""

    host_id: int
    score: int
    last_resort: bool


def readable_since(view: View) -> float:
    """Since when the engine volume could be read without a break; now, where it cannot."""
    since = view.storage.readable_since
    return view.now if since is None else since


def unseen_for_s(view: View, peer: Peer) -> float:
    """How long this node has been able to read the whiteboard without seeing the peer write.

    Up to the last round on the volume that ended: while this node waits for its own storage, it sees nobody.
    """
    since, read_at = view.storage.readable_since, view.storage.read_at
    if since is None:
        return 0.0
    until = view.now if read_at is None else read_at
    return max(0.0, until - (since if peer.changed_at is None else max(since, peer.changed_at)))


def is_alive(view: View, peer: Peer) -> bool:
    return peer.changed_at is not None and unseen_for_s(view, peer) < view.profile.lost_after_s


def is_watching(view: View) -> bool:
    """Of some peer this node cannot know yet whether it lives."""
    return any(p.changed_at is None and unseen_for_s(view, p) < view.profile.lost_after_s for p in view.peers)


def find_peer(view: View, host_id: int | None) -> Peer | None:
    return next((peer for peer in view.peers if peer.host_id == host_id), None)


def find_claimant(view: View) -> HostBlock | None:
    """A living peer that says the engine VM is on it. That of an owner who is proven dead is worth nothing.

    Unless its VM is paused: that has no lease, and goes on when its host is in the lockspace again, in another life.
    """
    expired = view.lease.host_id if view.lease.state is LeaseState.EXPIRED else None
    for peer in view.peers:
        block = peer.block
        if not isinstance(block, HostBlock) or not block.vm.is_here or not is_alive(view, peer):
            continue
        if peer.host_id != expired or block.vm is VmState.PAUSED:
            return block
    return None


def failed_starts(memory: Memory, now: float, window_s: float) -> int:
    return len([at for at in memory.failed_starts if now - at < window_s])


def own_score(view: View, state: State, memory: Memory | None = None) -> Score:
    """The score of this node in `state`; a host that is to be left has none, though the engine is still on it."""
    failed = failed_starts(memory or view.memory, view.now, view.profile.failed_start_window_s)
    return rate(State.LOCAL_MAINTENANCE if view.local_maintenance else state, view.measurements, failed)


def candidates(view: View) -> list[Candidate]:
    """Who could start the engine now, this node too; the fittest first, ties go to the lowest host id."""
    every = [c for c in (_own(view), *_peers(view)) if c is not None]
    fit = [c for c in every if not c.last_resort] or every
    return sorted(fit, key=lambda c: (-c.score, c.host_id))


def better_host(view: View, but: Collection[int] = ()) -> Candidate | None:
    """A peer, not one of `but`, to which a running engine should move."""
    own = own_score(view, State.ENGINE_UP).value
    best = find_taker(view, but)
    return best if best is not None and best.score >= own + MOVE_THRESHOLD else None


def find_taker(view: View, but: Collection[int] = ()) -> Candidate | None:
    """The fittest peer, not one of `but`, that could take the running engine over."""
    fit = [c for c in _peers(view) if not c.last_resort and c.host_id not in but]
    return min(fit, key=lambda c: (-c.score, c.host_id), default=None)


def _own(view: View) -> Candidate | None:
    score = own_score(view, State.ENGINE_DOWN).value
    failed = failed_starts(view.memory, view.now, view.profile.failed_start_window_s)
    if view.local_maintenance or failed > FAILED_STARTS_BEARABLE:
        return None
    if view.memory.state is State.ENGINE_UNEXPECTEDLY_DOWN:
        return Candidate(view.host_id, 0, last_resort=True)
    return Candidate(view.host_id, score, last_resort=score == 0)


def _peers(view: View) -> Iterator[Candidate]:
    for peer in view.peers:
        block = peer.block
        if not isinstance(block, HostBlock) or not is_alive(view, peer) or block.state in _CANNOT_START:
            continue
        if block.vm is not VmState.ABSENT or len(block.failed_starts) > FAILED_STARTS_BEARABLE:
            continue
        yield Candidate(peer.host_id, block.score, last_resort=block.score == 0)
