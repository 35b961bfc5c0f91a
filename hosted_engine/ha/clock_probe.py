"""Compares the engine's clock with this host's and sets it where it is wrong. Calls block."""

from collections.abc import Callable, Collection

from hosted_engine.ha.clocks import TOLERATED_S, EngineClockWrong, offset_s, spelled, why_not_trusted
from node.api.problems import Problem
from node.clock import Clock

TIMES = 2  # it has to be wrong so often in a row: the guest may be setting it itself


class ClockProbe:
    """Answers how far ahead the engine's clock is, None where that is not known; raises what is wrong with a clock.

    `date`: the `Date` of the engine's answer, None when it does not answer. `others`: how far ahead the clocks of
    other hosts are. `may_set`: the engine's VM is this host's to care for. `set_time`: sets its clock, and may fail.
    """

    def __init__(
        self,
        date: Callable[[], str | None],
        others: Callable[[], Collection[float]],
        may_set: Callable[[], bool],
        set_time: Callable[[float], None],
        clock: Clock,
    ) -> None:
        self._date, self._others, self._may_set, self._set_time, self._clock = date, others, may_set, set_time, clock
        self._wrong = 0

    def __call__(self) -> float | None:
        """Raises HostClockWrong, EngineClockWrong."""
        if (doubt := why_not_trusted(self._clock.now(), self._others())) is not None:
            raise doubt
        if not self._may_set():
            self._wrong = 0
            return None
        asked_at = self._clock.now()
        off = offset_s(self._date(), asked_at, self._clock.now())
        self._wrong = self._wrong + 1 if off is not None and abs(off) > TOLERATED_S else 0
        if off is not None and self._wrong >= TIMES:
            self._set(off)
        return off

    def _set(self, off: float) -> None:
        now, trouble = self._clock.now(), ""
        try:
            self._set_time(now)
        except Problem as err:
            trouble = f", which failed: {err}"
        raise EngineClockWrong(engine=spelled(now + off), host=spelled(now), trouble=trouble)
