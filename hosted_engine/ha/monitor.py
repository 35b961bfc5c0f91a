"""Asks one question again and again in a thread of its own: whatever hangs, who wants the answer never waits."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")
HISTORY_S = 1000.0  # a little more than the quarter of an hour over which load is averaged


@dataclass(frozen=True, slots=True)
class Sample(Generic[T]):
    """One answer, or why there was none. `at` is when it ended, by the monotonic clock."""

    at: float
    took_s: float
    value: T | None
    error: str = ""


class Monitor(Generic[T]):
    """`ask` blocks for as long as it likes; after `limit_s` without an answer nothing is known any more.

    A question that hangs takes this one thread, not one per period. `monotonic` never jumps.
    """

    def __init__(
        self, name: str, ask: Callable[[], T], *, period_s: float, limit_s: float, monotonic: Callable[[], float]
    ) -> None:
        self.name = name
        self.period_s, self.limit_s = period_s, limit_s
        self._ask = ask
        self._monotonic = monotonic
        self._begun_at: float | None = None
        self._samples: deque[Sample[T]] = deque(maxlen=max(2, int(HISTORY_S / period_s)))
        self._answered_from: float | None = None  # when the last question that has ended was begun
        self._answered = threading.Condition()
        self._woken = threading.Event()
        self._ended = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name=self.name, daemon=True).start()

    def stop(self) -> None:
        """Ask no more; a question that hangs is left behind."""
        self._ended.set()
        self._woken.set()

    def wake(self) -> None:
        """Ask now, not only when the period is over."""
        self._woken.set()

    def refresh(self, timeout_s: float) -> None:
        """Ask now, and return when a question that begins from now on has ended, at the latest after `timeout_s`."""
        asked_at = self._monotonic()
        self.wake()
        with self._answered:
            self._answered.wait_for(
                lambda: self._answered_from is not None and self._answered_from >= asked_at, timeout_s
            )

    def latest(self) -> Sample[T]:
        """The last answer while it counts; else a sample without a value that says why."""
        now = self._monotonic()
        begun_at = self._begun_at
        if begun_at is not None and now - begun_at > self.limit_s:
            waiting_s = now - begun_at
            return Sample(now, waiting_s, None, f"no answer for {waiting_s:.0f} s")
        if not self._samples:
            return Sample(now, 0.0, None, "not asked yet")
        last = self._samples[-1]
        if now - last.at > self.period_s + self.limit_s:
            return Sample(now, 0.0, None, f"the last answer is {now - last.at:.0f} s old")
        return last

    def history(self) -> tuple[Sample[T], ...]:
        """The oldest first."""
        return tuple(self._samples)

    def observe(self) -> None:
        """Ask once."""
        begun_at = self._begun_at = self._monotonic()
        value, error = None, ""
        try:
            value = self._ask()
        except Exception as err:  # noqa: BLE001  the thread's outermost: one that ends would never know anything again
            error = str(err) or type(err).__name__
        ended_at = self._monotonic()
        self._report(error)
        self._samples.append(Sample(ended_at, ended_at - begun_at, value, error))
        self._begun_at = None
        with self._answered:
            self._answered_from = begun_at
            self._answered.notify_all()

    def _report(self, error: str) -> None:
        before = self._samples[-1].error if self._samples else ""
        if bool(error) != bool(before):
            log.log(logging.WARNING if error else logging.INFO, "%s: %s", self.name, error or "well again")

    def _run(self) -> None:
        while not self._ended.is_set():
            self.observe()
            self._woken.wait(self.period_s)
            self._woken.clear()
