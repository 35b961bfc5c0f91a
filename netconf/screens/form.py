"""A form: rows of controls that are checked together, with the mistake of each below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Input

from netconf.screens.controls import Answered, Row
from netconf.screens.plain import PlainText


class Form(VerticalScroll):
    """Enter checks all answers and calls `fill` when there is no mistake. Subclasses give `rows` by name, `mistakes` by
    the same names (under an empty one what belongs to no row), and in `adjust` what follows from an answer.

    Mistakes are shown after the first Enter; with `checks_while_typing` also those of each row that was answered.
    """

    checks_while_typing: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "check", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    DEFAULT_CSS = """
    Form { background: ansi_default; scrollbar-size: 0 1; }
    Form > #others { display: none; height: auto; text-style: bold; }
    """

    @dataclass
    class Changed(Message):
        """An answer is another one than before."""

    def __init__(self, rows: Mapping[str, Row], *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self._rows, self._checked = dict(rows), False

    def compose(self) -> ComposeResult:
        yield PlainText(id="others")
        yield from self._rows.values()

    def on_mount(self) -> None:
        self.adjust()

    @property
    def answers(self) -> dict[str, Any]:
        """As they stand, by the names of their rows."""
        return {name: row.control.answer for name, row in self._rows.items()}

    def mistakes(self) -> dict[str, str]:
        return {}

    def adjust(self) -> None:
        """Show the rows that matter, and suit the others to an answer."""

    def fill(self) -> None:
        """There is no mistake in the answers."""

    def on_answered(self, event: Answered) -> None:
        event.stop()
        self.adjust()
        if self._checked or self.checks_while_typing:
            self.show_mistakes()
        self.post_message(self.Changed())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_check()

    def action_check(self) -> None:
        self._checked = True
        wrong = self.show_mistakes()
        if not wrong:
            self.fill()
        elif (first := next((row for name, row in self._rows.items() if name in wrong), None)) is not None:
            first.focus_control()

    def show_mistakes(self) -> dict[str, str]:
        """All there are, shown or not."""
        wrong = self.mistakes()
        for name, row in self._rows.items():
            row.show_mistake(wrong.get(name, "") if self._checked or row.is_answered else "")
        others = self.query_one("#others", PlainText)
        others.update(f"! {wrong.get('', '')}")
        others.display = self._checked and "" in wrong
        return wrong
