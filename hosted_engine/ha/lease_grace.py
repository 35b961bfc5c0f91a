"""Lets this host wait longer than its own sanlock for the lease of a host that is gone, while their timers differ."""

from collections.abc import Callable

from hosted_engine.ha.states import LeaseState

ObservedLease = tuple[LeaseState, int | None]


class LeaseGrace:
    """A question like `read`, whose answer "expired" counts `grace_s` after it was given first."""

    def __init__(self, read: Callable[[], ObservedLease], grace_s: float, monotonic: Callable[[], float]) -> None:
        self._read, self._grace_s, self._monotonic = read, grace_s, monotonic
        self._expired: tuple[int | None, float] | None = None

    def __call__(self) -> ObservedLease:
        state, host_id = self._read()
        if state is not LeaseState.EXPIRED:
            self._expired = None
            return state, host_id
        now = self._monotonic()
        if self._expired is None or self._expired[0] != host_id:
            self._expired = (host_id, now)
        return (state if now - self._expired[1] >= self._grace_s else LeaseState.HELD), host_id
