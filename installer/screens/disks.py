"""The page of the disks: one for the system, any number for bricks."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from installer.reasons import Reason
from installer.screens.disk_choice import expression_of, reasons_against
from installer.screens.disk_list import DiskList, Use
from installer.screens.draft import Draft
from installer.screens.page import InstallPage, Move
from installer.sysinfo import SysInfo
from netconf.screens.plain import PlainText


class DisksPage(InstallPage):
    heading = "1 of 5: Disks"
    key_hints = "S: system  B: bricks  N: not used  Enter: go on  Esc: back  F1: help"
    page_help = """
One disk takes the system: two copies of it, so that an upgrade can go back, and the node's own data. At least 16 GiB.

The brick disks hold what the site stores: VMs' disks, in bricks of Gluster. With none chosen, the bricks lie beside the
system on its disk, when that is large enough; a disk of their own is faster and easier to replace.

A disk is known by its serial number and its WWN, which stand on its label; its name (sda) is good for this boot only.
`empty` means that nothing was found on it. What a chosen disk holds is lost; the review asks for its serial number
again before that. A disk that is not chosen is not written to."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "next", show=False)]

    def __init__(self, draft: Draft, sysinfo: SysInfo) -> None:
        super().__init__()
        self._draft, self._disks = draft, sysinfo.disks
        chosen = {expression_of(disk, sysinfo.disks): disk for disk in sysinfo.disks}
        system = [disk for said, disk in chosen.items() if said == draft.system]
        bricks = [disk for said, disk in chosen.items() if said in draft.bricks]
        self._list = DiskList(sysinfo.disks, system, bricks)
        self._hint = PlainText(classes="hint")

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._list if self._disks else PlainText("This machine has no disk.")
        yield self._hint

    def on_mount(self) -> None:
        self._show()

    def on_disk_list_changed(self) -> None:
        system, bricks = self._list.used_as(Use.SYSTEM), self._list.used_as(Use.BRICK)
        self._draft.system = expression_of(system[0], self._disks) if system else ""
        self._draft.bricks = tuple(expression_of(disk, self._disks) for disk in bricks)
        self._draft.wipe = ()
        self._show()

    def on_disk_list_refused(self, event: DiskList.Refused) -> None:
        self._hint.update(f"! {event.why}.")

    def action_next(self) -> None:
        if not self._draft.system:
            self._hint.update(f"! {_CHOOSE if self._disks else _NO_DISK}")
        elif not self._reasons():
            self.go(Move.NEXT)
        else:
            self._show()

    def _reasons(self) -> tuple[Reason, ...]:
        return reasons_against(self._draft.system, self._draft.bricks, self._disks)

    def _show(self) -> None:
        """What the choice means, before anybody asks."""
        system, bricks = self._list.used_as(Use.SYSTEM), self._list.used_as(Use.BRICK)
        if system and (reasons := self._reasons()):
            self._hint.update(f"! {reasons[0]}")
            return
        lines = [] if system else ["No disk for the system yet: S on the one that is to have it."]
        if system and not bricks:
            lines.append(f"No disk for bricks: they would lie beside the system on {system[0].name}.")
        if dirty := [disk.name for disk in system + bricks if disk.is_dirty]:
            lines.append(f"! Would be lost, and is asked about again: all on {', '.join(dirty)}.")
        self._hint.update("\n".join(lines))


_CHOOSE = "Choose the disk for the system: go to it by the arrow keys and press S."
_NO_DISK = "Nothing can be installed without a disk. Put one in, go back by Esc, and look again by R."
