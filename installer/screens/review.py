"""The review: all that would be done, in plain words, and what would be lost; no disk is written before it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from installer.plan import Losing
from installer.preflight import Severity
from installer.prepare import Prepared
from installer.screens.draft import Draft
from installer.screens.page import HelpPage, InstallPage, Move
from netconf.screens.controls import Row, TextLine
from netconf.screens.form import Form
from netconf.screens.plain import PlainText
from netconf.screens.plan_view import PlanView


class WipeForm(Form):
    """A line for each disk that loses its content, into which its serial number is typed again."""

    checks_while_typing = True
    DEFAULT_CSS = "WipeForm { height: auto; max-height: 10; }"

    @dataclass
    class Filled(Message):
        pass

    def __init__(self, losing: tuple[Losing, ...], typed: tuple[str, ...]) -> None:
        self._losing = {f"disk{number}": one for number, one in enumerate(losing)}
        rows = {
            name: Row("  the same again", TextLine(one.serial if one.serial in typed else ""))
            for name, one in self._losing.items()
        }
        super().__init__(rows)

    def compose(self) -> ComposeResult:
        for row, one in zip(super().compose(), (None, *self._losing.values()), strict=True):
            if one is not None:
                yield PlainText(f"  {one.disk.name}, {one.serial}, loses {one.content}")
            yield row

    @property
    def confirmed(self) -> tuple[str, ...]:
        """What was typed rightly; of two disks with one serial number both have to be."""
        wrong = {self._losing[name].serial for name in self.mistakes()}
        return tuple(dict.fromkeys(one.serial for one in self._losing.values() if one.serial not in wrong))

    def mistakes(self) -> dict[str, str]:
        return {
            name: f"type {one.serial} if {one.disk.name} is to lose what it holds"
            for name, one in self._losing.items()
            if not _same(self.answers[name], one.serial)
        }

    def fill(self) -> None:
        self.post_message(self.Filled())


class AnswersPage(HelpPage):
    heading = "answers.toml"


class ReviewPage(InstallPage):
    """`text` gives the answers as a file. Enter begins, when each serial number was typed again."""

    heading = "5 of 5: Review"
    page_help = """
This is all that would be done, in this order. Up to here no disk was written to.

Where a chosen disk is not empty, type its serial number again: it stands above the line, and on the label of the disk.
That is the only way to lose what is on it.

F3 shows the same answers as a file: `trivet install run answers.toml` does the same without asking.

Esc goes back through all pages; nothing of what you answered is lost."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", show=False),
        Binding("f3,ctrl+y", "show_answers", show=False, priority=True),
    ]

    def __init__(self, draft: Draft, prepared: Prepared, text: Callable[[], str]) -> None:
        super().__init__()
        self._draft, self._prepared, self._text = draft, prepared, text
        losing = tuple(one for one in prepared.attempt.plan.losing if one.content)
        self._form = WipeForm(losing, draft.wipe) if losing else None

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            warnings = [f"{one.what}: {one.why}" for one in self._prepared.findings if one.severity is Severity.WARNING]
            yield PlanView(self._prepared.attempt.lines, warnings)
            if self._form is not None:
                yield PlainText("\nTo let go of what these disks hold, type their serial numbers again:")
                yield self._form
        yield PlainText("Enter begins the installation. From then on the disks are written.", classes="hint")

    def on_mount(self) -> None:
        self.show_keys("Enter: install  Tab, Up, Down: move, scroll  Esc: back  F3: as a file  F1: help")

    def on_form_changed(self) -> None:
        assert self._form is not None
        self._draft.wipe = self._form.confirmed

    def on_wipe_form_filled(self) -> None:
        assert self._form is not None
        self._draft.wipe = self._form.confirmed
        self.go(Move.NEXT)

    def action_show_answers(self) -> None:
        self.app.push_screen(AnswersPage(self._text()))

    def action_next(self) -> None:
        if self._form is None:
            self.go(Move.NEXT)
        else:
            self._form.action_check()


def _same(typed: str, name: str) -> bool:
    """Capital and small letters are not always told apart on a label."""
    return typed.strip().casefold() == name.casefold()
