"""Tells whoever watches a deploy how far it is: lines with step names and times, or the same as JSON."""

import asyncio
import re
from collections.abc import Callable

import msgspec

from node.steps import Mark, Progress
from node.system.clock import Clock

NEWS_EVERY_S = 5.0


class Teller:
    """`say` takes one finished line. A step that goes on for long is told again, with what it waits for."""

    def __init__(self, say: Callable[[str], None], clock: Clock, *, as_json: bool = False) -> None:
        self._say, self._clock, self._as_json = say, clock, as_json
        self._begun = clock.monotonic()
        self._step_begun = self._begun
        self._now = "Look at what is there"
        self._waits_for = ""
        self._told_at = self._begun

    def step(self, progress: Progress) -> None:
        """For the executor: a step has begun or ended."""
        self._now = f"[{progress.number}/{progress.total}] {progress.step.says}"
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

    def news(self) -> None:
        """Say what is going on, where nothing has been said for a while; the longer it goes on, the longer a while."""
        step_s = self._clock.monotonic() - self._step_begun
        if self._clock.monotonic() - self._told_at >= max(NEWS_EVERY_S, step_s / 4):
            waits = f": {self._waits_for}" if self._waits_for else ""
            self._line(f"{self._now} … {step_s:.0f} s{waits}", waits=self._waits_for)

    def say(self, line: str) -> None:
        self._line(line)

    async def keep_telling(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(1)
            self.news()

    def _line(self, text: str, **more: str) -> None:
        self._told_at = self._clock.monotonic()
        elapsed_s = self._told_at - self._begun
        if self._as_json:
            self._say(msgspec.json.encode({"elapsed_s": round(elapsed_s, 1), "says": text} | more).decode())
        else:
            self._say(f"{int(elapsed_s) // 60:3d}:{int(elapsed_s) % 60:02d}  {text}")


def is_passing(line: str) -> bool:
    """Is it the beginning of a step or a wait within it, and not its end?"""
    begins = re.search(r"\[\d+/\d+\]", line) is not None and re.search(r": (done|failed|undone)\b", line) is None
    return begins or " … " in line
