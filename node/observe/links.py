"""The network as it is followed, in the contract's words; pure."""

from collections.abc import Iterable
from dataclasses import asdict

from netconf.watch import events, lacp
from netconf.watch.origin import is_duplicate, origin
from netconf.watch.troubles import troubles
from netconf.watch.view import Link, NmLinkInfo, ObservedAddress, Speed, View
from node.api.messages.network import (
    BondPortReport,
    BondReport,
    LinkAddress,
    LinkCounters,
    LinkReport,
    LldpReport,
    NetworkEvent,
)


def is_own(link: Link) -> bool:
    """Whether the machine has it for itself: taps and pairs of veth belong to VMs and containers."""
    return link.kind not in ("loopback", "tun") and not (link.kind == "veth" and not link.base_elsewhere)


def reports(view: View) -> dict[str, LinkReport]:
    """Of the machine's own links, by name."""
    addresses = view.addresses()
    return {link.name: _report(view, link, addresses.get(link.index, ())) for link in view.links if is_own(link)}


def counters(view: View, names: Iterable[str]) -> dict[str, LinkCounters]:
    return {name: LinkCounters(**asdict(view.counters[name])) for name in names if name in view.counters}


def event_messages(happened: Iterable[events.NetworkEvent], view: View) -> tuple[NetworkEvent, ...]:
    """Without what happened to the links of VMs."""
    foreign = {link.name for link in view.links if not is_own(link)}
    return tuple(
        NetworkEvent(kind=event.kind.value, description=event.description, interface=event.interface, about=event.about)
        for event in happened
        if event.interface not in foreign
    )


def _report(view: View, link: Link, addresses: tuple[ObservedAddress, ...]) -> LinkReport:
    told, speed = view.nm_links.get(link.name, NmLinkInfo()), view.speeds.get(link.index, Speed())
    return LinkReport(
        name=link.name,
        kind=link.kind,
        up=link.up,
        carrier=link.carrier,
        mac=link.mac,
        mtu=link.mtu,
        speed_mbps=speed.mbps,
        duplex=speed.duplex or "",
        controller=view.name(link.controller),
        base=view.name(link.base),
        vlan=link.vlan,
        addresses=tuple(
            LinkAddress(address=str(one.address), origin=origin(one, told).value, duplicate=is_duplicate(one))
            for one in addresses
        ),
        gateways=tuple(sorted(ip for index, ip in view.gateways() if index == link.index)),
        bond=_bond(view, link),
        bond_port=_bond_port(view, link),
        lldp=None if told.lldp is None else tuple(LldpReport(**asdict(there)) for there in told.lldp),
        troubles=troubles(view, link, addresses),
    )


def _bond(view: View, link: Link) -> BondReport | None:
    if link.bond is None:
        return None
    return BondReport(
        mode=link.bond.mode,
        active_port=view.name(link.bond.active_port),
        aggregator=link.bond.aggregator,
        partner_mac=(link.bond.partner_mac or "") if lacp.has_partner(link.bond) else "",
    )


def _bond_port(view: View, link: Link) -> BondPortReport | None:
    port, controller = link.bond_port, view.kernel.links.get(link.controller or 0)
    if port is None or controller is None or controller.bond is None:
        return None
    return BondPortReport(
        active=port.active,
        mii_up=port.mii_up,
        failures=port.failures,
        aggregator=port.aggregator,
        lacp=lacp.format_state(port, controller.bond),
    )
