"""The installation at work: its steps with their times, and what they said."""

import math
from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from installer.environment import Environment, Installed, LogLine, StepReport
from installer.screens.page import PROBLEMS, InstallPage, Scrolled, sentences
from netconf.screens.plain import Page, PlainText
from netconf.uptime import uptime_s
from node.steps import Mark

_MARKS = {Mark.STARTED: "[ .. ]", Mark.DONE: "[ ok ]", Mark.FAILED: "[FAIL]"}


class ProgressPage(Page[Installed | None]):
    """None: it failed, and the operator wants to go back to the answers or to try again."""

    heading = "Installing"
    page_help = """
The installation goes on whatever becomes of this terminal; every console of this machine shows it. A step that is
marked [ ok ] is not done again.

L shows what the steps said, and L again the steps. After a power cut start the machine from the medium again: it offers
to go on from where it was."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,L", "log", show=False, priority=True),
        Binding("enter,escape", "end", show=False, priority=True),
    ]
    DEFAULT_CSS = InstallPage.DEFAULT_CSS.replace("InstallPage", "ProgressPage")

    def __init__(self, environment: Environment, *, clock: Callable[[], float] = uptime_s) -> None:
        super().__init__()
        self._environment, self._clock = environment, clock
        self._begun: dict[int, float] = {}
        self._now: dict[int, StepReport] = {}
        self._log: list[str] = []
        self._total, self._shows_log, self._trouble = 0, False, ""
        self._lines, self._hint = Scrolled(), PlainText(classes="hint")
        self._installed: Installed | None = None
        self._is_over = False

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._lines
        yield self._hint

    def on_mount(self) -> None:
        self.set_interval(1.0, self._show)
        self._show()
        self._follow()

    @work
    async def _follow(self) -> None:
        try:
            self._installed = await self._environment.follow(self._report)
        except PROBLEMS as err:
            self._trouble = sentences(err)
        self._is_over = True
        self._show()

    def _report(self, report: StepReport | LogLine) -> None:
        if isinstance(report, LogLine):
            self._log.append(f"   {report.text}")
        else:
            self._take(report)
        self._show()

    def _take(self, report: StepReport) -> None:
        step = report.progress
        self._total = step.total
        if step.mark is Mark.STARTED:
            self._begun.setdefault(step.number, report.at_s)
        self._now[step.number] = report
        if not step.total_bytes:
            detail = f" ({step.detail})" if step.detail else ""
            self._log.append(f"{step.number}. {step.description}: {step.mark}{detail}")

    def action_log(self) -> None:
        self._shows_log = not self._shows_log
        self._show()

    def action_end(self) -> None:
        if self._is_over:
            self.dismiss(self._installed)

    def leave(self) -> None:
        """It goes on without this terminal; there is nothing to leave."""

    def _show(self) -> None:
        self._lines.show_text(
            "\n".join(self._log) if self._shows_log else "\n".join(map(self._line, self._now.values()))
        )
        self._hint.update(self._summary())
        end = "Enter: go on   " if self._installed else "Enter: back to the review   " if self._is_over else ""
        self.show_keys(f"{end}L: {'steps' if self._shows_log else 'log'}   Up, Down: scroll   F1: help   F2: shell")

    def _line(self, report: StepReport) -> str:
        step = report.progress
        begun = self._begun.get(step.number, report.at_s)
        is_under_way = step.mark is Mark.STARTED and not self._is_over
        took = duration((self._clock() if is_under_way else report.at_s) - begun)
        share = f"[{100 * step.done_bytes // step.total_bytes:>3}%]" if step.total_bytes and is_under_way else ""
        return f"{share or _MARKS[step.mark]} {took:>6}  {step.description}"

    def _summary(self) -> str:
        if self._trouble:
            return f"! {self._trouble}"
        if self._is_over:
            return "All is done and was read back."
        done = sum(report.progress.mark is Mark.DONE for report in self._now.values())
        return f"{done} of {self._total} steps are done." if self._total else "Beginning ..."


def duration(seconds: float) -> str:
    minutes, rest = divmod(math.floor(max(0.0, seconds)), 60)
    return f"{minutes}:{rest:02}"
