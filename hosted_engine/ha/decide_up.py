"""What a node does while the engine VM is on it: leave it in peace, heal it, move it, stop it. Pure."""

from collections.abc import Callable

from hosted_engine.ha.ranking import Candidate, better_host, find_taker, own_score, readable_since
from hosted_engine.ha.states import Action, Health, LeaseState, State, VmState
from hosted_engine.ha.view import Decision, View

_STOPPING = frozenset({State.ENGINE_STOP, State.ENGINE_FORCE_STOP})


def decide_up(view: View) -> Decision:
    rules: tuple[Callable[[View], Decision | None], ...] = (
        _moving,
        _without_storage,
        _without_lease,
        _stopping,
        _asked,
        _paused,
        _sick,
        _leaving,
        _booting,
    )
    for rule in rules:
        if (decision := rule(view)) is not None:
            return decision
    if view.health is Health.GOOD:
        return _stay(State.ENGINE_UP, "The engine runs here and is healthy")
    return _stay(_as_it_was(view), "The engine runs here, its health is not known")


def _stay(state: State, reason: str) -> Decision:
    return Decision(state=state, action=Action.NONE, reason=reason)


def _as_it_was(view: View) -> State:
    """A VM that was found here has to show its health first."""
    known = (State.ENGINE_UP, State.ENGINE_UP_BAD_HEALTH, State.ENGINE_STARTING, *_STOPPING)
    return view.memory.state if view.memory.state in known else State.ENGINE_STARTING


def _moving(view: View) -> Decision | None:
    if view.now - view.vm_since >= view.profile.move_hangs_s:
        return None
    if view.vm is VmState.INCOMING:
        return _stay(State.ENGINE_DOWN, "The engine is coming here by live migration")
    if view.vm is VmState.OUTGOING:
        return _stay(State.ENGINE_UP, "The engine is leaving by live migration")
    return None


def _without_storage(view: View) -> Decision | None:
    """Without storage nothing here can be mended, and sanlock ends the VM in time if it has to end."""
    if view.storage.readable:
        return None
    return _stay(_as_it_was(view), "The engine runs here; the engine volume cannot be read, so its lease decides")


def _is_held_elsewhere(view: View) -> bool:
    return view.lease.state is LeaseState.HELD and view.lease.host_id not in (None, view.host_id)


def _without_lease(view: View) -> Decision | None:
    """Others may start the engine at any time then. They believe this host's claim for twice as long.

    Of a VM that it pauses libvirt gives the lease back, and takes it again before the VM goes on. When another host has
    it the engine ran there, or runs: a paused VM knows nothing of what was written since, and must never go on.
    """
    lease = view.lease
    if view.vm is VmState.PAUSED and _is_held_elsewhere(view):
        reason = f"The VM was paused, and host {lease.host_id} has had its lease since: it must not go on any more"
        return Decision(state=State.ENGINE_FORCE_STOP, action=Action.DESTROY, reason=reason)
    is_nobodys = lease.state in (LeaseState.FREE, LeaseState.EXPIRED) and view.vm is not VmState.PAUSED
    proven = is_nobodys or _is_held_elsewhere(view)
    since = max(lease.since, view.vm_since, readable_since(view))
    if not proven or view.now - since < view.profile.claim_grace_s / 2:
        return None
    holder = f"host {lease.host_id} holds it" if lease.state is LeaseState.HELD else "nobody holds it"
    return Decision(
        state=State.ENGINE_FORCE_STOP,
        action=Action.DESTROY,
        reason=f"The VM runs here without its lease: {holder}",
        sick=True,
    )


def _stopping(view: View) -> Decision | None:
    if view.memory.state not in _STOPPING:
        return None
    waited = view.now - view.memory.since
    if (
        view.memory.state is State.ENGINE_STOP
        and view.vm is not VmState.PAUSED
        and waited < view.profile.stop_timeout_s
    ):
        return _stay(
            State.ENGINE_STOP, f"Waiting for the guest to stop, {waited:.0f} of {view.profile.stop_timeout_s:.0f} s"
        )
    return Decision(state=State.ENGINE_FORCE_STOP, action=Action.DESTROY, reason="The guest did not stop in time")


def _asked(view: View) -> Decision | None:
    """What was asked for before the VM began to boot is done."""
    asked_at, booted_at = view.restart_asked_at, view.booted_at
    if asked_at is None or booted_at is None or asked_at <= booted_at:
        return None
    return _stop("A restart of the engine was asked for", sick=False)


