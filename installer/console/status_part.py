"""One part of the status, asked again and again: a part that hangs or fails says so, and holds up no other."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from installer.console.model import Lines


@dataclass(frozen=True, slots=True)
class StatusPart:
    """`ask` blocks; whatever it raises is why nothing is known. An answer that takes longer than `limit_s` is said to
    be missing, and goes on being waited for: what hangs is asked once, not once more each time."""

    title: str
    ask: Callable[[], Lines]
    every_s: float = 5.0
    limit_s: float = 10.0


@dataclass(frozen=True, slots=True)
class _Answer:
    lines: Lines
    at: float


class Watch:
    """Asks `status_part` in a thread of its own; `lines` is what can be said of it now. The thread dies with the
    process: one that waits in a dead mount can be ended by nobody, and Textual's workers would be waited for at the
    end."""

    def __init__(
        self,
        status_part: StatusPart,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.title = status_part.title
        self._part, self._clock, self._now = status_part, clock, now
        self._known: _Answer | None = None
        self._known_at = ""
        self._asked_at: float | None = None
        self._again = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._go, name=f"status {self.title}", daemon=True).start()

    def ask_now(self) -> None:
        """Do not wait for the next time."""
        self._again.set()

    def lines(self) -> Lines:
        known, asked_at = self._known, self._asked_at
        late_s = 0.0 if asked_at is None else self._clock() - asked_at
        if late_s <= self._part.limit_s:
            return known.lines if known is not None else ("being asked ...",)
        late = f"! unknown: no answer for {late_s:.0f} s"
        return (late,) if known is None else (f"{late}; at {self._known_at} it was:", *known.lines)

    def ask_once(self) -> None:
        """One question and its answer, in the caller's thread."""
        self._asked_at = self._clock()
        try:
            lines = self._part.ask()
        except Exception as err:  # noqa: BLE001 - the outermost loop of a thread: whatever is broken is said
            lines = (f"! unknown: {describe(err)}",)
        self._known, self._known_at = _Answer(lines, self._clock()), f"{self._now():%H:%M:%S}"
        self._asked_at = None

    def _go(self) -> None:
        while True:
            self.ask_once()
            self._again.wait(self._part.every_s)
            self._again.clear()


def describe(err: BaseException) -> str:
    """In one line: why it went wrong, of a Problem its reason alone."""
    if isinstance(err, PermissionError):
        return f"this needs root ({err.strerror or err})"
    if isinstance(err, OSError) and err.strerror:
        return f"{err.strerror}{f': {err.filename}' if err.filename else ''}"
    text = getattr(err, "text", None)
    reason = text.why if text is not None and hasattr(text, "why") else str(err)
    return " ".join(str(reason).split()) or type(err).__name__
