"""A screen in a process of its own: says which key it got last, and ends by a Q."""

from textual.app import ComposeResult
from textual.events import Key

from netconf.screens.plain import Page, PlainApp, Words


class _EchoPage(Page[None]):
    title_says = "Echo"
    keys_say = "Q: leave"

    def body(self) -> ComposeResult:
        yield Words("Nothing yet", id="heard", classes="body")

    def on_key(self, event: Key) -> None:
        if event.key == "q":
            self.app.exit()
        self.query_one("#heard", Words).update(f"Heard {event.key}")


class _Echo(PlainApp[None]):
    def on_mount(self) -> None:
        self.push_screen(_EchoPage())


if __name__ == "__main__":
    _Echo().run(mouse=False)
