"""A wish with what follows from it: names that it gives by MAC, types that it leaves open, the MAC of a new bridge."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from netconf.errors import NoSuchMac
from netconf.kinds import BondPort, BridgePort
from netconf.model import Interface, LinkState, LinkType, NetworkState
from netconf.planning.pairs import with_other_ends

_Port = TypeVar("_Port", BridgePort, BondPort)
CABLES = frozenset({LinkType.ETHERNET, LinkType.VETH})  # a veth is as good as a NIC to whoever asks for one
VIRTUAL = frozenset(  # these come into being when they are wished for
    {LinkType.LINUX_BRIDGE, LinkType.BOND, LinkType.VLAN, LinkType.VXLAN, LinkType.DUMMY, LinkType.VRF}
)


def complete(desired: NetworkState, observed: NetworkState) -> NetworkState:
    """Raises NoSuchMac."""
    desired = _by_name(desired, observed)
    typed = with_other_ends(tuple(_typed(i, observed) for i in desired.interfaces), observed)
    return replace(desired, interfaces=tuple(_with_mac(i, observed) for i in typed))


def is_made(wish: Interface, observed: NetworkState) -> bool:
    """Whether it comes into being by this wish, which is complete."""
    kind = wish.type in VIRTUAL or wish.is_pair
    return kind and wish.state is LinkState.UP and observed.interface(wish.name) is None


def is_removed(wish: Interface) -> bool:
    """Whether it goes away: a NIC stays, whatever is wished, and so does a veth that leads elsewhere."""
    return wish.state is LinkState.ABSENT and (wish.type not in CABLES or wish.is_pair)


def ports(name: str, observed: NetworkState) -> tuple[str, ...]:
    """The ports of `name` that are anybody's wish: not the taps of VMs."""
    return tuple(i.name for i in observed.interfaces if i.controller == name and i.type is not LinkType.TUN)


def controller(name: str, wish: NetworkState, observed: NetworkState) -> Interface | None:
    """The bridge, bond or VRF that has the port `name` when the wish has come true."""
    for interface in wish.interfaces:
        if name in (interface.ports or ()) and interface.state is LinkState.UP:
            return interface
    seen = observed.interface(name)
    holder = observed.interface(seen.controller) if seen is not None and seen.controller is not None else None
    wished = None if holder is None else wish.interface(holder.name)
    if wished is not None and (wished.state is not LinkState.UP or wished.ports is not None):
        return None
    return holder


def _by_name(desired: NetworkState, observed: NetworkState) -> NetworkState:
    """Interfaces that are wished for by MAC, and all that names them, get the kernel's names."""
    names = {i.name: _named(i, observed) for i in desired.interfaces if i.by_mac}
    if not names:
        return desired
    routes = [replace(route, interface=names.get(route.interface, route.interface)) for route in desired.routes or ()]
    gone = (
        replace(match, interface=match.interface and names.get(match.interface, match.interface))
        for match in desired.gone
    )
    return replace(
        desired,
        interfaces=tuple(_renamed(i, names) for i in desired.interfaces),
        routes=None if desired.routes is None else tuple(routes),
        gone=tuple(gone),
    )


def _named(wish: Interface, observed: NetworkState) -> str:
    likely = [i for i in observed.interfaces if i.type in CABLES or i.type is wish.type]
    permanent = [i.name for i in likely if i.permanent_mac == wish.mac]
    found = permanent or [i.name for i in likely if i.mac == wish.mac]
    if len(found) != 1:
        raise NoSuchMac(name=wish.name, mac=wish.mac, found=", ".join(found) or "none")
    return found[0]


def _renamed(wish: Interface, names: Mapping[str, str]) -> Interface:
    def all_of(ports: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if ports is None else tuple(sorted(names.get(port, port) for port in ports))

    def told(details: tuple[_Port, ...]) -> tuple[_Port, ...]:
        found = (replace(port, name=names.get(port.name, port.name)) for port in details)
        return tuple(sorted(found, key=lambda port: port.name))

    bridge, bond, vrf, vlan, vxlan = wish.bridge, wish.bond, wish.vrf, wish.vlan, wish.vxlan
    if bridge is not None:
        bridge = replace(bridge, ports=all_of(bridge.ports), details=told(bridge.details))
    if bond is not None:
        options = tuple((key, names.get(str(v), v) if key == "primary" else v) for key, v in bond.options)
        bond = replace(bond, ports=all_of(bond.ports), options=options, details=told(bond.details))
    return replace(
        wish,
        name=names.get(wish.name, wish.name),
        by_mac=False,
        mac=None if wish.by_mac else wish.mac,
        copy_mac_from=wish.copy_mac_from and names.get(wish.copy_mac_from, wish.copy_mac_from),
        peer=wish.peer and names.get(wish.peer, wish.peer),
        bridge=bridge,
        bond=bond,
        vrf=vrf and replace(vrf, ports=all_of(vrf.ports)),
        vlan=vlan and replace(vlan, base=names.get(vlan.base, vlan.base)),
        vxlan=vxlan and replace(vxlan, base=names.get(vxlan.base, vxlan.base)),
    )


def _typed(wish: Interface, observed: NetworkState) -> Interface:
    """As in nmstate: a virtual interface that is down is not there."""
    seen = observed.interface(wish.name)
    if wish.type is LinkType.OTHER and seen is not None:
        wish = replace(wish, type=seen.type)
    if wish.state is LinkState.DOWN and wish.type in VIRTUAL:
        return Interface(wish.name, wish.type, LinkState.ABSENT)
    return wish


def _with_mac(wish: Interface, observed: NetworkState) -> Interface:
    """A new bridge or bond has its first port's MAC, and keeps it: DHCP servers and switches know the host by it."""
    source = wish.copy_mac_from
    if source is None and observed.interface(wish.name) is None and not _mac_moves(wish):
        source = wish.ports[0] if wish.ports and wish.vrf is None else None
    nic = None if source is None or wish.mac is not None else observed.interface(source)
    return wish if nic is None else replace(wish, mac=nic.permanent_mac or nic.mac)


def _mac_moves(wish: Interface) -> bool:
    """A bond may be told to have the MAC of whichever port is active."""
    return wish.bond is not None and dict(wish.bond.options).get("fail_over_mac", "none") != "none"
