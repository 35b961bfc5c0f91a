"""What speaks against a wish on this host, said before anything is changed."""

from netconf.errors import (
    AddressesOnPort,
    Fixed,
    Loop,
    NeedsMode,
    NeedsPeer,
    NoSuchInterface,
    OneEndDown,
    OneEndStays,
    OtherType,
    PortTaken,
    StandsOn,
    TooWide,
)
from netconf.model import Interface, LinkState, LinkType, NetworkState, WaitIp
from netconf.planning.anew import inside
from netconf.planning.order import headroom
from netconf.planning.sriov import check_functions
from netconf.planning.wish import CABLES, VIRTUAL, controller, is_made, is_removed


def check(desired: NetworkState, observed: NetworkState) -> None:
    """`desired` is complete. Raises Refused."""
    known = {i.name for i in observed.interfaces}
    known |= {i.name for i in desired.interfaces if i.type in VIRTUAL or i.is_pair}
    known -= {i.name for i in desired.interfaces if is_removed(i)}
    there = ", ".join(i.name for i in observed.interfaces if i.type is not LinkType.LOOPBACK)
    for wish in desired.interfaces:
        check_functions(wish, desired, observed)
        if wish.state is LinkState.ABSENT:
            _check_removal(wish, desired, observed)
            continue
        _check_kind(wish, observed, there)
        _check_making(wish, desired, observed)
        for name in (*(wish.ports or ()), *((wish.base,) if wish.base else ())):
            if name not in known:
                raise NoSuchInterface(name=name, type="unknown", there=there)
        for port in wish.ports or ():
            nic = observed.interface(port)
            other = None if nic is None else nic.controller
            if other not in (None, wish.name) and desired.interface(other or "") is None:
                raise PortTaken(port=port, name=wish.name, other=other)
        _check_addresses(wish, desired, observed)
        _check_loop(wish, desired, observed)
        _check_width(wish, desired, observed)
    for route in desired.routes or ():
        if route.interface not in known:
            raise NoSuchInterface(name=route.interface, type="unknown", there=there)


def _check_kind(wish: Interface, observed: NetworkState, there: str) -> None:
    seen = observed.interface(wish.name)
    if seen is None and wish.type is LinkType.VETH and wish.peer is None and wish.state is LinkState.UP:
        raise NeedsPeer(name=wish.name)
    if seen is None and wish.type not in (*VIRTUAL, LinkType.VETH) and wish.state is LinkState.UP:
        raise NoSuchInterface(name=wish.name, type=wish.type.value, there=there)
    if seen is not None and seen.type is not wish.type and not {seen.type, wish.type} <= CABLES:
        raise OtherType(name=wish.name, wanted=wish.type.value, observed=seen.type.value)
    if seen is not None and wish.peer is not None and wish.peer != seen.peer:
        raise Fixed(name=wish.name, wanted=inside(wish), observed=inside(seen))


def _check_making(wish: Interface, desired: NetworkState, observed: NetworkState) -> None:
    if not is_made(wish, observed):
        return
    if wish.type is LinkType.BOND and (wish.bond is None or wish.bond.mode is None):
        raise NeedsMode(name=wish.name)
    other = desired.interface(wish.peer or "")
    if other is not None and other.state is LinkState.DOWN:
        raise OneEndDown(name=wish.name, other=other.name)


def _check_loop(wish: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """Both ends of a pair in one bridge, unless it is so already."""
    if wish.vrf is not None or (wish.bridge is not None and wish.bridge.stp):
        return
    seen = observed.interface(wish.name)
    now, ports = (seen.ports if seen is not None else None) or (), wish.ports or ()
    ends = ((port, state.interface(port)) for state in (desired, observed) for port in ports)
    for port, end in ends:
        if end is not None and end.peer in ports and not {port, end.peer} <= {*now}:
            raise Loop(port=port, name=wish.name, other=end.peer)


def _check_addresses(wish: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """Only a port of a VRF has addresses of its own."""
    holder = controller(wish.name, desired, observed)
    asked = any(ip.addresses or ip.dhcp or ip.autoconf for ip in (wish.ipv4, wish.ipv6) if ip is not None)
    if holder is not None and holder.vrf is None and (asked or wish.wait_ip not in (None, WaitIp.ANY)):
        raise AddressesOnPort(name=wish.name, controller=holder.name)


def _check_removal(wish: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """The kernel takes what stands on an interface away with it; only what the wish names too may go."""
    if not is_removed(wish):
        return
    end = desired.interface(wish.peer or "")
    if end is not None and end.state is not LinkState.ABSENT:
        raise OneEndStays(name=wish.name, other=end.name)
    for other in observed.interfaces:
        if other.base == wish.name and desired.interface(other.name) is None:
            raise StandsOn(name=wish.name, other=other.name)


def _check_width(wish: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """What stands on an interface is not wider than it, be it wished for or there already."""
    for upper in {i.name: i for i in (*observed.interfaces, *desired.interfaces)}.values():
        if upper.state is not LinkState.UP or wish.name not in (upper.name, upper.base) or upper.base is None:
            continue
        mtu, base_mtu = _mtu(upper.name, desired, observed), _mtu(upper.base, desired, observed)
        changes = any(i.mtu is not None for i in (desired.interface(upper.name), desired.interface(upper.base)) if i)
        if changes and mtu is not None and base_mtu is not None and mtu > base_mtu - headroom(upper):
            raise TooWide(name=upper.name, mtu=mtu, base=upper.base, most=base_mtu - headroom(upper))


def _mtu(name: str, desired: NetworkState, observed: NetworkState) -> int | None:
    wish, seen = desired.interface(name), observed.interface(name)
    if wish is not None and wish.mtu is not None:
        return wish.mtu
    return None if seen is None else seen.mtu
