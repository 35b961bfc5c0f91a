"""What a node keeps from round to round, and what of it the others and its own next life may read. Pure.

A round of the daemon: look, `next_view`, `decide`, `after_decision`, write `own_block`, act, `after_action`. Power may
fail between any two of them: what matters then is the lease and the VM, and both are looked at, not remembered.
"""

from dataclasses import replace

from hosted_engine.ha.ranking import better_host, own_score
from hosted_engine.ha.states import Action, Outcome, State, VmState
from hosted_engine.ha.view import Decision, Memory, View
from hosted_engine.ha.whiteboard import HostBlock

_RUNS_HERE = frozenset({State.ENGINE_UP, State.ENGINE_UP_BAD_HEALTH})


def after_decision(view: View, decision: Decision) -> Memory:
    """What the node remembers before it acts."""
    memory, now = view.memory, view.now
    changed = decision.state is not memory.state
    failed = tuple(at for at in memory.failed_starts if now - at < view.profile.failed_start_window_s)
    return Memory(
        state=decision.state,
        since=now if changed else memory.since,
        failed_starts=(*failed, now) if decision.failed_start else failed,
        stop_counts=_stop_counts(memory, decision),
        migrating_to=_migrating_to(memory, decision),
        migration_failed_at=memory.migration_failed_at if _is_moving_hard(view) else None,
        migration_failed_to=memory.migration_failed_to if _is_moving_hard(view) else (),
        resume_failed_since=memory.resume_failed_since if decision.action is Action.RESUME else None,
        better_since=_better_since(view, decision),
        fence_failed_at=memory.fence_failed_at,
        refused_at=memory.refused_at,
        paused=view.vm is VmState.PAUSED,
    )


def after_action(memory: Memory, action: Action, outcome: Outcome, now: float) -> Memory:
    """What the node remembers of how an action ended, in whatever round that is."""
    match action, outcome:
        case Action.START, Outcome.DONE:
            return replace(memory, state=State.ENGINE_STARTING, since=now)
        case Action.START, Outcome.LEASE_HELD:
            return replace(memory, refused_at=now)
        case Action.START, Outcome.FAILED:
            return replace(memory, state=State.ENGINE_DOWN, since=now, failed_starts=(*memory.failed_starts, now))
        case Action.MIGRATE, Outcome.DONE:
            return replace(memory, state=State.ENGINE_MAYBE_AWAY, since=now)
        case Action.MIGRATE, _:
            failed = memory.migration_failed_to
            to = () if memory.migrating_to is None or memory.migrating_to in failed else (memory.migrating_to,)
            return replace(memory, migrating_to=None, migration_failed_at=now, migration_failed_to=(*failed, *to))
        case Action.RESUME, Outcome.FAILED if memory.resume_failed_since is None:
            return replace(memory, resume_failed_since=now)
        case Action.FENCE, Outcome.FAILED:
            return replace(memory, fence_failed_at=now)
    return memory


def own_block(
    view: View,
    decision: Decision,
    memory: Memory,
    sequence: int,
    *,
    boot_id: str,
    name: str,
    written_at: float,
    version: str = "",
) -> HostBlock:
    """What the others are told; `memory`: as it is after the decision."""
    return HostBlock(
        host_id=view.host_id,
        sequence=sequence,
        state=decision.state,
        score=own_score(view, decision.state, memory).value,
        name=name,
        vm=view.vm,
        health=view.health,
        local_maintenance=view.local_maintenance,
        target=memory.migrating_to,
        boot_id=boot_id,
        since=memory.since,
        failed_starts=memory.failed_starts,
        written_at=written_at,
        version=version,
    )


def stopped(block: HostBlock, sequence: int) -> HostBlock:
    """The last word of a daemon that is stopped in order. Its engine VM, if there is one, runs on."""
    return HostBlock(
        host_id=block.host_id,
        sequence=sequence,
        state=State.AGENT_STOPPED,
        score=0,
        name=block.name,
        vm=block.vm,
        local_maintenance=block.local_maintenance,
        boot_id=block.boot_id,
        since=block.since,
        failed_starts=block.failed_starts,
        written_at=block.written_at,
    )


def restore(block: object, boot_id: str, now: float) -> Memory:
    """The memory of a daemon that starts, from its own block as it was read. After a boot nothing of that holds."""
    if not isinstance(block, HostBlock) or block.boot_id != boot_id:
        return Memory(since=now)
    state = State.REINITIALIZE if block.state is State.AGENT_STOPPED else block.state
    past = tuple(at for at in block.failed_starts if at <= now)
    return Memory(state=state, since=min(block.since, now), failed_starts=past, migrating_to=block.target)


def _migrating_to(memory: Memory, decision: Decision) -> int | None:
    if decision.action is Action.MIGRATE:
        return decision.target
    return memory.migrating_to if decision.state in _RUNS_HERE | {State.ENGINE_MAYBE_AWAY} else None


def _is_moving_hard(view: View) -> bool:
    """A live migration failed not long ago."""
    failed_at = view.memory.migration_failed_at
    return failed_at is not None and view.now - failed_at < view.profile.failed_start_window_s


def _stop_counts(memory: Memory, decision: Decision) -> bool:
    if decision.action is Action.STOP or decision.sick:
        return decision.sick
    return memory.stop_counts and decision.state in (State.ENGINE_STOP, State.ENGINE_FORCE_STOP)


def _better_since(view: View, decision: Decision) -> float | None:
    if decision.state not in _RUNS_HERE or better_host(view) is None:
        return None
    return view.now if view.memory.better_since is None else view.memory.better_since
