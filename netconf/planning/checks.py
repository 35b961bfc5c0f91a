"""What speaks against a desired state on this host, said before anything is changed."""

from netconf.errors import (
    AddressesOnPort,
    HasDependents,
    Loop,
    MtuTooLarge,
    NeedsMode,
    NeedsPeer,
    NoSuchInterface,
    NotChangeable,
    OneEndDown,
    OtherType,
    PeerKept,
    PortTaken,
)
from netconf.model import Interface, LinkState, LinkType, NetworkState, WaitIp
from netconf.planning.completion import CABLES, VIRTUAL, controller, is_made, is_removed
from netconf.planning.order import headroom
from netconf.planning.recreate import inside
from netconf.planning.sriov import check_functions


def check(desired: NetworkState, observed: NetworkState) -> None:
    """`desired` is complete. Raises Refused."""
    known = {i.name for i in observed.interfaces}
    known |= {i.name for i in desired.interfaces if i.type in VIRTUAL or i.is_pair}
    known -= {i.name for i in desired.interfaces if is_removed(i)}
    there = ", ".join(i.name for i in observed.interfaces if i.type is not LinkType.LOOPBACK)
    for wanted in desired.interfaces:
        check_functions(wanted, desired, observed)
        if wanted.state is LinkState.ABSENT:
            _check_removal(wanted, desired, observed)
            continue
        _check_kind(wanted, observed, there)
        _check_making(wanted, desired, observed)
        for name in (*(wanted.ports or ()), *((wanted.base,) if wanted.base else ())):
            if name not in known:
                raise NoSuchInterface(name=name, type="unknown", there=there)
        for port in wanted.ports or ():
            nic = observed.interface(port)
            other = None if nic is None else nic.controller
            if other not in (None, wanted.name) and desired.interface(other or "") is None:
                raise PortTaken(port=port, name=wanted.name, other=other)
        _check_addresses(wanted, desired, observed)
        _check_loop(wanted, desired, observed)
        _check_width(wanted, desired, observed)
    for route in desired.routes or ():
        if route.interface not in known:
            raise NoSuchInterface(name=route.interface, type="unknown", there=there)


def _check_kind(desired: Interface, observed: NetworkState, there: str) -> None:
    current = observed.interface(desired.name)
    if current is None and desired.type is LinkType.VETH and desired.peer is None and desired.state is LinkState.UP:
        raise NeedsPeer(name=desired.name)
    if current is None and desired.type not in (*VIRTUAL, LinkType.VETH) and desired.state is LinkState.UP:
        raise NoSuchInterface(name=desired.name, type=desired.type.value, there=there)
    if current is not None and current.type is not desired.type and not {current.type, desired.type} <= CABLES:
        raise OtherType(name=desired.name, wanted=desired.type.value, observed=current.type.value)
    if current is not None and desired.peer is not None and desired.peer != current.peer:
        raise NotChangeable(name=desired.name, wanted=inside(desired), observed=inside(current))


def _check_making(wanted: Interface, desired: NetworkState, observed: NetworkState) -> None:
    if not is_made(wanted, observed):
        return
    if wanted.type is LinkType.BOND and (wanted.bond is None or wanted.bond.mode is None):
        raise NeedsMode(name=wanted.name)
    other = desired.interface(wanted.peer or "")
    if other is not None and other.state is LinkState.DOWN:
        raise OneEndDown(name=wanted.name, other=other.name)


def _check_loop(wanted: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """Both ends of a pair in one bridge, unless it is so already."""
    if wanted.vrf is not None or (wanted.bridge is not None and wanted.bridge.stp):
        return
    current = observed.interface(wanted.name)
    now, ports = (current.ports if current is not None else None) or (), wanted.ports or ()
    ends = ((port, state.interface(port)) for state in (desired, observed) for port in ports)
    for port, end in ends:
        if end is not None and end.peer in ports and not {port, end.peer} <= {*now}:
            raise Loop(port=port, name=wanted.name, other=end.peer)


def _check_addresses(wanted: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """Only a port of a VRF has addresses of its own."""
    holder = controller(wanted.name, desired, observed)
    asked = any(ip.addresses or ip.dhcp or ip.autoconf for ip in (wanted.ipv4, wanted.ipv6) if ip is not None)
    if holder is not None and holder.vrf is None and (asked or wanted.wait_ip not in (None, WaitIp.ANY)):
        raise AddressesOnPort(name=wanted.name, controller=holder.name)


def _check_removal(wanted: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """The kernel takes what stands on an interface away with it; only what the desired state names too may go."""
    if not is_removed(wanted):
        return
    end = desired.interface(wanted.peer or "")
    if end is not None and end.state is not LinkState.ABSENT:
        raise PeerKept(name=wanted.name, other=end.name)
    for other in observed.interfaces:
        if other.base == wanted.name and desired.interface(other.name) is None:
            raise HasDependents(name=wanted.name, other=other.name)


def _check_width(wanted: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """What stands on an interface is not wider than it, be it asked for or there already."""
    for upper in {i.name: i for i in (*observed.interfaces, *desired.interfaces)}.values():
        if upper.state is not LinkState.UP or wanted.name not in (upper.name, upper.base) or upper.base is None:
            continue
        mtu, base_mtu = _mtu(upper.name, desired, observed), _mtu(upper.base, desired, observed)
        changes = any(i.mtu is not None for i in (desired.interface(upper.name), desired.interface(upper.base)) if i)
        if changes and mtu is not None and base_mtu is not None and mtu > base_mtu - headroom(upper):
            raise MtuTooLarge(name=upper.name, mtu=mtu, base=upper.base, most=base_mtu - headroom(upper))


def _mtu(name: str, desired: NetworkState, observed: NetworkState) -> int | None:
    wanted, current = desired.interface(name), observed.interface(name)
    if wanted is not None and wanted.mtu is not None:
        return wanted.mtu
    return None if current is None else current.mtu
