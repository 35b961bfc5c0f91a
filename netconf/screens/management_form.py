"""The form in which an operator lays out the management network of a host."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Input

from netconf.model import Interface, NetworkState
from netconf.planning.wish import CABLES
from netconf.screens.controls import Answered, Choice, Flag, Row, Several, TextLine
from netconf.screens.layout import BOND_MODES, IPV4, IPV6, NO_BOND, Ip, Layout
from netconf.screens.observed import mistakes
from netconf.screens.plain import Words
from netconf.screens.rows import link


class ManagementForm(VerticalScroll):
    """Filled in with `layout`; `state` gives the NICs to choose from. Enter checks all answers and posts `Filled`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "check", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    DEFAULT_CSS = """
    ManagementForm { background: ansi_default; scrollbar-size: 0 1; }
    ManagementForm #others { display: none; height: auto; text-style: bold; }
    """

    @dataclass
    class Filled(Message):
        """There is no mistake in the layout."""

        layout: Layout

    def __init__(self, layout: Layout, state: NetworkState, *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self._given, self._checked = layout, False
        cables = [i for i in state.interfaces if i.type in CABLES]
        width = max((len(i.name) for i in cables), default=0)
        nics = {i.name: _says(i, width) for i in cables}
        self._rows = {
            "nics": Row("NICs", Several(nics, layout.nics)),
            "bond": Row("Bond", Choice(BOND_MODES, layout.bond)),
            "vlan": Row("VLAN id", TextLine(layout.vlan)),
            "bridge": Row("Bridge", Flag(f"{layout.bridge_name}, so that VMs can use this network", layout.bridge)),
            "ipv4": Row("IPv4", Choice(IPV4, layout.ipv4)),
            "address4": Row("  Address/prefix", TextLine(layout.address4)),
            "gateway4": Row("  Gateway", TextLine(layout.gateway4)),
            "ipv6": Row("IPv6", Choice(IPV6, layout.ipv6)),
            "address6": Row("  Address/prefix", TextLine(layout.address6)),
            "gateway6": Row("  Gateway", TextLine(layout.gateway6)),
            "dns": Row("DNS servers", TextLine(layout.dns)),
            "search": Row("Search domains", TextLine(layout.search)),
            "mtu": Row("MTU", TextLine(layout.mtu)),
        }

    def compose(self) -> ComposeResult:
        yield Words(id="others")
        yield from self._rows.values()

    def on_mount(self) -> None:
        self._show_what_matters()

    @property
    def layout_said(self) -> Layout:
        """The answers as they stand."""
        said: dict[str, Any] = {name: row.control.answer for name, row in self._rows.items()}
        return replace(self._given, **said | {key: Ip(said[key]) for key in ("ipv4", "ipv6")})

    def on_answered(self, event: Answered) -> None:
        event.stop()
        self._suit_bond()
        self._show_what_matters()
        if self._checked:
            self._show_mistakes()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_check()

    def action_check(self) -> None:
        self._checked = True
        wrong = self._show_mistakes()
        if not wrong:
            self.post_message(self.Filled(self.layout_said))
        elif (first := next((row for name, row in self._rows.items() if name in wrong), None)) is not None:
            next(widget for widget in first.query("*") if widget.focusable).focus()

    def _suit_bond(self) -> None:
        """Several NICs make a bond; a single one does not stay one unless it was one before."""
        said, choice = self.layout_said, self._rows["bond"].control
        assert isinstance(choice, Choice)
        if len(said.nics) > 1 and said.bond == NO_BOND:
            choice.answer = "active-backup"
        elif len(said.nics) < 2 and self._given.bond == NO_BOND:
            choice.answer = NO_BOND

    def _show_what_matters(self) -> None:
        said = self.layout_said
        self._rows["bond"].display = len(said.nics) > 1 or said.bond != NO_BOND
        for family, ip in (("4", said.ipv4), ("6", said.ipv6)):
            for field in ("address", "gateway"):
                self._rows[field + family].display = ip is Ip.STATIC

    def _show_mistakes(self) -> dict[str, str]:
        wrong = mistakes(self.layout_said)
        for name, row in self._rows.items():
            row.show_mistake(wrong.get(name, ""))
        others = self.query_one("#others", Words)
        others.update(f"! {wrong.get('', '')}")
        others.display = "" in wrong
        return wrong


def _says(nic: Interface, width: int) -> str:
    holder = f", in {nic.controller}" if nic.controller is not None else ""
    return f"{nic.name:<{width}}  {nic.mac or '':<17}  {link(nic)}{holder}"
