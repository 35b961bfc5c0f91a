"""Who stands in front of the console, as an action meets him: asked, told, and kept waiting no longer than needed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from installer.console.dependencies import Dependencies
from installer.console.menu import Entry
from installer.console.site_form import SiteForm
from netconf.screens.plain import Page
from node.api.problems import Problem

T = TypeVar("T")


class Operator(Protocol):
    """`draft` is a site that was begun to be typed: leaving its pages loses nothing."""

    dependencies: Dependencies
    draft: SiteForm | None

    async def ask(self, page: Page[T]) -> T | None:
        """Show `page` until it brings its answer."""
        ...

    async def explain(self, problem: Problem) -> None: ...

    async def threaded(self, message: str, act: Callable[[], T]) -> T:
        """What `act` gives; meanwhile the screen says what is waited for. `act` has a time limit of its own."""
        ...

    def outside(self, argv: Sequence[str], *, pauses: bool = False) -> None:
        """Run a command on the terminal while the screen is away. `pauses`: when it fails, until Enter, so that what it
        said can be read."""
        ...


class Do(Protocol):
    async def __call__(self, operator: Operator) -> None:
        """Raises Problem, OSError."""
        ...


@dataclass(frozen=True, slots=True)
class Action:
    """`changes`: only in an open session."""

    entry: Entry
    do: Do
    changes: bool = False
