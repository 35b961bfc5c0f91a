"""What every screen on a text console shares: no colours, no glyphs beyond ASCII, no mouse, few redraws."""

from typing import ClassVar

from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App, ComposeResult, ReturnType
from textual.binding import Binding, BindingType
from textual.events import Event, Key, Resize
from textual.screen import Screen, ScreenResultType
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widget import Widget
from textual.widgets import Static

from netconf.screens.driver import PlainDriver

WIDTH, HEIGHT = 80, 24
_ALWAYS = ("ctrl+c", "ctrl+q", "ctrl+l")


class PlainBar(ScrollBarRender):
    """In blanks and reverse video: the usual one is drawn with glyphs that the Linux console has not."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class PlainText(Static):
    """Text as it is: brackets in it are no markup."""

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(text, id=id, classes=classes, markup=False)


class PlainApp(App[ReturnType]):
    """Whatever is marked is marked by reverse video and by a character. Ctrl-L draws the screen anew."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", priority=True),
        Binding("ctrl+l", "redraw", priority=True),
    ]
    CSS = """
    Screen { background: ansi_default; color: ansi_default; }
    .title { dock: top; height: 1; text-style: reverse; }
    .keys { dock: bottom; height: 1; text-style: reverse; }
    .body { padding: 1 1 0 1; height: 1fr; }
    Page { layers: page over; overflow: hidden hidden; }
    .small { layer: over; width: 100%; height: 100%; display: none; background: ansi_default; }
    """

    def __init__(self) -> None:
        super().__init__(driver_class=PlainDriver)
        ScrollBar.renderer = PlainBar
        self.theme = "ansi-dark"
        self.animation_level = "none"

    @property
    def is_small(self) -> bool:
        return self.size.width < WIDTH or self.size.height < HEIGHT

    async def on_event(self, event: Event) -> None:
        """Nobody answers what they do not see: on a terminal that is too small keys do nothing but leave."""
        if not (isinstance(event, Key) and self.is_small and event.key not in _ALWAYS):
            await super().on_event(event)

    def _fatal_error(self) -> None:
        """As Textual's, without the values of variables: a password may be among them."""
        traceback = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

    def action_leave(self) -> None:
        """Of the page at hand, when it knows how."""
        if isinstance(self.screen, Page):
            self.screen.leave()
        else:
            self.exit()

    def action_redraw(self) -> None:
        """The whole screen: what else may stand on it, the driver cannot know."""
        if isinstance(self._driver, PlainDriver):
            self._driver.redraw()


class Page(Screen[ScreenResultType]):
    """A whole screen: a title, what `body` gives, and the keys that do something."""

    heading: str = ""
    key_hints: str = ""
    ESCAPE_TO_MINIMIZE = False

    def compose(self) -> ComposeResult:
        yield PlainText(f" {self.heading}", classes="title")
        yield from self.body()
        yield PlainText(f" {self.key_hints}", classes="keys")
        yield PlainText(classes="small")

    def body(self) -> ComposeResult:
        yield Widget()

    async def on_screen_resume(self) -> None:
        """Each page comes whole, over whatever messages the kernel has written on the console."""
        await self.run_action("app.redraw")

    def on_resize(self, event: Resize) -> None:
        """Instead of half a page a sentence stands on a terminal that is too small, until it is large enough."""
        width, height = event.size
        small = self.query_one(".small", PlainText)
        small.display = width < WIDTH or height < HEIGHT
        small.update(f"This terminal is {width}x{height}. It has to be {WIDTH}x{HEIGHT} at least. Ctrl-C leaves.")

    def show_keys(self, keys: str) -> None:
        self.query_one(".keys", PlainText).update(f" {keys}")

    def leave(self) -> None:
        """For Ctrl-C and Ctrl-Q, which belong to the application unless a page minds."""
        self.app.exit()
