"""The first page: how this node is, brought up to date by itself."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from installer.console.formats import format_status, troubles
from installer.console.status_part import Watch
from netconf.screens.plain import WIDTH, Page, PlainText

MARGINS = 3  # of the page, and for the bar at its side
SHOWN_EVERY_S = 1.0


class Asked(StrEnum):
    MENU = "menu"
    LEAVE = "leave"
    LOCK = "lock"


class StatusPage(Page[Asked]):
    """`may_leave`: there is something to go back to, such as a shell; elsewhere the session is locked instead."""

    heading = "Trivet: this node"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,m,M", "menu", show=False, priority=True),
        Binding("r,R", "again", show=False),
        Binding("q,Q,escape", "leave", show=False),
    ]
    DEFAULT_CSS = """
    StatusPage VerticalScroll { scrollbar-size: 0 1; background: ansi_default; }
    StatusPage #status { width: 1fr; height: auto; }
    """

    def __init__(self, watches: Sequence[Watch], *, may_leave: bool) -> None:
        super().__init__()
        self._watches, self._may_leave = tuple(watches), may_leave
        self._shown = ""
        self._text = PlainText(id="status")

    def body(self) -> ComposeResult:
        with VerticalScroll(classes="body"):
            yield self._text

    def on_mount(self) -> None:
        leave = "   Q: leave" if self._may_leave else "   Q: lock"
        self.show_keys(f"Enter: what can be done   Up, Down: scroll   R: look again{leave}")
        self._show()
        self.set_interval(SHOWN_EVERY_S, self._show)

    def _show(self) -> None:
        parts = [(watch.title, watch.lines()) for watch in self._watches]
        wrong = ", ".join(troubles(parts))
        head = f"Look at what is marked with !: {wrong}\n\n" if wrong else ""
        text = head + format_status(parts, WIDTH - MARGINS)
        if text != self._shown:
            self._shown = text
            self._text.update(text)

    def action_menu(self) -> None:
        self.dismiss(Asked.MENU)

    def action_again(self) -> None:
        for watch in self._watches:
            watch.ask_now()

    def action_leave(self) -> None:
        self.dismiss(Asked.LEAVE if self._may_leave else Asked.LOCK)

    def leave(self) -> None:
        self.action_leave()
