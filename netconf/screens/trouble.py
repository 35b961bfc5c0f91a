"""An error as a page: what did not succeed, why, and how to mend it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from netconf.errors import Text
from netconf.screens.plain import Page, PlainText


class TroubleView(VerticalScroll):
    DEFAULT_CSS = """
    TroubleView { scrollbar-size: 0 1; }
    TroubleView PlainText { width: 1fr; height: auto; margin-bottom: 1; }
    TroubleView .what { text-style: bold; }
    """

    def __init__(self, text: Text, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._text = text

    def compose(self) -> ComposeResult:
        yield PlainText(f"What:  {self._text.what}", classes="what")
        yield PlainText(f"Why:   {self._text.why}")
        yield PlainText(f"Mend:  {self._text.mend}")


class TroublePage(Page[None]):
    heading = "This did not succeed"
    key_hints = "Enter, Esc: go on"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,escape", "dismiss_it", show=False)]

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text

    def body(self) -> ComposeResult:
        yield TroubleView(self._text, classes="body")

    def action_dismiss_it(self) -> None:
        self.dismiss(None)

    def leave(self) -> None:
        self.dismiss(None)
