"""A view as plain values for JSON; pure."""

from dataclasses import asdict

from netconf.watch import lacp
from netconf.watch.origin import is_duplicate, origin
from netconf.watch.troubles import troubles
from netconf.watch.view import Link, NmLinkInfo, ObservedAddress, Speed, View


def render(view: View) -> dict[str, object]:
    held = view.addresses()
    return {
        "interfaces": [_interface(view, link, held.get(link.index, ())) for link in view.links],
        "routes": [
            {
                "destination": route.destination,
                "gateway": route.gateway or None,
                "interface": view.name(route.index) or None,
                "metric": route.metric,
                "table": route.table,
                "origin": route.proto,
            }
            for route in sorted(view.kernel.routes)
        ],
        "neighbours": _neighbours(view),
        "drift": None if view.drift is None else list(view.drift),
    }


def _neighbours(view: View) -> list[dict[str, object]]:
    gateways = view.gateways()
    return [
        {
            "interface": view.name(there.index),
            "ip": there.ip,
            "mac": there.mac or None,
            "state": there.state.value,
            "gateway": (there.index, there.ip) in gateways,
        }
        for there in sorted(view.kernel.neighbours.values(), key=lambda there: (there.index, there.ip))
    ]


def _interface(view: View, link: Link, addresses: tuple[ObservedAddress, ...]) -> dict[str, object]:
    told, speed = view.nm_links.get(link.name, NmLinkInfo()), view.speeds.get(link.index, Speed())
    counters = view.counters.get(link.name)
    lldp = None if told.lldp is None else [asdict(there) for there in told.lldp]
    return {
        "name": link.name,
        "index": link.index,
        "kind": link.kind,
        "up": link.up,
        "carrier": link.carrier,
        "carrier_changes": link.carrier_changes,
        "speed_mbps": speed.mbps,
        "duplex": speed.duplex,
        "mtu": link.mtu,
        "mac": link.mac or None,
        "controller": view.name(link.controller) or None,
        "base": view.name(link.base) or None,
        "vlan": link.vlan,
        "addresses": [_address(one, told) for one in addresses],
        "profile": told.profile or None,
        "lldp": lldp if lldp is not None else "not listened for",
        "bond": _bond(view, link),
        "bond_port": _bond_port(view, link),
        "counters": asdict(counters) if counters is not None else None,
        "troubles": list(troubles(view, link, addresses)),
    }


def _address(address: ObservedAddress, nm_link: NmLinkInfo) -> dict[str, object]:
    return {
        "address": str(address.address),
        "origin": origin(address, nm_link).value,
        "duplicate": is_duplicate(address),
    }


def _bond(view: View, link: Link) -> dict[str, object] | None:
    if link.bond is None:
        return None
    return {
        "mode": link.bond.mode,
        "active_port": view.name(link.bond.active_port) or None,
        "aggregator": link.bond.aggregator,
        "aggregated_ports": link.bond.aggregated_ports,
        "partner_mac": link.bond.partner_mac if lacp.has_partner(link.bond) else None,
    }


def _bond_port(view: View, link: Link) -> dict[str, object] | None:
    port, controller = link.bond_port, view.kernel.links.get(link.controller or 0)
    if port is None:
        return None
    lacp_words = (
        lacp.format_state(port, controller.bond) if controller is not None and controller.bond is not None else ""
    )
    return {
        "active": port.active,
        "mii_up": port.mii_up,
        "failures": port.failures,
        "aggregator": port.aggregator,
        "lacp": lacp_words or None,
    }
