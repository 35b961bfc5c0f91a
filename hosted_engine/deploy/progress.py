"""Tells whoever watches a deploy how far it is: lines with step names and times, or the same as JSON."""

import asyncio
import re
from collections.abc import Callable

import msgspec

from node.clock import Clock
from node.steps import Mark, Progress

REPORT_EVERY_S = 5.0


class ProgressReporter:
    """`say` takes one finished line. A step that goes on for long is told again, with what it waits for."""

    def __init__(self, write: Callable[[str], None], clock: Clock, *, as_json: bool = False) -> None:
        self._write, self._clock, self._as_json = write, clock, as_json
        self._begun = clock.monotonic()
        self._step_begun = self._begun
        self._now = "Look at what is there"
        self._waits_for = ""
        self._reported_at = self._begun

    def step(self, progress: Progress) -> None:
        """For the executor: a step has begun or ended."""
        self._now = f"[{progress.number}/{progress.total}] {progress.step.description}"
        match progress.mark:
            case Mark.STARTED:
                self._step_begun = self._clock.monotonic()
                self._line(self._now, step=progress.step.key, mark=progress.mark)
            case Mark.DONE:
                took_s = self._clock.monotonic() - self._step_begun
                self._line(f"{self._now}: done in {took_s:.1f} s", step=progress.step.key, mark=progress.mark)
                self._now = "Look again"
            case _:
                self._line(f"{self._now}: {progress.mark}", step=progress.step.key, mark=progress.mark)
        self._waits_for = ""

    def wait(self, reason: str) -> None:
        """What is waited for now; told with the next news."""
        self._waits_for = reason

    def report_wait(self) -> None:
        """Say what is going on, where nothing has been said for a while; the longer it goes on, the longer a while."""
        step_s = self._clock.monotonic() - self._step_begun
        if self._clock.monotonic() - self._reported_at >= max(REPORT_EVERY_S, step_s / 4):
            waits = f": {self._waits_for}" if self._waits_for else ""
            self._line(f"{self._now} … {step_s:.0f} s{waits}", waits=self._waits_for)

    def report(self, line: str) -> None:
        self._line(line)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(1)
            self.report_wait()

    def _line(self, text: str, **more: str) -> None:
        self._reported_at = self._clock.monotonic()
        elapsed_s = self._reported_at - self._begun
        if self._as_json:
            self._write(msgspec.json.encode({"elapsed_s": round(elapsed_s, 1), "says": text} | more).decode())
        else:
            self._write(f"{int(elapsed_s) // 60:3d}:{int(elapsed_s) % 60:02d}  {text}")


def is_passing(line: str) -> bool:
    """Is it the beginning of a step or a wait within it, and not its end?"""
    begins = re.search(r"\[\d+/\d+\]", line) is not None and re.search(r": (done|failed|undone)\b", line) is None
    return begins or " … " in line
