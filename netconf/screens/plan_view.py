"""The steps of a plan as sentences, and what may become of them."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from netconf.screens.plain import PlainText


class PlanView(VerticalScroll):
    """Scrolls by the arrow keys when it is at hand."""

    DEFAULT_CSS = """
    PlanView { background: ansi_default; height: 1fr; scrollbar-size: 0 1; }
    PlanView PlainText { width: 1fr; height: auto; }
    """
    NOTHING: ClassVar[str] = "The network is already so: nothing would be changed."

    def __init__(self, descriptions: Sequence[str], warnings: Sequence[str] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._descriptions, self._warnings = tuple(descriptions), tuple(warnings)

    def compose(self) -> ComposeResult:
        if not self._descriptions:
            yield PlainText(self.NOTHING)
        for number, says in enumerate(self._descriptions, 1):
            yield PlainText(f"{number:>2}. {says}")
        for warning in self._warnings:
            yield PlainText(f"\n !  {warning}.")
