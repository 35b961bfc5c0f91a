"""The first page: what this machine is, and what of it stands in the way."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from installer.machine_lines import about_machine
from installer.preflight import Finding, Severity
from installer.screens.page import InstallPage, Move, Scrolled
from installer.sysinfo import SysInfo
from netconf.screens.plain import WIDTH, PlainText

_WIDTH = WIDTH - 4  # margins, and the bar at the side


class WelcomePage(InstallPage):
    """An error has to be mended before Enter goes on."""

    heading = "Installation of Trivet on this machine"
    page_help = """
Trivet makes a virtualization node of this machine: the system goes on one disk, and other disks may become bricks, the
parts of which the storage of a site is made.

The installer has looked at the machine. An ERROR has to be mended before anything can be installed; R looks again. A
WARNING can be lived with; a NOTE is worth knowing. Each says why it matters and what to do.

The same installation without anybody at the keys: `trivet install --help` in the shell."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", show=False, priority=True),
        Binding("r,R", "again", show=False),
    ]

    def __init__(self, sysinfo: SysInfo, findings: Sequence[Finding]) -> None:
        super().__init__()
        self._sysinfo, self._findings = sysinfo, tuple(findings)
        self._hint = PlainText(classes="hint")

    @property
    def has_errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self._findings)

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield PlainText(_PROMISE)
            yield Scrolled("\n".join((*summary_lines(self._sysinfo), "", *finding_lines(self._findings))))
        yield self._hint

    def on_mount(self) -> None:
        begin = "" if self.has_errors else "Enter: begin   "
        self.show_keys(f"{begin}R: look again   Up, Down: scroll   F1: help   F2: shell")
        mend = " Mend the errors, then look again by R." if self.has_errors else ""
        if self._findings:
            self._hint.update(f"! {tally(self._findings)}.{mend}")

    def action_next(self) -> None:
        if not self.has_errors:
            self.go(Move.NEXT)

    def action_again(self) -> None:
        self.go(Move.AGAIN)

    def action_back(self) -> None:
        """There is nothing before this page."""


_PROMISE = """\
A few questions, then a review of all that would be done. No disk is written
to before you confirm the review; until then go back or stop at any time.
"""


def summary_lines(sysinfo: SysInfo) -> Iterator[str]:
    yield f"Medium     Trivet {sysinfo.version or '(version unknown)'}"
    yield from about_machine(sysinfo)
    disks = [disk for disk in sysinfo.disks if not disk.medium]
    yield f"Disks      {_count(disks, 'empty', sum(not disk.is_dirty for disk in disks))}"
    yield f"NICs       {_count(sysinfo.nics, 'with a link', sum(nic.carrier for nic in sysinfo.nics))}"


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "Nothing stands in the way of an installation."
    for finding in findings:
        yield from _wrapped(f"{finding.severity.upper()}: {finding.what}", "", "  ")
        yield from _wrapped(f"{finding.why}.", "  Why:  ", " " * 8)
        yield from _wrapped(f"{finding.mend}.", "  Mend: ", " " * 8)
        yield ""


def tally(findings: Sequence[Finding]) -> str:
    """Such as `1 error, 2 notes`."""
    counts = [(severity, sum(finding.severity is severity for finding in findings)) for severity in Severity]
    return ", ".join(f"{count} {severity}{'s' * (count > 1)}" for severity, count in counts if count)


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False)


def _count(items: Sequence[object], what: str, of_them: int) -> str:
    return f"{len(items)}, {of_them} {what}" if items else "none"
