"""The first page: what this machine is, and what of it stands in the way."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from installer.preflight import Finding, Severity
from installer.screens.page import InstallPage, Move, Scrolled
from installer.sizes import format_memory_size
from installer.sysinfo import SysInfo
from netconf.screens.plain import Words

_VIRTUALIZATION = {"vmx": "Intel VT-x", "svm": "AMD-V"}


class WelcomePage(InstallPage):
    """An error has to be mended before Enter goes on."""

    title_says = "Installation of Trivet on this machine"
    help_says = """
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
        self._hint = Words(classes="hint")

    @property
    def has_errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self._findings)

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield Words(_PROMISE)
            yield Scrolled("\n".join((*machine_lines(self._sysinfo), "", *finding_lines(self._findings))))
        yield self._hint

    def on_mount(self) -> None:
        begin = "" if self.has_errors else "Enter: begin   "
        self.say_keys(f"{begin}R: look again   Up, Down: scroll   F1: help   F2: shell")
        if self.has_errors:
            self._hint.update("! Mend what is marked ERROR, then press R to look again.")

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


def machine_lines(sysinfo: SysInfo) -> Iterator[str]:
    made = " ".join(word for word in (sysinfo.vendor, sysinfo.product) if word) or "unknown"
    serial = f", serial number {sysinfo.serial_number}" if sysinfo.serial_number else ""
    yield f"Medium      Trivet {sysinfo.version or '(version unknown)'}"
    yield f"Machine     {made}{serial}"
    flag = _VIRTUALIZATION.get(sysinfo.virtualization, "no hardware virtualization")
    yield f"Processors  {sysinfo.cpus}, {flag}"
    firmware = {"uefi": "UEFI", "bios": "BIOS"}.get(sysinfo.firmware, sysinfo.firmware)
    yield f"Memory      {format_memory_size(sysinfo.memory_bytes)}; firmware {firmware}"
    disks = [disk for disk in sysinfo.disks if not disk.medium]
    yield f"Disks       {_count(disks, 'empty', sum(not disk.is_dirty for disk in disks))}"
    yield f"NICs        {_count(sysinfo.nics, 'with a link', sum(nic.carrier for nic in sysinfo.nics))}"
    if sysinfo.clock:
        yield f"Clock       {sysinfo.clock.replace('T', ' ')[:16]} UTC"


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "Nothing stands in the way of an installation."
    for finding in findings:
        yield f"{finding.severity.upper()}: {finding.what}"
        yield f"  Why:  {finding.why}"
        yield f"  Mend: {finding.mend}"
        yield ""


def _count(items: Sequence[object], what: str, of_them: int) -> str:
    return f"{len(items)}, {of_them} {what}" if items else "none"
