"""A form of a few answers: each is checked while it is typed, and all of them by Enter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Input

from netconf.screens.controls import Answered, Row
from netconf.screens.plain import Page, PlainText

Answers = Mapping[str, Any]
Mistakes = Callable[[Answers], Mapping[str, str]]
"""Field → what is wrong with its answer. Under an empty name what belongs to no field."""


class Form(VerticalScroll):
    """Posts `Filled` when Enter finds no mistake. A field that nobody has touched is silent until then."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "check", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    DEFAULT_CSS = """
    Form { background: ansi_default; scrollbar-size: 0 1; height: 1fr; }
    Form .note { height: auto; width: 1fr; margin-bottom: 1; }
    Form #others { display: none; height: auto; text-style: bold; }
    """

    @dataclass
    class Filled(Message):
        answers: Answers

    def __init__(self, note: str, rows: Mapping[str, Row], mistakes: Mistakes) -> None:
        super().__init__(can_focus=False)
        self._note, self._rows, self._mistakes = note, dict(rows), mistakes
        self._given = self.answers
        self._touched: set[str] = set()

    def compose(self) -> ComposeResult:
        yield PlainText(self._note, classes="note")
        yield PlainText(id="others")
        yield from self._rows.values()

    @property
    def answers(self) -> Answers:
        return {name: _plain(row.control.answer) for name, row in self._rows.items()}

    def on_answered(self, event: Answered) -> None:
        event.stop()
        now = self.answers
        self._touched |= {name for name in now if now[name] != self._given[name]}
        self._show({name: text for name, text in self._mistakes(now).items() if name in self._touched})

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_check()

    def action_check(self) -> None:
        self._touched = {"", *self._rows}
        wrong = self._mistakes(self.answers)
        self._show(wrong)
        if not wrong:
            self.post_message(self.Filled(self.answers))
        elif (first := next((row for name, row in self._rows.items() if name in wrong), None)) is not None:
            next(widget for widget in first.query("*") if widget.focusable).focus()

    def _show(self, wrong: Mapping[str, str]) -> None:
        for name, row in self._rows.items():
            row.show_mistake(wrong.get(name, ""))
        others = self.query_one("#others", PlainText)
        others.update(f"! {wrong.get('', '')}")
        others.display = "" in wrong


def _plain(answer: Any) -> Any:
    return answer.strip() if isinstance(answer, str) else answer


class FormPage(Page[Answers | None]):
    """None: Esc."""

    key_hints = "Enter: go on   Tab, Up, Down: move   Esc: back"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, title: str, note: str, rows: Mapping[str, Row], mistakes: Mistakes) -> None:
        super().__init__()
        self.heading = title
        self._form = Form(note, rows, mistakes)

    def body(self) -> ComposeResult:
        yield self._form

    def on_mount(self) -> None:
        self._form.add_class("body")

    def on_form_filled(self, event: Form.Filled) -> None:
        self.dismiss(event.answers)

    def leave(self) -> None:
        self.dismiss(None)
