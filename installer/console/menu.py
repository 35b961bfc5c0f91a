"""A list of which one entry is chosen: by arrow keys and Enter, or by its letter."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from netconf.screens.plain import WIDTH


@dataclass(frozen=True, slots=True)
class Entry:
    """`key` is the letter by which it is chosen at once; `title` is short, `note` says what it does."""

    key: str
    title: str
    note: str = ""


class Menu(Static, can_focus=True):
    """Posts `Chosen`. A `>` stands before the entry at hand, which is reversed as well."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter", "choose", show=False),
    ]
    DEFAULT_CSS = "Menu { height: auto; width: 1fr; }"
    place: reactive[int] = reactive(0, layout=False)

    @dataclass
    class Chosen(Message):
        entry: Entry

    def __init__(self, entries: Sequence[Entry], place: int = 0, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._entries = tuple(entries)
        self._width = max(len(entry.title) for entry in entries)
        self.set_reactive(Menu.place, place)

    def render(self) -> str:
        return "\n".join(self._line(number, entry) for number, entry in enumerate(self._entries))

    def _line(self, number: int, entry: Entry) -> str:
        mark = ">" if number == self.place else " "
        lead = f"{mark} {entry.key}  {entry.title:<{self._width}}  "
        return textwrap.fill(entry.note, WIDTH - 2, initial_indent=lead, subsequent_indent=" " * len(lead)) or lead

    def action_move(self, by: int) -> None:
        self.place = (self.place + by) % len(self._entries)

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self._entries[self.place]))

    def on_key(self, event: Key) -> None:
        letter = (event.character or "").upper()
        for number, entry in enumerate(self._entries):
            if entry.key == letter:
                event.stop()
                self.place = number
                self.action_choose()
