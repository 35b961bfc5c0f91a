"""Pages that every part of the console uses: a text to read, a question, a wait, a choice."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from installer.console.menu import Entry, Menu
from netconf.screens.pages import BusyPage
from netconf.screens.plain import Page, PlainText


class TextPage(Page[bool]):
    """A text to scroll through. True: Enter, which does what `enter` says; without it Enter goes back as Esc does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", show=False, priority=True),
        Binding("escape,q,Q", "dismiss(False)", show=False),
        Binding("space", "page_down", show=False),
        Binding("b,B", "page_up", show=False),
    ]
    DEFAULT_CSS = """
    TextPage VerticalScroll { scrollbar-size: 0 1; background: ansi_default; height: 1fr; }
    TextPage .text { width: 1fr; height: auto; }
    """

    def __init__(self, title: str, text: str, *, enter: str = "", at_end: bool = False) -> None:
        super().__init__()
        self.heading = title
        self._text, self._enter, self._at_end = text, enter, at_end
        self._scroll = VerticalScroll(classes="body")

    def body(self) -> ComposeResult:
        with self._scroll:
            yield PlainText(self._text, classes="text")

    def on_mount(self) -> None:
        enter = f"Enter: {self._enter}   " if self._enter else ""
        self.show_keys(f"{enter}Up, Down, Space, B: scroll   Esc: back")
        self._scroll.focus()
        if self._at_end:
            self.call_after_refresh(self._scroll.scroll_end, animate=False)

    def action_enter(self) -> None:
        self.dismiss(bool(self._enter))

    def action_page_down(self) -> None:
        self._scroll.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self._scroll.scroll_page_up(animate=False)

    def leave(self) -> None:
        self.dismiss(False)


class MenuPage(Page[Entry | None]):
    """None: Esc."""

    key_hints = "Up, Down and Enter, or a letter: choose   Esc: back"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, title: str, note: str, entries: Sequence[Entry], place: int = 0) -> None:
        super().__init__()
        self.heading = title
        self._note, self._menu = note, Menu(entries, place)

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            if self._note:
                yield PlainText(f"{self._note}\n")
            yield self._menu

    def on_mount(self) -> None:
        self._menu.focus()

    def on_menu_chosen(self, event: Menu.Chosen) -> None:
        self.dismiss(event.entry)

    def leave(self) -> None:
        self.dismiss(None)


class WaitPage(BusyPage):
    """While something is asked that has a time limit of its own."""

    heading = "Please wait"
