"""A desired state with what follows from it: names that it gives by MAC, types that it leaves open, the MAC of a new
bridge."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from netconf.errors import NoSuchMac
from netconf.kinds import BondPort, BridgePort
from netconf.model import Interface, LinkState, LinkType, NetworkState
from netconf.planning.pairs import with_other_ends

_Port = TypeVar("_Port", BridgePort, BondPort)
CABLES = frozenset({LinkType.ETHERNET, LinkType.VETH})  # a veth is as good as a NIC to whoever asks for one
VIRTUAL = frozenset(  # these come into being when they are desired
    {LinkType.LINUX_BRIDGE, LinkType.BOND, LinkType.VLAN, LinkType.VXLAN, LinkType.DUMMY, LinkType.VRF}
)


def complete(desired: NetworkState, observed: NetworkState) -> NetworkState:
    """Raises NoSuchMac."""
    desired = _by_name(desired, observed)
    typed = with_other_ends(tuple(_typed(i, observed) for i in desired.interfaces), observed)
    return replace(desired, interfaces=tuple(_with_mac(i, observed) for i in typed))


def is_made(desired: Interface, observed: NetworkState) -> bool:
    """Whether it comes into being by this desired state, which is complete."""
    kind = desired.type in VIRTUAL or desired.is_pair
    return kind and desired.state is LinkState.UP and observed.interface(desired.name) is None


def is_removed(desired: Interface) -> bool:
    """Whether it goes away: a NIC stays, whatever is desired, and so does a veth that leads elsewhere."""
    return desired.state is LinkState.ABSENT and (desired.type not in CABLES or desired.is_pair)


def ports(name: str, observed: NetworkState) -> tuple[str, ...]:
    """The ports of `name` that are anybody's configuration: not the taps of VMs."""
    return tuple(i.name for i in observed.interfaces if i.controller == name and i.type is not LinkType.TUN)


def controller(name: str, desired: NetworkState, observed: NetworkState) -> Interface | None:
    """The bridge, bond or VRF that has the port `name` when the desired state is reached."""
    for interface in desired.interfaces:
        if name in (interface.ports or ()) and interface.state is LinkState.UP:
            return interface
    current = observed.interface(name)
    holder = observed.interface(current.controller) if current is not None and current.controller is not None else None
    wanted = None if holder is None else desired.interface(holder.name)
    if wanted is not None and (wanted.state is not LinkState.UP or wanted.ports is not None):
        return None
    return holder


def _by_name(desired: NetworkState, observed: NetworkState) -> NetworkState:
    """Interfaces that are desired by MAC, and all that names them, get the kernel's names."""
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


def _named(desired: Interface, observed: NetworkState) -> str:
    likely = [i for i in observed.interfaces if i.type in CABLES or i.type is desired.type]
    permanent = [i.name for i in likely if i.permanent_mac == desired.mac]
    found = permanent or [i.name for i in likely if i.mac == desired.mac]
    if len(found) != 1:
        raise NoSuchMac(name=desired.name, mac=desired.mac, found=", ".join(found) or "none")
    return found[0]


def _renamed(desired: Interface, names: Mapping[str, str]) -> Interface:
    def all_of(ports: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if ports is None else tuple(sorted(names.get(port, port) for port in ports))

    def renamed(details: tuple[_Port, ...]) -> tuple[_Port, ...]:
        found = (replace(port, name=names.get(port.name, port.name)) for port in details)
        return tuple(sorted(found, key=lambda port: port.name))

    bridge, bond, vrf, vlan, vxlan = desired.bridge, desired.bond, desired.vrf, desired.vlan, desired.vxlan
    if bridge is not None:
        bridge = replace(bridge, ports=all_of(bridge.ports), details=renamed(bridge.details))
    if bond is not None:
        options = tuple((key, names.get(str(v), v) if key == "primary" else v) for key, v in bond.options)
        bond = replace(bond, ports=all_of(bond.ports), options=options, details=renamed(bond.details))
    return replace(
        desired,
        name=names.get(desired.name, desired.name),
        by_mac=False,
        mac=None if desired.by_mac else desired.mac,
        copy_mac_from=desired.copy_mac_from and names.get(desired.copy_mac_from, desired.copy_mac_from),
        peer=desired.peer and names.get(desired.peer, desired.peer),
        bridge=bridge,
        bond=bond,
        vrf=vrf and replace(vrf, ports=all_of(vrf.ports)),
        vlan=vlan and replace(vlan, base=names.get(vlan.base, vlan.base)),
        vxlan=vxlan and replace(vxlan, base=names.get(vxlan.base, vxlan.base)),
    )


def _typed(desired: Interface, observed: NetworkState) -> Interface:
    """As in nmstate: a virtual interface that is down is not there."""
    current = observed.interface(desired.name)
    if desired.type is LinkType.OTHER and current is not None:
        desired = replace(desired, type=current.type)
    if desired.state is LinkState.DOWN and desired.type in VIRTUAL:
        return Interface(desired.name, desired.type, LinkState.ABSENT)
    return desired


def _with_mac(desired: Interface, observed: NetworkState) -> Interface:
    """A new bridge or bond has its first port's MAC, and keeps it: DHCP servers and switches know the host by it."""
    source = desired.copy_mac_from
    if source is None and observed.interface(desired.name) is None and not _mac_moves(desired):
        source = desired.ports[0] if desired.ports and desired.vrf is None else None
    nic = None if source is None or desired.mac is not None else observed.interface(source)
    return desired if nic is None else replace(desired, mac=nic.permanent_mac or nic.mac)


def _mac_moves(desired: Interface) -> bool:
    """A bond may be told to have the MAC of whichever port is active."""
    return desired.bond is not None and dict(desired.bond.options).get("fail_over_mac", "none") != "none"
