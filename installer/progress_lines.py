"""Tells whoever watches an installation how far it is: lines with times, or the same as JSON."""

from collections.abc import Callable

import msgspec

from installer.run import Progress
from node.clock import Clock
from node.steps import Mark

_AGAIN_AFTER_S = 5.0


class ProgressLines:
    """`echo` takes one finished line."""

    def __init__(self, echo: Callable[[str], None], clock: Clock, *, as_json: bool = False) -> None:
        self._echo, self._clock, self._as_json = echo, clock, as_json
        self._begun = self._step_begun = self._reported_at = clock.monotonic()

    def report(self, progress: Progress) -> None:
        """A step has begun or ended, or is some bytes further; those are said every few seconds."""
        now = self._clock.monotonic()
        if progress.total_bytes and now - self._reported_at < _AGAIN_AFTER_S:
            return
        if progress.mark is Mark.STARTED and not progress.total_bytes:
            self._step_begun = now
        fields = {key: value for key, value in msgspec.to_builtins(progress).items() if value != ""}
        self._line(f"[{progress.number}/{progress.total}] {progress.description}{self._ending(progress)}", fields)

    def write(self, line: str) -> None:
        self._line(line, {})

    def write_end(self, line: str) -> None:
        """With how long all of it took."""
        self._line(f"{line} in {format_seconds(self._clock.monotonic() - self._begun)}", {})

    def fields(self, line: str, **more: object) -> None:
        """A line, and for JSON its values by name."""
        self._line(line, more)

    def _ending(self, progress: Progress) -> str:
        took = format_seconds(self._clock.monotonic() - self._step_begun)
        if progress.total_bytes:
            return f" … {100 * progress.done_bytes // progress.total_bytes} % after {took}"
        match progress.mark:
            case Mark.STARTED:
                return ""
            case Mark.DONE:
                return f": {progress.detail}" if progress.detail else f": done in {took}"
            case _:
                return f": {progress.mark} ({progress.detail})"

    def _line(self, text: str, more: dict[str, object]) -> None:
        self._reported_at = self._clock.monotonic()
        if self._as_json:
            elapsed_s = round(self._reported_at - self._begun, 1)
            self._echo(msgspec.json.encode({"elapsed_s": elapsed_s, "says": text, **more}).decode())
        else:
            self._echo(text)


def format_seconds(seconds: float) -> str:
    """1.5 s, 48 s, 3 min 20 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
