"""From wish and observation to ordered changes, each of which says what it does; empty when already so."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from netconf.errors import NoSuchInterface, OtherType, PortTaken
from netconf.model import Bridge, Interface, IpConfig, LinkState, LinkType, NetworkState, Route

_MADE = frozenset({LinkType.LINUX_BRIDGE})  # these come into being when they are wished for
_CABLES = frozenset({LinkType.ETHERNET, LinkType.VETH})  # a veth is as good as a NIC to whoever asks for one


@dataclass(frozen=True, slots=True)
class Step:
    """One change: to interface `name` (empty for DNS), explained by `says`."""

    name: str
    says: str


def plan(desired: NetworkState, observed: NetworkState) -> tuple[Step, ...]:
    """What has to change so that `observed` fulfils `desired`; pure. Empty when it does already.

    Bridges come before their ports, removals last. Taps that libvirt plugged into a bridge are no difference.
    Raises Refused when it cannot be done.
    """
    desired = complete(desired, observed)
    _check(desired, observed)
    order = sorted(desired.interfaces, key=lambda i: (i.state is LinkState.ABSENT, i.bridge is None))
    return (
        *(Step(i.name, says) for i in order for says in _interface(i, observed.interface(i.name), observed)),
        *(Step(route.interface, _route(route)) for route in desired.routes or () if not _has(observed, route)),
        *_dns(desired, observed),
    )


def complete(desired: NetworkState, observed: NetworkState) -> NetworkState:
    """The wish with what follows from it: a bridge has its first port's MAC, which taps can then not change.

    DHCP servers and switches know the host by that MAC.
    """

    def with_mac(wish: Interface) -> Interface:
        source = wish.copy_mac_from
        if source is None and wish.bridge is not None and observed.interface(wish.name) is None:
            source = wish.bridge.ports[0] if wish.bridge.ports else None
        nic = None if source is None or wish.mac is not None else observed.interface(source)
        return wish if nic is None else replace(wish, mac=nic.mac)

    return replace(desired, interfaces=tuple(with_mac(wish) for wish in desired.interfaces))


def ports(name: str, observed: NetworkState) -> tuple[str, ...]:
    """The ports of bridge `name` that are anybody's wish: not the taps of VMs."""
    return tuple(i.name for i in observed.interfaces if i.controller == name and i.type is not LinkType.TUN)


def _check(desired: NetworkState, observed: NetworkState) -> None:
    there = ", ".join(i.name for i in observed.interfaces if i.type is not LinkType.LOOPBACK)
    made = {i.name for i in desired.interfaces if i.type in _MADE and i.state is not LinkState.ABSENT}
    for wish in desired.interfaces:
        seen = observed.interface(wish.name)
        if seen is None and wish.type not in _MADE and wish.state is not LinkState.ABSENT:
            raise NoSuchInterface(name=wish.name, type=wish.type.value, there=there)
        if seen is not None and seen.type is not wish.type and not {seen.type, wish.type} <= _CABLES:
            raise OtherType(name=wish.name, wanted=wish.type.value, observed=seen.type.value)
        for port in (wish.bridge.ports or ()) if wish.bridge else ():
            nic = observed.interface(port)
            if nic is None:
                raise NoSuchInterface(name=port, type="unknown", there=there)
            if nic.controller not in (None, wish.name) and desired.interface(nic.controller or "") is None:
                raise PortTaken(port=port, name=wish.name, other=nic.controller)
    for route in desired.routes or ():
        if observed.interface(route.interface) is None and route.interface not in made:
            raise NoSuchInterface(name=route.interface, type="unknown", there=there)


