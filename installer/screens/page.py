"""What all pages of the installer share: where one is, Enter and Esc, help on F1, a shell on F2."""

from enum import Enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from installer.reasons import DoesNotFit
from netconf.errors import Problem as NetworkProblem
from netconf.errors import Text
from netconf.screens.plain import Page, PlainText
from node.api.problems import Problem

PROBLEMS = (Problem, NetworkProblem)


class Move(Enum):
    NEXT = "next"
    BACK = "back"
    AGAIN = "again"  # the same page once more, over what may have changed
    TAKEN = "taken"  # another console goes on with the answers


class HelpPage(Page[None]):
    heading = "Help"
    key_hints = "Enter, Esc: back to where you were   Up, Down: scroll"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,escape", "dismiss_it", show=False)]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def body(self) -> ComposeResult:
        yield Scrolled(self._text, classes="body")

    def action_dismiss_it(self) -> None:
        self.dismiss(None)

    def leave(self) -> None:
        self.dismiss(None)


class Scrolled(VerticalScroll):
    """Text that scrolls by the arrow keys; it is at hand at once."""

    DEFAULT_CSS = """
    Scrolled { background: ansi_default; height: 1fr; scrollbar-size: 0 1; }
    Scrolled PlainText { width: 1fr; height: auto; }
    """

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._text = PlainText(text)

    def compose(self) -> ComposeResult:
        yield self._text

    def on_mount(self) -> None:
        self.focus()

    def show_text(self, text: str) -> None:
        self._text.update(text)


class InstallPage(Page[Move]):
    """`page_help` is what F1 shows."""

    page_help: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
    ]
    DEFAULT_CSS = "InstallPage .hint { height: auto; text-style: bold; padding: 0 1; dock: bottom; margin-bottom: 1; }"

    def action_back(self) -> None:
        self.go(Move.BACK)

    def go(self, move: Move) -> None:
        """Once: what comes while the page is on its way out is not for the next one."""
        if self.is_current:
            self.dismiss(move)

    def leave(self) -> None:
        self.run_worker(self.app.run_action("app.ask_to_leave"))


def text_of(problem: Problem | NetworkProblem) -> Text:
    """Of several reasons each by itself."""
    why = "\n\n".join(map(str, problem.reasons)) if isinstance(problem, DoesNotFit) else problem.text.why
    return Text(problem.text.what, why, problem.text.mend)


def sentences(problem: Problem | NetworkProblem) -> str:
    return f"{problem.text.what}: {problem.text.why.removesuffix('.')}. {problem.text.mend.removesuffix('.')}."


def help_text(text: str) -> str:
    """Paragraphs as long as the terminal is wide; lines that begin with blanks stay as they are."""
    paragraphs = (text.strip() + "\n\n" + KEYS).split("\n\n")
    return "\n\n".join(
        part if "\n  " in part or part.startswith("  ") else part.replace("\n", " ") for part in paragraphs
    )


KEYS = """\
Keys on every page
  Enter        go on                    Esc          go back, losing nothing
  Tab, Down    the next answer          Up           the one before
  Left, Right  another of several       Space        choose, or not any more
  F1, Ctrl-G   this help                F2, Ctrl-T   a shell, until `exit`
  Ctrl-L       draw the screen anew     Ctrl-C       leave the installer

Nothing is written to any disk before the review at the end is confirmed."""
