"""The test of the network that was answered: a line for each thing as soon as it is known."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from installer.answers import NetworkAnswers
from installer.environment import Check, CheckState, Environment
from installer.screens.page import PROBLEMS, InstallPage, Move, Scrolled, sentences
from netconf.screens.plain import PlainText

_MARKS = {CheckState.GOOD: "[ ok ]", CheckState.BAD: "[FAIL]", CheckState.UNKNOWN: "[ ?  ]"}


class NetworkTestPage(InstallPage):
    """Enter goes on when all is good; else K does, for a network that is not there yet."""

    heading = "2 of 5: Network, tested"
    page_help = """
The network was brought up on this machine as you answered; nothing of it is on a disk yet.

  [ ok ]  it works      [FAIL]  it does not      [ ?  ]  it could not be tried

A link: a cable leads to something that is on. The address: asked for by ARP before it is used; if somebody answers, a
second machine with it would disturb both. The gateway: answers a ping; some are told not to. A name server: says
anything at all.

Esc goes back to the answers. K goes on although something failed: the node is installed with these settings, and they
can be changed at its console later (`trivet net edit`)."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", show=False, priority=True),
        Binding("k,K", "insist", show=False),
        Binding("r,R", "test", show=False),
    ]

    def __init__(self, environment: Environment, network: NetworkAnswers) -> None:
        super().__init__()
        self._environment, self._network = environment, network
        self._checks: list[Check] = []
        self._is_over, self._trouble = False, ""
        self._lines, self._hint = Scrolled(), PlainText(classes="hint")

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._lines
        yield self._hint

    @property
    def _is_good(self) -> bool:
        return self._is_over and not self._trouble and all(check.state is not CheckState.BAD for check in self._checks)

    def on_mount(self) -> None:
        self.action_test()

    def action_next(self) -> None:
        if self._is_good:
            self.go(Move.NEXT)

    def action_insist(self) -> None:
        if self._is_over:
            self.go(Move.NEXT)

    @work(exclusive=True)
    async def action_test(self) -> None:
        self._checks, self._is_over, self._trouble = [], False, ""
        self._show()
        try:
            await self._environment.test_network(self._network, self._report)
        except PROBLEMS as err:
            self._trouble = sentences(err)
        self._is_over = True
        self._show()

    def _report(self, check: Check) -> None:
        self._checks.append(check)
        self._show()

    def _show(self) -> None:
        lines = [f"{_MARKS[check.state]} {check.description}" for check in self._checks]
        if not self._is_over:
            lines.append("[ .. ] being tried ...")
        if self._trouble:
            lines += ["", f"! {self._trouble}"]
        self._lines.show_text("\n".join(lines))
        self.show_keys(_keys(is_over=self._is_over, is_good=self._is_good))
        self._hint.update(_hint(is_over=self._is_over, is_good=self._is_good))


def _keys(*, is_over: bool, is_good: bool) -> str:
    if not is_over:
        return "Please wait   Esc: back to the answers"
    go_on = "Enter: go on" if is_good else "K: go on all the same"
    return f"{go_on}   R: test again   Esc: back to the answers   F1: help"


def _hint(*, is_over: bool, is_good: bool) -> str:
    if not is_over:
        return ""
    if is_good:
        return "The network works as answered."
    return "! This network does not work. Esc goes back to mend it, K goes on without."
