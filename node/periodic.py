"""What is done again and again: the one loop that no error ends, and the book of what was tried in vain."""

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from node.clock import Clock

log = logging.getLogger(__name__)


async def periodically(
    clock: Clock, period_s: float, do: Callable[[], Awaitable[float | None]], *, trouble: str, later: bool = False
) -> None:
    """Call `do` for ever, each time `period_s` after it has ended, or as many seconds after as it returned.

    An error ends that call alone. It is logged below `trouble`, a sentence, and not again for as long as it stays the
    same. With `later` a period goes by before the first call, too.
    """
    last: str | None = None
    if later:
        await clock.sleep(period_s)
    while True:
        pause_s = None
        try:
            pause_s = await do()
        except Exception as err:
            error = f"{type(err).__name__}: {err}"
            if error != last:
                log.exception("%s; tried again every %.0f s", trouble, period_s)
            last = error
        else:
            if last is not None:
                log.info("over: %s", trouble)
            last = None
        await clock.sleep(period_s if pause_s is None else pause_s)


@dataclass(frozen=True, slots=True)
class _Tried:
    times: int
    at: float
    pause_s: float


class Retries:
    """What was tried in vain, by a key. Its turn comes again after `pause_s`, twice as late after each further try up
    to `longest_s`, and never after `limit` tries. In memory: a process that starts anew tries at once."""

    def __init__(self, pause_s: float, *, longest_s: float = 0.0, limit: int | None = None) -> None:
        self._pause_s = pause_s
        self._longest_s = max(pause_s, longest_s)
        self._limit = limit
        self._tried: dict[str, _Tried] = {}

    def is_due(self, key: str, now: float) -> bool:
        tried = self._tried.get(key)
        if tried is None:
            return True
        return (self._limit is None or tried.times < self._limit) and now - tried.at >= tried.pause_s

    def note(self, key: str, now: float) -> int:
        """A try; how many there were by now."""
        tried = self._tried.get(key, _Tried(0, now, self._pause_s / 2))
        pause_s = min(2 * tried.pause_s, self._longest_s)
        self._tried[key] = _Tried(tried.times + 1, now, pause_s)
        return tried.times + 1

    def forget(self, key: str) -> None:
        self._tried.pop(key, None)

    def forget_others(self, keys: Collection[str]) -> None:
        """All but these."""
        self._tried = {key: tried for key, tried in self._tried.items() if key in keys}