def _interface(wish: Interface, seen: Interface | None, observed: NetworkState) -> Iterator[str]:
    if wish.state is LinkState.ABSENT:
        if seen is not None and seen.type not in _CABLES:
            yield f"Remove {wish.name}"
        return
    if seen is None:
        yield _making(wish)
        return
    if wish.state is not seen.state:
        yield f"Bring {wish.name} {wish.state.value}"
        if wish.state is LinkState.DOWN:
            return
    if wish.mtu is not None and wish.mtu != seen.mtu:
        yield f"Set the MTU of {wish.name} to {wish.mtu} (it is {seen.mtu})"
    if wish.mac is not None and wish.mac != seen.mac:
        yield f"Give {wish.name} the MAC address {wish.mac} (it has {seen.mac})"
    if wish.bridge is not None and seen.bridge is not None:
        yield from _bridge(wish.name, wish.bridge, seen.bridge, observed)
    yield from _ip(wish.name, "IPv4", wish.ipv4, seen.ipv4 or IpConfig(), seen)
    yield from _ip(wish.name, "IPv6", wish.ipv6, seen.ipv6 or IpConfig(), seen)


def _making(wish: Interface) -> str:
    over = ", ".join(wish.bridge.ports or ()) if wish.bridge else ""
    held = [str(a) for ip in (wish.ipv4, wish.ipv6) if ip for a in ip.addresses]
    held += [f"{name} by DHCP" for name, ip in (("IPv4", wish.ipv4), ("IPv6", wish.ipv6)) if ip and ip.dhcp]
    return (
        f"Make the bridge {wish.name}"
        + (f" over {over}" if over else "")
        + (f" with {', '.join(held)}" if held else "")
    )


def _bridge(name: str, wish: Bridge, seen: Bridge, observed: NetworkState) -> Iterator[str]:
    if wish.ports is not None:
        now = ports(name, observed)
        yield from (f"Plug {port} into {name}" for port in wish.ports if port not in (seen.ports or ()))
        yield from (f"Pull {port} out of {name}" for port in now if port not in wish.ports)
    if wish.stp is not None and wish.stp != seen.stp:
        yield f"Turn STP of {name} {'on' if wish.stp else 'off'}"
    stp = seen.stp if wish.stp is None else wish.stp
    # Without STP the kernel forwards at once, whatever the delay says, and NetworkManager does not set it.
    if stp and wish.forward_delay_s is not None and wish.forward_delay_s != seen.forward_delay_s:
        yield f"Set the forward delay of {name} to {wish.forward_delay_s} s (it is {seen.forward_delay_s} s)"


def _ip(name: str, family: str, wish: IpConfig | None, seen: IpConfig, link: Interface) -> Iterator[str]:
    if wish is None:
        return
    if not wish.enabled:
        # A link-local address is not worth a change: the kernel gives one to a link that NetworkManager leaves alone.
        if seen.addresses or seen.dhcp or seen.autoconf:
            yield f"Take {family} away from {name}"
        return
    if wish.dhcp and not seen.dhcp:
        yield f"Get the {family} address of {name} by DHCP"
    if wish.autoconf and not seen.autoconf:
        yield f"Get {family} addresses of {name} from router advertisements"
    if not wish.static:
        return
    if seen.dhcp or seen.autoconf:
        yield f"Stop asking for {family} addresses of {name}"
    missing = [str(address) for address in wish.addresses if address not in seen.addresses]
    extra = [str(address) for address in seen.addresses if address not in wish.addresses]
    if missing:
        yield f"Give {name} {', '.join(missing)}"
    if extra and not (seen.dhcp or seen.autoconf):
        yield f"Take {', '.join(extra)} away from {name}"
    if not wish.addresses and not seen.enabled and link.carrier:
        yield f"Turn {family} of {name} on"


def _has(observed: NetworkState, wish: Route) -> bool:
    """A wish without metric is fulfilled by any."""
    return any(
        route == wish or (wish.metric is None and replace(route, metric=None) == wish)
        for route in observed.routes or ()
    )


def _route(route: Route) -> str:
    return f"Route {route.destination} over {route.next_hop} on {route.interface}"


def _dns(desired: NetworkState, observed: NetworkState) -> Iterator[Step]:
    if desired.dns is None or desired.dns == observed.dns:
        return
    servers = ", ".join(desired.dns.servers) or "no server"
    search = f", searching {', '.join(desired.dns.search)}" if desired.dns.search else ""
    yield Step("", f"Resolve names by {servers}{search}")
