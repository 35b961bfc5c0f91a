"""Slows down whoever tries passwords, and nobody else."""

from collections.abc import Callable
from dataclasses import dataclass

_FREE_ATTEMPTS, _LONGEST_PAUSE_S, _REMEMBERED = 5, 30.0, 1000


@dataclass(slots=True)
class _Failures:
    count: int = 0
    until: float = 0.0


class Throttle:
    """After some wrong passwords in a row for a login from one address, each further one makes a longer pause there, up
    to half a minute. From elsewhere its user gets in: a stranger cannot keep anybody out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, str], _Failures] = {}

    def allows(self, source: str, login: str) -> bool:
        failures = self._failures.get((source, login))
        return failures is None or self._clock() >= failures.until

    def failed(self, source: str, login: str) -> None:
        failures = self._failures.setdefault((source, login), _Failures())
        failures.count += 1
        if failures.count >= _FREE_ATTEMPTS:
            pause = 2.0 ** min(failures.count - _FREE_ATTEMPTS, 10)
            failures.until = self._clock() + min(pause, _LONGEST_PAUSE_S)
        if len(self._failures) > _REMEMBERED:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, source: str, login: str) -> None:
        self._failures.pop((source, login), None)
