"""Waits for what takes its time, with a limit, and keeps telling what it still waits for."""

from collections.abc import Awaitable, Callable

from node.api.problems import Failed
from node.system.clock import Clock

PAUSE_S = 1.0


class WaitedTooLong(Failed):
    what = "Waited {limit} s in vain until {what}"
    why = "{reason}"
    mend = "Mend what the reason names and run it again: it goes on from here"


class Patience:
    """`tell` is called with what is waited for, again and again."""

    def __init__(self, clock: Clock, tell: Callable[[str], None]) -> None:
        self.clock, self._tell = clock, tell

    async def until(self, what: str, why_not: Callable[[], Awaitable[str | None]], *, limit_s: float) -> None:
        """Ask `why_not` until it has nothing to say. Raises WaitedTooLong with the last reason."""
        end = self.clock.monotonic() + limit_s
        while (reason := await why_not()) is not None:
            self._tell(reason)
            if self.clock.monotonic() >= end:
                raise WaitedTooLong(what=what, limit=int(limit_s), reason=reason)
            await self.clock.sleep(PAUSE_S)
