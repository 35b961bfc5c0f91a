"""A list of disks of which one becomes the system disk and any number become brick disks."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from installer.disk_choice import contents
from installer.screens.disk_choice import kind, why_not, why_not_system
from installer.sizes import format_disk_size
from installer.sysinfo import Disk
from netconf.screens.plain import WIDTH

_WIDTH = WIDTH - 4  # margins, and the bar at the side
_INDENT = " " * 12


class Use(StrEnum):
    NONE = ""
    SYSTEM = "system"
    BRICK = "brick"


class DiskLine(Static, can_focus=True):
    """What is known of a disk, in three lines. A `>` stands before the one at hand."""

    DEFAULT_CSS = """
    DiskLine { height: auto; width: 1fr; margin-bottom: 1; }
    DiskLine:focus { text-style: reverse; }
    """
    use: reactive[Use] = reactive(Use.NONE, layout=False)

    def __init__(self, disk: Disk, use: Use) -> None:
        super().__init__(markup=False)
        self.disk = disk
        self.set_reactive(DiskLine.use, use)

    def render(self) -> str:
        disk, mark = self.disk, ">" if self.has_focus else " "
        ids = [f"serial {disk.serial}" if disk.serial else "no serial number", f"WWN {disk.wwn}" if disk.wwn else ""]
        on_it = why_not(disk) or (f"holds {contents(disk)}" if disk.is_dirty else "empty")
        size = f"{format_disk_size(disk.size_bytes):>8}"
        first = f"{mark} [{self.use:<6}] {disk.name:<8} {size}  {kind(disk)}  {disk.model}".rstrip()
        return "\n".join((first[:_WIDTH], *_indented("  ".join(filter(None, ids))), *_indented(on_it)))


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT + "  ")


class DiskList(VerticalScroll):
    """S, B, N give the disk at hand a use; Space goes through them. Posts `Changed`, or `Refused` with a sentence.

    Disks that nothing can be put on, such as the medium in its drive, stand last: the first one at hand is of use."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s,S", "use('system')", show=False),
        Binding("b,B", "use('brick')", show=False),
        Binding("n,N,delete,backspace", "use('')", show=False),
        Binding("space", "turn", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    DEFAULT_CSS = "DiskList { background: ansi_default; height: 1fr; scrollbar-size: 0 1; }"

    @dataclass
    class Changed(Message):
        """A disk has another use than before."""

    @dataclass
    class Refused(Message):
        why: str

    def __init__(self, disks: Sequence[Disk], system: Sequence[Disk], bricks: Sequence[Disk]) -> None:
        super().__init__(can_focus=False)
        self._lines = [
            DiskLine(d, Use.SYSTEM if d in system else Use.BRICK if d in bricks else Use.NONE)
            for d in sorted(disks, key=lambda disk: why_not(disk) is not None)
        ]

    def compose(self) -> ComposeResult:
        yield from self._lines

    def used_as(self, use: Use) -> tuple[Disk, ...]:
        return tuple(line.disk for line in self._lines if line.use is use)

    def action_use(self, use: str) -> None:
        if isinstance(line := self.app.focused, DiskLine):
            self._give(line, Use(use))

    def action_turn(self) -> None:
        """The next use that this disk can have."""
        if not isinstance(line := self.app.focused, DiskLine):
            return
        uses = [use for use in Use if _why_not(line.disk, use) is None]
        if uses == [Use.NONE]:
            self._give(line, Use.BRICK)  # which is refused, and says why
        else:
            self._give(line, uses[(uses.index(line.use) + 1) % len(uses)])

    def _give(self, line: DiskLine, use: Use) -> None:
        if (why := _why_not(line.disk, use)) is not None:
            self.post_message(self.Refused(why))
            return
        if use is Use.SYSTEM:
            for other in self._lines:
                other.use = Use.NONE if other.use is Use.SYSTEM else other.use
        line.use = use
        self.post_message(self.Changed())


def _why_not(disk: Disk, use: Use) -> str | None:
    match use:
        case Use.SYSTEM:
            return why_not_system(disk)
        case Use.BRICK:
            return why_not(disk)
    return None
