"""The management network of a node: what it should be, and whether it is so. Pure; for deploy and engine alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface

import msgspec

from node.api.messages.network import NetworkRequest

CONFIRM_S = 45  # a caller that dies before it confirms has to wait that long when it tries again


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a node stands in it: `bridge` is its name on every node, `nic` the network card whose `address` it has."""

    bridge: str
    nic: str
    address: IPv4Interface
    gateway: str | None = None
    dns: tuple[str, ...] = ()


def on_bridge(place: Placement) -> NetworkRequest:
    """A bridge that takes over the address of the network card."""
    document: dict[str, object] = {
        "interfaces": [
            {
                "name": place.bridge,
                "type": "linux-bridge",
                "state": "up",
                "ipv4": {"enabled": True, "dhcp": False, "address": [_address(place)]},
                "bridge": {"options": {"stp": {"enabled": False}}, "port": [{"name": place.nic}]},
            },
            {"name": place.nic, "state": "up", "ipv4": {"enabled": False}, "ipv6": {"enabled": False}},
        ]
    }
    return _request(document | _routes_and_dns(place, place.bridge))


def on_nic(place: Placement) -> NetworkRequest:
    """Without the bridge: the same address on the network card."""
    document: dict[str, object] = {
        "interfaces": [
            {"name": place.bridge, "type": "linux-bridge", "state": "absent"},
            {"name": place.nic, "state": "up", "ipv4": {"enabled": True, "dhcp": False, "address": [_address(place)]}},
        ]
    }
    return _request(document | _routes_and_dns(place, place.nic))


def nothing() -> NetworkRequest:
    """Takes back a change that nobody confirmed."""
    return _request({})


def has_bridge(bridge: str, document: Mapping[str, object]) -> bool:
    return any(one.name == bridge for one in msgspec.convert(document, _Document).interfaces)


def is_on_bridge(place: Placement, document: Mapping[str, object]) -> bool:
    """Whether a node whose network is `document` (nmstate's schema) is as `on_bridge` wants it."""
    address = _Address(ip=str(place.address.ip), prefix_length=place.address.network.prefixlen)
    return any(
        interface.name == place.bridge
        and interface.type == "linux-bridge"
        and address in interface.ipv4.address
        and _Port(name=place.nic) in interface.bridge.port
        for interface in msgspec.convert(document, _Document).interfaces
    )


def port_of(bridge: str, document: Mapping[str, object]) -> str | None:
    """The network card of a bridge that has one port only; None otherwise."""
    for interface in msgspec.convert(document, _Document).interfaces:
        if interface.name == bridge and interface.type == "linux-bridge" and len(interface.bridge.port) == 1:
            return interface.bridge.port[0].name
    return None


def find_placement(bridge: str, document: Mapping[str, object]) -> Placement | None:
    """Where a node stands whose network is `document`; None where its bridge is not as `on_bridge` makes it."""
    network = msgspec.convert(document, _Document)
    own = next((one for one in network.interfaces if one.name == bridge and one.type == "linux-bridge"), None)
    if own is None or len(own.bridge.port) != 1 or len(own.ipv4.address) != 1:
        return None
    address = own.ipv4.address[0]
    gateways = [
        one.next_hop_address
        for one in network.routes.config
        if one.destination == "0.0.0.0/0" and one.next_hop_interface == bridge
    ]
    return Placement(
        bridge=bridge,
        nic=own.bridge.port[0].name,
        address=IPv4Interface(f"{address.ip}/{address.prefix_length}"),
        gateway=gateways[0] if gateways else None,
        dns=network.dns_resolver.config.server,
    )


def _request(document: dict[str, object]) -> NetworkRequest:
    """The site's name servers may be VMs that it does not have yet."""
    return NetworkRequest(document=document, confirm_within_s=CONFIRM_S, without_name_servers=True)


def _address(place: Placement) -> dict[str, object]:
    return {"ip": str(place.address.ip), "prefix-length": place.address.network.prefixlen}


def _routes_and_dns(place: Placement, interface: str) -> dict[str, object]:
    """Default route and DNS servers, over `interface`."""
    found: dict[str, object] = {}
    if place.gateway is not None:
        route = {"destination": "0.0.0.0/0", "next-hop-address": place.gateway, "next-hop-interface": interface}
        found["routes"] = {"config": [route]}
    if place.dns:
        found["dns-resolver"] = {"config": {"server": list(place.dns)}}
    return found


class _Port(msgspec.Struct, frozen=True):
    name: str = ""


class _Bridge(msgspec.Struct, frozen=True):
    port: tuple[_Port, ...] = ()


class _Address(msgspec.Struct, frozen=True, rename="kebab"):
    ip: str = ""
    prefix_length: int = 0


class _Ip(msgspec.Struct, frozen=True):
    address: tuple[_Address, ...] = ()


class _Interface(msgspec.Struct, frozen=True):
    """What matters here of an interface in nmstate's schema."""

    name: str = ""
    type: str = ""
    ipv4: _Ip = _Ip()
    bridge: _Bridge = _Bridge()


class _Route(msgspec.Struct, frozen=True, rename="kebab"):
    destination: str = ""
    next_hop_address: str = ""
    next_hop_interface: str = ""


class _Routes(msgspec.Struct, frozen=True):
    config: tuple[_Route, ...] = ()


class _Servers(msgspec.Struct, frozen=True):
    server: tuple[str, ...] = ()


class _Resolver(msgspec.Struct, frozen=True):
    config: _Servers = _Servers()


class _Document(msgspec.Struct, frozen=True, rename="kebab"):
    interfaces: tuple[_Interface, ...] = ()
    routes: _Routes = _Routes()
    dns_resolver: _Resolver = _Resolver()
