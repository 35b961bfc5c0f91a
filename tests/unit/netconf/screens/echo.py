"""A screen in a process of its own: says which key it got last, and ends by Ctrl-Q."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key

from netconf.screens.controls import TextLine
from netconf.screens.plain import Page, PlainApp, PlainText


class _EchoPage(Page[None]):
    heading = "Echo"
    key_hints = "Ctrl-Q: leave"

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield PlainText("Nothing yet", id="heard")
            yield TextLine("")

    def on_key(self, event: Key) -> None:
        self.query_one("#heard", PlainText).update(f"Heard {event.key}")


class _Echo(PlainApp[None]):
    def on_mount(self) -> None:
        self.push_screen(_EchoPage())


if __name__ == "__main__":
    _Echo().run(mouse=False)
