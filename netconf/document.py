"""Reads and writes the documents in nmstate's schema that stand for a network state outside this package."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from netconf.errors import BadDocument, Finding
from netconf.model import Address, Bridge, Dns, Interface, IpConfig, LinkState, LinkType, NetworkState, Route
from netconf.reader import (
    Reader,
    as_interface,
    why_bad_ip,
    why_bad_mac,
    why_bad_name,
    why_bad_network,
)

_Word = TypeVar("_Word", bound=StrEnum)

MADE = (LinkType.ETHERNET, LinkType.VETH, LinkType.LINUX_BRIDGE)  # what a wish may ask for

_INTERFACE = {"name", "type", "state", "mac-address", "copy-mac-from", "mtu", "ipv4", "ipv6", "bridge"}
_SHOWN = {  # nmstate shows them; a wish made of what it showed may carry them along
    *("accept-all-mac-addresses", "carrier", "controller", "description", "ethernet", "ethtool", "identifier", "lldp"),
    *("max-mtu", "min-mtu", "mptcp", "permanent-mac-address", "profile-name", "veth", "wait-ip"),
}
_IP = {"enabled", "dhcp", "autoconf", "address"}
_IP_SHOWN = {
    *("addr-gen-mode", "allow-extra-address", "auto-dns", "auto-gateway", "auto-route-metric", "auto-route-table-id"),
    *("auto-routes", "dhcp-client-id", "dhcp-duid", "dhcp-send-hostname", "forwarding", "wait-ip"),
}
_ADDRESS = {"ip", "prefix-length", "mptcp-flags", "preferred-life-time", "valid-life-time"}
_STP_SHOWN = {"hello-time", "max-age", "priority"}
_ROUTE = {"destination", "next-hop-address", "next-hop-interface", "metric", "table-id", "state"}
_TOP = {"interfaces", "routes", "dns-resolver", "hostname", "route-rules"}


def parse(document: Mapping[str, object]) -> NetworkState:
    """The state that a document wishes for. Raises BadDocument with everything that is wrong in it."""
    findings: list[Finding] = []
    top = Reader(document, "", findings)
    top.only(_TOP)
    interfaces = tuple(_interface(section) for section in top.sections("interfaces"))
    routes, dns = top.section("routes"), top.section("dns-resolver")
    state = NetworkState(
        interfaces=interfaces,
        routes=None if routes is None else _routes(routes),
        dns=None if dns is None else _dns(dns),
    )
    if not findings:
        findings.extend(_contradictions(state))
    if findings:
        raise BadDocument(findings)
    return state


def render(state: NetworkState) -> dict[str, object]:
    """The document that says the same as `state`; plain dicts, lists and scalars, ready for JSON."""
    document: dict[str, object] = {"interfaces": [_render_interface(interface) for interface in state.interfaces]}
    if state.routes is not None:
        document["routes"] = {"config": [_render_route(route) for route in state.routes]}
    if state.dns is not None:
        document["dns-resolver"] = {"config": {"server": list(state.dns.servers), "search": list(state.dns.search)}}
    return document


def _interface(section: Reader) -> Interface:
    section.only(_INTERFACE | _SHOWN)
    section.required("name")
    state = _choice(section, "state", LinkState, LinkState.UP)
    kind = _choice(section, "type", LinkType, LinkType.ETHERNET)
    if kind not in MADE and state is LinkState.UP:
        section.wrong("type", f"{kind.value} cannot be made yet: choose one of {', '.join(MADE)}")
    bridge = section.section("bridge")
    if bridge is not None and kind is not LinkType.LINUX_BRIDGE:
        section.wrong("bridge", f"belongs to a linux-bridge, not to an interface of type {kind.value}")
    mac = section.checked("mac-address", why_bad_mac)
    if mac is not None and section.has("copy-mac-from"):
        section.wrong("copy-mac-from", "stands beside mac-address: keep one of the two")
    return Interface(
        name=section.checked("name", why_bad_name) or "",
        type=kind,
        state=state,
        mac=mac and mac.lower(),
        copy_mac_from=section.checked("copy-mac-from", why_bad_name),
        mtu=section.number("mtu", 68, 65535),
        ipv4=_ip(section.section("ipv4"), 4),
        ipv6=_ip(section.section("ipv6"), 6),
        bridge=None if bridge is None else _bridge(bridge),
    )


def _ip(section: Reader | None, version: int) -> IpConfig | None:
    if section is None:
        return None
    section.only(_IP | _IP_SHOWN)
    dhcp, autoconf = section.flag("dhcp") or False, section.flag("autoconf") or False
    if autoconf and version == 4:
        section.wrong("autoconf", "there are no router advertisements in IPv4")
    addresses = tuple(_address(item, version) for item in section.sections("address"))
    for address, times in Counter(addresses).items():
        if times > 1:
            section.wrong("address", f"{address} is named twice")
    enabled = section.flag("enabled")
    if enabled is None:
        enabled = bool(dhcp or autoconf or addresses)
    if not enabled:
        return IpConfig()
    # As in nmstate: with DHCP or router advertisements, addresses that a document shows came from there.
    return IpConfig(True, dhcp, autoconf, () if dhcp or autoconf else addresses)


def _address(section: Reader, version: int) -> Address:
    section.only(_ADDRESS)
    ip = section.required("ip")
    length = section.number("prefix-length", 0, 32 if version == 4 else 128)
    if not section.has("prefix-length"):
        section.wrong("prefix-length", "is missing")
    parsed = as_interface(ip) if "/" not in ip else None
    if ip and (parsed is None or parsed.version != version):
        section.wrong("ip", f"{ip!r} is not an IPv{version} address")
    elif parsed is not None and (parsed.is_multicast or parsed.is_unspecified or parsed.is_loopback):
        section.wrong("ip", f"{ip} cannot be the address of an interface")
    return Address(str(parsed.ip) if parsed else ip, length or 0)


def _bridge(section: Reader) -> Bridge:
    section.only({"port", "options"})
    ports = []
    for port in section.sections("port"):
        port.required("name")
        ports.append(port.checked("name", why_bad_name) or "")
        if port.has("vlan"):
            port.wrong("vlan", "VLAN filtering cannot be made yet")
    for name, times in Counter(ports).items():
        if name and times > 1:
            section.wrong("port", f"{name} is named twice")
    stp = None if (options := section.section("options")) is None else options.section("stp")
    if stp is None:
        return Bridge(tuple(sorted(ports)) if section.has("port") else None)
    stp.only({"enabled", "forward-delay"} | _STP_SHOWN)
    return Bridge(
        ports=tuple(sorted(ports)) if section.has("port") else None,
        stp=stp.flag("enabled"),
        forward_delay_s=stp.number("forward-delay", 0, 30),
    )


def _routes(section: Reader) -> tuple[Route, ...]:
    section.only({"config", "running"})
    return tuple(_route(item) for item in section.sections("config"))


def _route(section: Reader) -> Route:
    section.only(_ROUTE)
    if section.has("state"):
        section.wrong("state", "routes cannot be taken away one by one yet: they go with their interface's address")
    for key in ("destination", "next-hop-interface", "next-hop-address"):
        section.required(key)
    destination = section.checked("destination", why_bad_network) or ""
    next_hop = section.checked("next-hop-address", why_bad_ip) or ""
    if destination and next_hop and (":" in destination) != (":" in next_hop):
        section.wrong("next-hop-address", f"{next_hop} is not of the family of {destination}")
    return Route(
        destination=destination,
        next_hop=next_hop,
        interface=section.checked("next-hop-interface", why_bad_name) or "",
        metric=section.number("metric", 0, 2**32 - 1),
        table=section.number("table-id", 1, 2**32 - 1) or 254,
    )


def _dns(section: Reader) -> Dns | None:
    section.only({"config", "running"})
    config = section.section("config")
    if config is None:
        return None
    config.only({"server", "search", "options"})
    return Dns(servers=config.texts("server", why_bad_ip), search=config.texts("search", _why_bad_domain))


def _contradictions(state: NetworkState) -> list[Finding]:
    """What is wrong between the parts of a document whose parts are right."""
    found = []
    owner: dict[str, str] = {}
    seen: dict[Address, str] = {}
    named = Counter(interface.name for interface in state.interfaces)
    for number, interface in enumerate(state.interfaces):
        path = f"interfaces[{number}]"
        if named[interface.name] > 1:
            found.append(Finding(f"{path}.name", f"{interface.name} is named twice"))
        for port in (interface.bridge.ports or ()) if interface.bridge else ():
            if port == interface.name or port in owner:
                other = owner.get(port, "itself")
                found.append(Finding(f"{path}.bridge.port", f"{port} cannot be a port here: it is one of {other}"))
            owner[port] = interface.name
        for ip in (interface.ipv4, interface.ipv6):
            for address in ip.addresses if ip else ():
                if address in seen:
                    found.append(Finding(path, f"{address} belongs to {seen[address]} already"))
                seen[address] = interface.name
    for number, interface in enumerate(state.interfaces):
        ips = [ip for ip in (interface.ipv4, interface.ipv6) if ip is not None]
        if interface.name in owner and any(ip.dhcp or ip.autoconf or ip.addresses for ip in ips):
            says = f"{interface.name} is a port of {owner[interface.name]}: addresses belong there"
            found.append(Finding(f"interfaces[{number}]", says))
    for number, route in enumerate(state.routes or ()):
        if route.interface in owner:
            says = f"{route.interface} is a port of {owner[route.interface]}: routes go over that"
            found.append(Finding(f"routes.config[{number}].next-hop-interface", says))
    return found


def _choice(section: Reader, key: str, kind: type[_Word], default: _Word) -> _Word:
    text = section.text(key)
    if text is None:
        return default
    try:
        return kind(text)
    except ValueError:
        section.wrong(key, f"{text!r} is none of {', '.join(kind)}")
        return default


def _why_bad_domain(domain: str) -> str | None:
    good = 0 < len(domain) < 254 and all(char.isalnum() or char in "-._~" for char in domain)
    return None if good else f"{domain!r} is not a domain name"


def _render_interface(interface: Interface) -> dict[str, object]:
    shown: dict[str, object] = {
        "name": interface.name,
        "type": interface.type.value,
        "state": interface.state.value,
    }
    pairs = (
        ("mac-address", interface.mac),
        ("copy-mac-from", interface.copy_mac_from),
        ("mtu", interface.mtu),
        ("carrier", interface.carrier),
        ("controller", interface.controller),
    )
    shown.update({key: value for key, value in pairs if value is not None})
    if interface.ipv4 is not None:
        shown["ipv4"] = _render_ip(interface.ipv4)
    if interface.ipv6 is not None:
        shown["ipv6"] = _render_ip(interface.ipv6) | {"autoconf": interface.ipv6.autoconf}
    if interface.bridge is not None:
        shown["bridge"] = _render_bridge(interface.bridge)
    return shown


def _render_ip(ip: IpConfig) -> dict[str, object]:
    addresses = [{"ip": address.ip, "prefix-length": address.prefix_length} for address in ip.addresses]
    return {"enabled": ip.enabled, "dhcp": ip.dhcp, "address": addresses}


def _render_bridge(bridge: Bridge) -> dict[str, object]:
    shown: dict[str, object] = {}
    if bridge.ports is not None:
        shown["port"] = [{"name": name} for name in bridge.ports]
    stp = {"enabled": bridge.stp, "forward-delay": bridge.forward_delay_s}
    known = {key: value for key, value in stp.items() if value is not None}
    if known:
        shown["options"] = {"stp": known}
    return shown


def _render_route(route: Route) -> dict[str, object]:
    shown: dict[str, object] = {
        "destination": route.destination,
        "next-hop-address": route.next_hop,
        "next-hop-interface": route.interface,
        "table-id": route.table,
    }
    if route.metric is not None:
        shown["metric"] = route.metric
    return shown
