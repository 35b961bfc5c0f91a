"""The last page: what to write down, and the restart."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from installer.answers import Role
from installer.environment import Installed
from installer.screens.page import InstallPage, Move, Scrolled

_NEXT = {
    Role.FIRST: "Its console goes on with creating the site.",
    Role.JOIN: "It asks the engine to take it; how that goes stands on its console.",
    Role.LATER: "Its console creates a site whenever you want.",
}
_RESTART = """\
Press Enter: the machine restarts from its own disk. Take the medium out while
it does so, not before: the installer runs from it."""


class DonePage(InstallPage):
    heading = "Trivet is installed"
    key_hints = "Enter: restart the machine   Up, Down: scroll   F1: help   F2: shell"
    page_help = """
The fingerprint is that of the key which was made on this machine. Whoever takes the node into a site compares these
words with those on their screen: the same words, the same machine. The claim code proves that they have seen this one.

Both stand on the node's console after the restart, too."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "next", show=False, priority=True)]

    def __init__(self, installed: Installed, role: Role | None) -> None:
        super().__init__()
        self._installed, self._role = installed, role

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield Scrolled("\n".join(self._lines()))

    def action_next(self) -> None:
        self.go(Move.NEXT)

    def action_back(self) -> None:
        """It is done."""

    def _lines(self) -> Iterator[str]:
        yield "Write this down; the node's console shows it as well.\n"
        for number, address in enumerate(self._installed.addresses or ("given by DHCP after the restart",)):
            yield f"{'Address' if number == 0 else '':<14}{address}"
        yield f"{'Fingerprint':<14}{self._installed.fingerprint or 'made at the first start'}"
        yield f"{'Claim code':<14}{self._installed.claim_code or 'made at the first start'}"
        for remark in self._installed.remarks:
            yield f"\n!  {remark}"
        yield f"\n{_RESTART}"
        if self._role is not None:
            yield _NEXT[self._role]
