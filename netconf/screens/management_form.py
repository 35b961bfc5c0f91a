"""The form in which an operator lays out the management network of a host."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual.message import Message

from netconf.model import Interface, NetworkState
from netconf.planning.completion import CABLES
from netconf.screens.controls import Choice, Flag, Row, Several, TextLine
from netconf.screens.form import Form
from netconf.screens.layout import BOND_MODES, IPV4, IPV6, NO_BOND, Ip, Layout
from netconf.screens.observed import mistakes
from netconf.screens.rows import link


class LayoutForm(Form):
    """Its rows are those of a layout or some of them, perhaps beside others. Enter checks all and posts `Filled`."""

    @dataclass
    class Filled(Message):
        """There is no mistake in the layout."""

        layout: Layout

    def __init__(self, layout: Layout, rows: Mapping[str, Row], *, id: str | None = None) -> None:
        super().__init__(rows, id=id)
        self._given = layout

    @property
    def current_layout(self) -> Layout:
        """The answers as they stand."""
        said = {name: answer for name, answer in self.answers.items() if name in Layout.__dataclass_fields__}
        return replace(self._given, **said | {family: Ip(said[family]) for family in ("ipv4", "ipv6")})

    def mistakes(self) -> dict[str, str]:
        return mistakes(self.current_layout)

    def fill(self) -> None:
        self.post_message(self.Filled(self.current_layout))

    def adjust(self) -> None:
        self._suit_bond()
        said = self.current_layout
        self._rows["bond"].display = len(said.nics) > 1 or said.bond != NO_BOND
        for family, ip in (("4", said.ipv4), ("6", said.ipv6)):
            for field in ("address", "gateway"):
                self._rows[field + family].display = ip is Ip.STATIC

    def _suit_bond(self) -> None:
        """Several NICs make a bond; a single one does not stay one unless it was one before."""
        said, choice = self.current_layout, self._rows["bond"].control
        assert isinstance(choice, Choice)
        if len(said.nics) > 1 and said.bond == NO_BOND:
            choice.answer = "active-backup"
        elif len(said.nics) < 2 and self._given.bond == NO_BOND:
            choice.answer = NO_BOND


class ManagementForm(LayoutForm):
    """Filled in with `layout`; `state` gives the NICs to choose from."""

    def __init__(self, layout: Layout, state: NetworkState, *, id: str | None = None) -> None:
        cables = [i for i in state.interfaces if i.type in CABLES]
        width = max((len(i.name) for i in cables), default=0)
        bridge = Row("Bridge", Flag(f"{layout.bridge_name}, so that VMs can use this network", layout.bridge))
        rows = {
            **link_rows(layout, {i.name: _format_nic(i, width) for i in cables}),
            "bridge": bridge,
            **ip_rows(layout),
        }
        super().__init__(layout, rows, id=id)


def link_rows(layout: Layout, nics: Mapping[str, str]) -> dict[str, Row]:
    """`nics` says of each NIC what it is."""
    return {
        "nics": Row("NICs", Several(dict(nics), layout.nics)),
        "bond": Row("Bond", Choice(BOND_MODES, layout.bond)),
        "vlan": Row("VLAN id", TextLine(layout.vlan)),
    }


def ip_rows(layout: Layout, *, ipv6: tuple[Ip, ...] = IPV6) -> dict[str, Row]:
    return {
        "ipv4": Row("IPv4", Choice(IPV4, layout.ipv4)),
        "address4": Row("  Address/prefix", TextLine(layout.address4)),
        "gateway4": Row("  Gateway", TextLine(layout.gateway4)),
        "ipv6": Row("IPv6", Choice(ipv6, layout.ipv6)),
        "address6": Row("  Address/prefix", TextLine(layout.address6)),
        "gateway6": Row("  Gateway", TextLine(layout.gateway6)),
        "dns": Row("DNS servers", TextLine(layout.dns)),
        "search": Row("Search domains", TextLine(layout.search)),
        "mtu": Row("MTU", TextLine(layout.mtu)),
    }


def _format_nic(nic: Interface, width: int) -> str:
    holder = f", in {nic.controller}" if nic.controller is not None else ""
    return f"{nic.name:<{width}}  {nic.mac or '':<17}  {link(nic)}{holder}"
