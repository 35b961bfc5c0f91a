"""The controls of forms, each one line high and readable without colours: a text, a choice of several, yes or no."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

from netconf.screens.plain import PlainText


@dataclass
class Answered(Message):
    """A control has another answer than before."""


class _Secret(Input):
    """Shows an asterisk for each character: Textual's own mark is none of ASCII."""

    @property
    def _value(self) -> Text:
        return Text("*" * len(self.value), no_wrap=True, overflow="ignore", end="")


class TextLine(Horizontal):
    """A line to type into, between brackets so that it can be seen while it is empty. What is `secret` is not shown."""

    DEFAULT_CSS = """
    TextLine { height: 1; width: 1fr; }
    TextLine PlainText { width: 1; }
    TextLine Input { width: 44; background: ansi_default; color: ansi_default; }
    TextLine Input:focus { background-tint: transparent; text-style: none; }
    TextLine Input > .input--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    TextLine Input > .input--selection { background: ansi_default; color: ansi_default; text-style: reverse; }
    """

    def __init__(self, value: str, *, secret: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.answer, self._secret = value, secret

    def compose(self) -> ComposeResult:
        kind = _Secret if self._secret else Input
        line = kind(self.answer, compact=True, select_on_focus=False, password=self._secret)
        line.cursor_blink = False  # over a serial line each blink is a redraw
        yield PlainText("[")
        yield line
        yield PlainText("]")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self.answer:
            self.answer = event.value
            self.post_message(Answered())


class Choice(Static, can_focus=True):
    """One of several: `< DHCP >`; Left and Right go through them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right,space", "turn(1)", show=False),
    ]
    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; }
    Choice:focus { text-style: reverse; }
    """
    answer: reactive[str] = reactive("", layout=False)

    def __init__(self, labels: Sequence[str], answer: str, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._labels = tuple(labels)
        self.set_reactive(Choice.answer, answer)

    def render(self) -> str:
        place = self._labels.index(self.answer) + 1
        return f"< {self.answer} >  ({place} of {len(self._labels)}: Left, Right)"

    def action_turn(self, by: int) -> None:
        self.answer = self._labels[(self._labels.index(self.answer) + by) % len(self._labels)]
        self.post_message(Answered())


class Flag(Static, can_focus=True):
    """Yes or no: `[x] words`; Space changes it. Among others a `>` stands before the one at hand."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "turn", show=False)]
    DEFAULT_CSS = """
    Flag { height: 1; width: 1fr; }
    Flag:focus { text-style: reverse; }
    """
    answer: reactive[bool] = reactive(False, layout=False)

    def __init__(self, label: str, answer: bool, *, among: bool = False, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._label, self._among = label, among
        self.set_reactive(Flag.answer, answer)

    def render(self) -> str:
        mark = ("> " if self.has_focus else "  ") if self._among else ""
        return f"{mark}[{'x' if self.answer else ' '}] {self._label}"

    def action_turn(self) -> None:
        self.answer = not self.answer
        self.post_message(Answered())


class Several(Vertical):
    """Any number of several, a line each. `labels` has a text for each name."""

    DEFAULT_CSS = "Several { height: auto; width: 1fr; }"

    def __init__(self, labels: dict[str, str], answer: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._flags = {name: Flag(text, name in answer, among=True) for name, text in labels.items()}

    def compose(self) -> ComposeResult:
        yield from self._flags.values()

    @property
    def answer(self) -> tuple[str, ...]:
        return tuple(name for name, flag in self._flags.items() if flag.answer)


class Row(Widget):
    """A control with its label, and below it what is wrong with the answer. A `>` stands before the one at hand."""

    DEFAULT_CSS = """
    Row { height: auto; layout: vertical; }
    Row > Horizontal { height: auto; }
    Row .label { width: 22; }
    Row .label.of-several { width: 20; }
    Row .mistake { display: none; height: auto; padding-left: 22; text-style: bold; }
    """

    def __init__(self, label: str, control: TextLine | Choice | Flag | Several) -> None:
        super().__init__()
        self._text, self.control, self.is_answered = label, control, False
        self._label = PlainText(f"  {label}", classes="label of-several" if isinstance(control, Several) else "label")
        self._wrong = PlainText(classes="mistake")

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._label
            yield self.control
        yield self._wrong

    def show_mistake(self, mistake: str) -> None:
        self._wrong.update(f"! {mistake}")
        self._wrong.display = bool(mistake)

    def on_answered(self) -> None:
        self.is_answered = True

    def focus_control(self) -> None:
        """The first line of it that can be at hand."""
        next(widget for widget in self.query("*") if widget.focusable).focus()

    def on_descendant_focus(self) -> None:
        if not isinstance(self.control, Several):
            self._label.update(f"> {self._text}")

    def on_descendant_blur(self) -> None:
        self._label.update(f"  {self._text}")
