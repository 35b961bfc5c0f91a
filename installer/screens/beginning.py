"""The pages before the first question: looking at the machine, an unfinished installation, another console."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from installer.environment import Console, Unfinished
from installer.screens.page import InstallPage, Move
from netconf.screens.pages import BusyPage
from netconf.screens.plain import Page, PlainText


class LookingPage(BusyPage):
    heading = "Installation of Trivet on this machine"


class RestartPage(BusyPage):
    heading = "Trivet is installed"


class UnfinishedPage(InstallPage):
    """Brings NEXT to go on with it, AGAIN to start over."""

    heading = "An installation was cut off"
    key_hints = "G: go on with it   S: start over   F1: help   F2: shell"
    page_help = """
Power was cut, or the machine was restarted, while Trivet was being installed. What had been done is on the disk, with
the answers that it was begun with.

Going on does what is missing, with the same answers. Starting over begins with the same answers, which can be changed,
and writes the disks from the beginning once the review is confirmed."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g,G", "resume", show=False),
        Binding("s,S", "start_over", show=False),
    ]

    def __init__(self, unfinished: Unfinished) -> None:
        super().__init__()
        self._unfinished = unfinished

    def body(self) -> ComposeResult:
        half = self._unfinished
        name = f"The node is to be {half.answers.machine.host_name}. " if half.answers is not None else ""
        yield PlainText(
            f"On {half.disk} stands an installation of Trivet that was cut off.\n"
            f"{name}Steps that are known to be done: {half.done}.\n\n"
            "G  goes on where it was cut off, with the answers it was begun with\n"
            "S  starts over: all questions again, with these answers in them; no disk is\n"
            "   written to before you confirm the review",
            classes="body",
        )

    def action_resume(self) -> None:
        self.go(Move.NEXT)

    def action_start_over(self) -> None:
        self.go(Move.AGAIN)

    def action_back(self) -> None:
        """There is nothing before this page."""


class ElsewherePage(InstallPage):
    """Brings NEXT when this console is to take over."""

    heading = "The installation is being done at another console"
    key_hints = "T: take over, with the answers so far   F1: help   F2: shell"
    page_help = """
An installation is answered at one console at a time. Whoever takes over has all the answers given so far, but the
passwords that were not confirmed yet; the other console then shows this page."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("t,T", "take", show=False)]

    def __init__(self, other: Console) -> None:
        super().__init__()
        self._text = PlainText(classes="body")
        self._other = other

    def body(self) -> ComposeResult:
        yield self._text

    def on_mount(self) -> None:
        self.show(self._other)

    def show(self, other: Console) -> None:
        at = f', at the page "{other.page}"' if other.page else ""
        self._text.update(
            f"Somebody answers the questions on {other.terminal}{at}.\n\n"
            "This page follows: as soon as the installation begins, its progress is shown\n"
            "here too.\n\n"
            "T takes over: the questions go on here, with all answers so far."
        )

    def action_take(self) -> None:
        self.go(Move.NEXT)

    def action_back(self) -> None:
        """There is nothing before this page."""


class LeavePage(Page[bool]):
    heading = "Leave the installer?"
    key_hints = "L: leave   Esc: stay   F2: shell"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,L", "dismiss(True)", show=False),
        Binding("escape", "dismiss(False)", show=False),
    ]

    def body(self) -> ComposeResult:
        yield PlainText(
            "No disk is written to by this. The answers so far are kept until the machine\n"
            "is switched off: the installer begins again on this console with them.\n\n"
            "To end altogether: F2 for a shell, and there `poweroff` or `reboot`.",
            classes="body",
        )

    def leave(self) -> None:
        """Not twice."""
