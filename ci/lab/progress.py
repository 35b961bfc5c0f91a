"""Shows what a long command does, step by step with the time each took, and keeps the times for ci/bench."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.status import Status

NOW_AND_THEN_S = 20.0


class Progress:
    """On a terminal the running step is shown with a clock; elsewhere one plain line per event."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._passed = self._began
        self._name = ""
        self._status: Status | None = None
        self.times: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show `name` while the block runs and how long it took after it; a failing step says so."""
        began = self._passed = time.monotonic()
        self._name = name
        with self._running(name):
            try:
                yield
            except BaseException:
                self._line(f"[red]failed[/red] {name}", began)
                raise
        self.times[name] = round(time.monotonic() - began, 1)
        self._line(f"[green]done[/green]   {name}", began)

    def note(self, text: str) -> None:
        """A line about the running step."""
        self._console.print(f"  {self._elapsed()}         {text}", highlight=False, markup=False, soft_wrap=True)

    def save(self, file: Path, kind: str) -> None:
        """Keep the times of this run under `kind` (`first`, `cached`)."""
        try:
            times = json.loads(file.read_text())
        except (OSError, ValueError):
            times = {}
        times[kind] = self.times | {"all": round(time.monotonic() - self._began, 1)}
        file.write_text(json.dumps(times, indent=2) + "\n")

    def passing(self, text: str) -> None:
        """What the running step is doing now: shown in its place on a terminal, now and then elsewhere."""
        if self._status is not None:
            self._status.update(f"{self._name}: {escape(text)}")
        elif time.monotonic() - self._passed > NOW_AND_THEN_S:
            self._passed = time.monotonic()
            self.note(text)

    @contextmanager
    def _running(self, name: str) -> Iterator[None]:
        if not self._console.is_terminal:
            self._console.print(f"  {self._elapsed()} [dim]start[/dim]  {name}", highlight=False, soft_wrap=True)
            yield
            return
        with self._console.status(name) as self._status:
            yield
        self._status = None

    def _line(self, text: str, began: float) -> None:
        took = time.monotonic() - began
        self._console.print(f"  {self._elapsed()} {text} [dim]({took:.1f} s)[/dim]", highlight=False, soft_wrap=True)

    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes:3d}:{seconds:02d}"
