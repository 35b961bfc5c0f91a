"""The page of the network: which NICs, how they are put together, where the addresses come from."""

from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Vertical

from installer.screens.draft import Draft
from installer.screens.mistakes import network_mistakes
from installer.screens.page import InstallPage, Move
from installer.sysinfo import Nic, SysInfo
from netconf.screens.controls import Row, TextLine
from netconf.screens.layout import NO_BOND, Ip
from netconf.screens.management_form import LayoutForm, ip_rows, link_rows
from netconf.screens.rows import speed

_IPV6 = (Ip.OFF, Ip.AUTO, Ip.STATIC, Ip.DHCP)


class NetworkForm(LayoutForm):
    """A layout without a bridge, which the deploy puts over it, and time servers."""

    checks_while_typing = True

    def __init__(self, draft: Draft, nics: tuple[Nic, ...]) -> None:
        time_servers = {"ntp": Row("Time servers (NTP)", TextLine(draft.ntp))}
        rows = {**link_rows(draft.layout, nic_lines(nics)), **ip_rows(draft.layout, ipv6=_IPV6), **time_servers}
        super().__init__(replace(draft.layout, bond=NO_BOND), rows)
        self._draft, self._nics = draft, nics

    def mistakes(self) -> dict[str, str]:
        self._draft.layout, self._draft.ntp = self.current_layout, str(self.answers["ntp"])
        return network_mistakes(self._draft, self._nics)


class NetworkPage(InstallPage):
    heading = "2 of 5: Network"
    key_hints = "Enter: test it, go on  Tab, Up, Down: move  Space: choose  Esc: back  F1: help"
    page_help = """
Over this network the node is reached by its site. Choose the NICs by Space: each is shown with its permanent MAC
address, which stands on many machines' labels, and with `link` where a cable leads to something that answers. Several
make a bond: active-backup works with every switch, 802.3ad needs LACP there.

VLAN id: only when the switch port is tagged. MTU: empty leaves it at 1500. DNS servers, search domains and time
servers: several with commas between; with DHCP those that it gives are taken as well.

A node of a site needs an address that stays: static, or one that DHCP always gives to this machine.

Enter brings the network up as answered and tests it: the link, whether somebody has the address already, the gateway,
the name servers. A test that fails can be passed over, for a network that is not there yet."""

    def __init__(self, draft: Draft, sysinfo: SysInfo) -> None:
        super().__init__()
        self._form = NetworkForm(draft, sysinfo.nics)

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._form

    def on_layout_form_filled(self) -> None:
        self.go(Move.NEXT)


def nic_lines(nics: tuple[Nic, ...]) -> dict[str, str]:
    width = max((len(nic.name) for nic in nics), default=0)
    return {nic.name: f"{nic.name:<{width}}  {nic.mac or 'no MAC':<17}  {_link(nic)}" for nic in nics}


def _link(nic: Nic) -> str:
    if not nic.carrier:
        return "no link"
    return f"link, {speed(nic.speed_mbps)}" if nic.speed_mbps else "link"
