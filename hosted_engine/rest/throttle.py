"""Slows down addresses that try passwords of many names; what is tried of one name is counted in the store
(`engine/users/lockout`)."""

from collections.abc import Callable
from dataclasses import dataclass

FREE, LONGEST_PAUSE_S, FORGET_S, MOST_ADDRESSES = 20, 30.0, 3600.0, 1000


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0
    until: float = 0.0


class Throttle:
    """After twenty wrong passwords within an hour from one address, for whatever names, each further one makes a longer
    pause for it, up to half a minute. `clock` may be set."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[str, _Failures] = {}

    def allows(self, address: str) -> bool:
        failures = self._failures.get(address)
        left = failures.until - self._clock() if failures else 0.0
        return not 0 < left <= LONGEST_PAUSE_S  # a clock that was set back since makes no longer pause

    def failed(self, address: str) -> None:
        now = self._clock()
        failures = self._failures.pop(address, None)
        if failures is None or now - failures.last > FORGET_S:
            failures = _Failures()
        failures.count, failures.last = failures.count + 1, now
        if failures.count >= FREE:
            failures.until = now + min(2.0 ** min(failures.count - FREE, 10), LONGEST_PAUSE_S)
        self._failures[address] = failures
        if len(self._failures) > MOST_ADDRESSES:
            del self._failures[next(iter(self._failures))]
