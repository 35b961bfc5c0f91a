"""Waits for what takes its time, with a limit, and reports what it still waits for. For deploy and engine alike."""

from collections.abc import Awaitable, Callable

from node.api.problems import Failed
from node.clock import Clock
from node.waiting import wait_until

PAUSE_S = 1.0


class WaitedTooLong(Failed):
    what = "Waited {limit} s in vain until {what}"
    why = "{reason}"
    mend = "Mend what the reason names and run it again: it goes on from here"


class Poller:
    """`report` is called with what is waited for, again and again."""

    def __init__(self, clock: Clock, report: Callable[[str], None] = lambda _: None) -> None:
        self.clock, self._report = clock, report

    async def until(self, what: str, why_not: Callable[[], Awaitable[str | None]], *, limit_s: float) -> None:
        """Ask `why_not` until it has nothing to say. Raises WaitedTooLong with the last reason."""
        last = ""

        async def probe() -> bool | None:
            nonlocal last
            if (reason := await why_not()) is None:
                return True
            self._report(last := reason)
            return None

        if await wait_until(probe, self.clock, within_s=limit_s, every_s=PAUSE_S) is None:
            raise WaitedTooLong(what=what, limit=int(limit_s), reason=last)
