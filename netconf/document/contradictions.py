"""What is wrong between the parts of a document whose parts are right."""

from collections import Counter
from collections.abc import Iterator

from netconf.document import pairs
from netconf.errors import Finding
from netconf.model import Address, Interface, LinkState, LinkType, NetworkState
from netconf.planning.order import Circle, by_dependency, headroom

_SECTION = {LinkType.LINUX_BRIDGE: "bridge", LinkType.BOND: "link-aggregation", LinkType.VRF: "vrf"}


def contradictions(state: NetworkState) -> Iterator[Finding]:
    owner: dict[str, Interface] = {}
    yield from _names(state)
    yield from _ports(state, owner)
    yield from _addresses(state, owner)
    yield from pairs.contradictions(state)
    for number, route in enumerate(state.routes or ()):
        holder = owner.get(route.interface)
        if holder is not None and holder.vrf is None:
            says = f"{route.interface} is a port of {holder.name}: routes go over that"
            yield Finding(f"routes.config[{number}].next-hop-interface", says)
    yield from _stacks(state)


def _names(state: NetworkState) -> Iterator[Finding]:
    named = Counter(interface.name for interface in state.interfaces)
    macs = Counter(interface.mac for interface in state.interfaces if interface.by_mac)
    for number, interface in enumerate(state.interfaces):
        if named[interface.name] > 1:
            yield Finding(f"interfaces[{number}].name", f"{interface.name} is named twice")
        if interface.by_mac and macs[interface.mac] > 1:
            yield Finding(f"interfaces[{number}].mac-address", f"{interface.mac} identifies two interfaces")


def _ports(state: NetworkState, owner: dict[str, Interface]) -> Iterator[Finding]:
    """Fills `owner`: the bridge, bond or VRF of each port."""
    absent = {interface.name for interface in state.interfaces if interface.state is LinkState.ABSENT}
    for number, interface in enumerate(state.interfaces):
        path = f"interfaces[{number}].{_SECTION.get(interface.type, '')}.port"
        for port in interface.ports or ():
            if port == interface.name or port in owner:
                other = owner[port].name if port in owner else "itself"
                yield Finding(path, f"{port} cannot be a port here: it is one of {other}")
            if port in absent:
                yield Finding(path, f"{port} cannot be a port here: this document removes it")
            owner[port] = interface


def _addresses(state: NetworkState, owner: dict[str, Interface]) -> Iterator[Finding]:
    observed: dict[tuple[str, Address], str] = {}
    for number, interface in enumerate(state.interfaces):
        path, holder = f"interfaces[{number}]", owner.get(interface.name)
        ips = [ip for ip in (interface.ipv4, interface.ipv6) if ip is not None]
        domain = holder.name if holder is not None and holder.vrf is not None else ""
        for address in (address for ip in ips for address in ip.addresses):
            if (domain, address) in observed:
                yield Finding(path, f"{address} belongs to {observed[domain, address]} already")
            observed[domain, address] = interface.name
        if holder is not None and holder.vrf is None and any(ip.dhcp or ip.autoconf or ip.addresses for ip in ips):
            yield Finding(path, f"{interface.name} is a port of {holder.name}: addresses belong there")


def _stacks(state: NetworkState) -> Iterator[Finding]:
    """Interfaces that stand on themselves, and such as are wider than what carries them."""
    places = {interface.name: number for number, interface in enumerate(state.interfaces)}
    try:
        by_dependency(state.interfaces)
    except Circle as err:
        yield Finding(f"interfaces[{places[err.name]}]", f"{err.name} stands on itself: {' on '.join(err.path)}")
        return
    found = {interface.name: interface for interface in state.interfaces}
    for number, upper in enumerate(state.interfaces):
        path = f"interfaces[{number}]"
        if upper.state is not LinkState.UP:
            continue
        base = found.get(upper.base or "")
        if base is not None and base.state is LinkState.ABSENT:
            yield Finding(path, f"{upper.name} stands on {base.name}, which this document removes")
        room = None if base is None or base.mtu is None else base.mtu - headroom(upper)
        if base is not None and room is not None and upper.mtu is not None and upper.mtu > room:
            yield Finding(f"{path}.mtu", f"{upper.mtu} is more than fits into {base.name}: at most {room}")
        for port in (found[name] for name in upper.ports or () if name in found and upper.vrf is None):
            if upper.mtu is not None and port.mtu is not None and upper.mtu > port.mtu:
                yield Finding(f"{path}.mtu", f"{upper.mtu} is more than its port {port.name} lets through: {port.mtu}")