def _paused(view: View) -> Decision | None:
    if view.vm is not VmState.PAUSED:
        return None
    if view.storage.full:
        return _stay(State.ENGINE_UP_BAD_HEALTH, "The VM is paused; the engine volume is full")
    if view.storage.writable is not True:
        return _stay(State.ENGINE_UP_BAD_HEALTH, "The VM is paused; the engine volume cannot be written")
    if view.lease.state in (LeaseState.UNKNOWN, LeaseState.UNREADABLE):
        reason = "The VM is paused; this host is not in the lockspace yet, so that it cannot have its lease again"
        return _stay(State.ENGINE_UP_BAD_HEALTH, reason)
    failed_since = view.memory.resume_failed_since
    if failed_since is not None and view.now - failed_since >= view.profile.bad_health_s:
        return _stop(f"The paused VM could not be resumed for {view.now - failed_since:.0f} s", sick=True)
    return Decision(
        state=State.ENGINE_UP_BAD_HEALTH, action=Action.RESUME, reason="The VM is paused; its disk can be written again"
    )


def _sick(view: View) -> Decision | None:
    """The time in which it was paused, without storage or without room does not count: it could not be well."""
    if view.health is not Health.BAD or _is_booting(view):
        return None
    if view.storage.full:
        return _stay(
            State.ENGINE_UP_BAD_HEALTH,
            "The engine's health is bad; the engine volume is full: a restart would not help",
        )
    bad_s = view.now - max(view.health_since, view.vm_since, readable_since(view), view.storage.full_at or 0)
    if bad_s >= view.profile.bad_health_s:
        return _stop(f"The engine's health has been bad for {bad_s:.0f} s", sick=True)
    return _stay(
        State.ENGINE_UP_BAD_HEALTH, f"The engine's health is bad, for {bad_s:.0f} of {view.profile.bad_health_s:.0f} s"
    )


def _is_booting(view: View) -> bool:
    """It may be unhealthy, for it was not healthy yet since it began to boot, here or by its own reboot."""
    booted_at, memory = view.booted_at, view.memory
    if _as_it_was(view) is State.ENGINE_STARTING:
        found_at = memory.since if memory.state is State.ENGINE_STARTING else view.now
        begin = found_at if booted_at is None else booted_at
    elif booted_at is not None and _unhealthy_since_boot(view, booted_at):
        begin = booted_at
    else:
        return False
    return view.now - begin < view.profile.boot_timeout_s


def _unhealthy_since_boot(view: View, booted_at: float) -> bool:
    """What was seen in the first seconds may be of before. A state of later than that says that it was healthy."""
    known_at = booted_at + view.profile.health_period_s + view.profile.health_timeout_s
    return view.memory.since <= known_at and (view.healthy_at is None or view.healthy_at <= known_at)


def _booting(view: View) -> Decision | None:
    if view.health is Health.GOOD or not _is_booting(view):
        return None
    return _stay(State.ENGINE_STARTING, "The VM runs, the engine in it is not healthy yet")


def _leaving(view: View) -> Decision | None:
    """A healthy engine moves when its host is to be left, or another has been better for long enough."""
    if view.health is not Health.GOOD:
        return None
    if view.local_maintenance:
        why = "This host goes into maintenance"
        if find_taker(view) is None:
            return _stay(State.ENGINE_UP, f"{why}, but no other host can take the engine")
        return _move(find_taker(view, view.memory.migration_failed_to), why)
    better, since = better_host(view), view.memory.better_since
    if better is None or since is None or view.now - since < view.profile.move_after_s:
        return None
    own = own_score(view, State.ENGINE_UP).value
    why = f"Host {better.host_id} has a score of {better.score} against {own} here"
    return _move(better_host(view, view.memory.migration_failed_to), why)


def _move(to: Candidate | None, why: str) -> Decision:
    """`to`: None when live migration to all that could take it failed."""
    if to is None:
        return _stop(f"{why}; live migration failed, so that the engine is started anew there", sick=False)
    reason = f"{why}: the engine moves to host {to.host_id}"
    return Decision(state=State.ENGINE_UP, action=Action.MIGRATE, reason=reason, target=to.host_id)


def _stop(why: str, *, sick: bool) -> Decision:
    return Decision(state=State.ENGINE_STOP, action=Action.STOP, reason=why, sick=sick)
