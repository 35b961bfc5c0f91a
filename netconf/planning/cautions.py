"""What may become of a change that can be made; pure."""

from collections.abc import Iterator

from netconf.model import Interface, LinkType, NetworkState, Route
from netconf.planning.leaving import ip_of, version_of
from netconf.planning.matching import missing
from netconf.planning.merge import expected_state
from netconf.planning.nearness import is_near

_OUTWARDS = frozenset({LinkType.ETHERNET, LinkType.BOND, LinkType.VLAN})


def cautions(desired: NetworkState, observed: NetworkState) -> tuple[str, ...]:
    """`desired` is complete."""
    new = expected_state(desired, observed)
    bridges = (new.interface(i.name) for i in desired.interfaces)
    return (
        *(sentence for bridge in bridges if bridge is not None for sentence in _uplinks(bridge, new)),
        *(sentence for route in missing(desired, observed) for sentence in _far_gateway(route, new)),
    )


def _uplinks(bridge: Interface, new: NetworkState) -> Iterator[str]:
    """A bond is one, however many NICs it has; taps and pairs of veth lead to what is on this machine."""
    if bridge.bridge is None or bridge.bridge.stp:
        return
    ports = [port for name in bridge.ports or () if (port := new.interface(name)) is not None]
    out = [port.name for port in ports if _leads_out(port)]
    if len(out) > 1:
        yield (
            f"{bridge.name} has several ways out ({', '.join(out)}) and no STP: where two of them lead to the same"
            f" network, frames go round and round. Turn STP on (bridge.options.stp.enabled), or make a bond of them"
        )


def _leads_out(port: Interface) -> bool:
    return port.type in _OUTWARDS or (port.type is LinkType.VETH and port.peer is None)


def _far_gateway(route: Route, new: NetworkState) -> Iterator[str]:
    holder = new.interface(route.interface)
    ip = None if holder is None else ip_of(holder, version_of(route))
    if ip is None or not route.next_hop or ip.dhcp or ip.autoconf or is_near(route.next_hop, ip):
        return
    yield f"The gateway {route.next_hop} is in no network of {route.interface}: it is taken to be on the link itself"
