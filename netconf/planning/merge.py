"""What a host will be when the desired state is reached: the desired state over what is there."""

from dataclasses import replace

from netconf.kinds import Bond, BondMode, BondPort, Bridge, BridgePort, Sriov, Vrf
from netconf.model import Interface, IpConfig, LinkState, LinkType, NetworkState
from netconf.options import BOND_DEFAULTS, BOND_PORT, Pairs, named, of_mode, over, pairs
from netconf.planning.completion import controller, is_removed, ports
from netconf.planning.leaving import turns, version_of
from netconf.planning.matching import is_gone_rule, is_replaced
from netconf.planning.order import headroom

_BY_MII = {"miimon", "updelay", "downdelay", "use_carrier"}
_BY_ARP = {"arp_interval", "arp_ip_target", "arp_validate", "arp_all_targets"}
_NOTHING = Interface("")


def expected_state(desired: NetworkState, observed: NetworkState) -> NetworkState:
    """`desired` is complete. `mac` and `mtu` are said only where an interface has to be given them, `controller` is the
    one that it will have, ports are those that anybody asked for: taps are none."""
    names = dict.fromkeys((*(i.name for i in observed.interfaces), *(i.name for i in desired.interfaces)))
    interfaces = tuple(i for name in names if (i := _interface(name, desired, observed)) is not None)
    ports = {i.name for i in interfaces if _is_plain_port(i, interfaces)}
    there = {i.name for i in interfaces} - ports
    changing = turns(observed, interfaces)
    routes = [
        r
        for r in observed.routes or ()
        if r.interface in there
        and not is_replaced(r, desired)
        and not changing[r.interface].loses_route(version_of(r), r.table)
    ]
    rules = [r for r in observed.rules or () if not is_gone_rule(r, desired)]
    more = [r for r in desired.rules or () if not any(r.matches(other) for other in rules)]
    return NetworkState(
        interfaces=interfaces,
        routes=(*(desired.routes or ()), *routes),
        dns=desired.dns if desired.dns is not None else observed.dns,
        rules=(*rules, *more),
    )


def carries_names(new: NetworkState, version: int) -> frozenset[str]:
    """The interfaces whose configuration name servers of that family can be part of: those with a default route or with
    no route at all, else the first that has addresses or asks for some."""
    able = [i.name for i in new.interfaces if _can_ask(i, version) and not _is_plain_port(i, new.interfaces)]
    routed = {route.interface for route in new.routes or ()}
    likely = frozenset(name for name in able if name not in routed) | (default_interfaces(new) & frozenset(able))
    return likely or frozenset(able[:1])


def default_interfaces(new: NetworkState) -> frozenset[str]:
    return frozenset(r.interface for r in new.routes or () if r.destination in ("0.0.0.0/0", "::/0"))


def _can_ask(interface: Interface, version: int) -> bool:
    """NetworkManager takes none where a family is off or has only link-local addresses."""
    ip = (interface.ipv4 if version == 4 else interface.ipv6) or IpConfig()
    lent = ip.dhcp or ip.autoconf
    there = interface.state is LinkState.UP and interface.type is not LinkType.LOOPBACK
    return there and ip.enabled and (lent or bool(ip.addresses))


def _is_plain_port(interface: Interface, all_of_them: tuple[Interface, ...]) -> bool:
    """A port that has no addresses of its own, as those of VRFs have."""
    return any(i.name == interface.controller and i.type is not LinkType.VRF for i in all_of_them)


def _interface(name: str, desired: NetworkState, observed: NetworkState) -> Interface | None:
    mine, current = desired.interface(name), observed.interface(name)
    if mine is not None and (is_removed(mine) or (mine.state is LinkState.ABSENT and current is None)):
        return None
    requested, now = mine or _NOTHING, current or _NOTHING
    holder = controller(name, desired, observed)
    return Interface(
        name=name,
        type=_type(mine, current),
        state=requested.state if mine is not None else LinkState.UP if holder is not None else now.state,
        mac=_mac(requested, now, holder, observed),
        mtu=_mtu(requested, now, holder, observed),
        controller=holder.name if holder is not None else None,
        ipv4=_ip(requested.ipv4, now.ipv4),
        ipv6=_ip(requested.ipv6, now.ipv6),
        bridge=_bridge(requested, now, ports(name, observed)),
        bond=_bond(requested.bond, now.bond),
        vlan=requested.vlan or now.vlan,
        vxlan=requested.vxlan or now.vxlan,
        vrf=_vrf(requested.vrf, now.vrf),
        sriov=_sriov(requested, now),
        peer=requested.peer or (None if mine is not None and mine.type is LinkType.ETHERNET else now.peer),
        wait_ip=requested.wait_ip or now.wait_ip,
        lldp=requested.lldp if requested.lldp is not None else now.lldp,
        description=requested.description if requested.description is not None else now.description,
        permanent_mac=now.permanent_mac,
    )


def _type(mine: Interface | None, observed: Interface | None) -> LinkType:
    if mine is not None and (observed is None or mine.peer is not None):
        return mine.type
    return (observed or mine or _NOTHING).type


def _mac(requested: Interface, now: Interface, holder: Interface | None, observed: NetworkState) -> str | None:
    """The desired one, or the present one where it would not come by itself."""
    if requested.mac is not None or now.mac is None:
        return requested.mac
    match now.type:
        case LinkType.LINUX_BRIDGE | LinkType.DUMMY | LinkType.VXLAN:
            return now.mac
        case LinkType.BOND:
            policy = dict(
                (*(now.bond.options if now.bond else ()), *(requested.bond.options if requested.bond else ()))
            )
            return now.mac if policy.get("fail_over_mac", "none") == "none" else None
        case LinkType.ETHERNET | LinkType.VETH:
            from_bond = holder is not None and holder.type is LinkType.BOND
            from_factory = now.permanent_mac in (None, now.mac)
            return None if from_bond or from_factory else now.mac
        case LinkType.VLAN:
            base = observed.interface(now.base or "")
            return None if base is None or base.mac == now.mac else now.mac
        case _:
            return None


def _mtu(requested: Interface, now: Interface, holder: Interface | None, observed: NetworkState) -> int | None:
    """The desired one, or the present one where it would not come by itself."""
    if requested.mtu is not None or now.mtu == 1500 or now.type is LinkType.VRF:
        return requested.mtu
    if holder is not None and holder.type is LinkType.BOND:  # which its ports follow
        return None
    below = [observed.interface(name) for name in (*(now.ports or ()), *((now.base,) if now.base else ()))]
    widths = [lower.mtu - headroom(now) for lower in below if lower is not None and lower.mtu is not None]
    return None if now.type is not LinkType.BOND and now.mtu == min(widths, default=None) else now.mtu


def _ip(requested: IpConfig | None, now: IpConfig | None) -> IpConfig | None:
    if requested is None or now is None or not requested.enabled or not now.enabled:
        return requested or now
    return replace(requested, options=over(requested.options, now.options))


def _bridge(desired: Interface, observed: Interface, plugged: tuple[str, ...]) -> Bridge | None:
    if LinkType.LINUX_BRIDGE not in (desired.type, observed.type):
        return None
    requested, now = desired.bridge or Bridge(), observed.bridge or Bridge()
    names = requested.ports if requested.ports is not None else plugged
    details = (_port(requested.port(name), now.port(name)) for name in names)
    return Bridge(
        ports=names,
        stp=requested.stp if requested.stp is not None else now.stp,
        forward_delay_s=requested.forward_delay_s if requested.forward_delay_s is not None else now.forward_delay_s,
        options=over(requested.options, now.options),
        details=tuple(port for port in details if port != BridgePort(port.name)),
    )


def _port(requested: BridgePort, now: BridgePort) -> BridgePort:
    vlan = requested.vlan if requested.vlan is not None else now.vlan
    return BridgePort(requested.name, vlan, over(requested.options, now.options))


def _bond(requested: Bond | None, now: Bond | None) -> Bond | None:
    if now is None:
        return requested
    if requested is None:
        return replace(now, options=_unusual(now.options), details=_bond_ports(now.ports, now.mode, Bond(), now))
    mode = requested.mode or now.mode
    kept = _unusual(now.options) if mode is now.mode else ()
    desired = dict(requested.options)
    if desired.get("arp_interval"):
        kept = tuple(pair for pair in kept if pair[0] not in _BY_MII)
    if desired.get("miimon"):
        kept = tuple(pair for pair in kept if pair[0] not in _BY_ARP)
    if "num_grat_arp" in desired or "num_unsol_na" in desired:  # one thing to the kernel
        kept = tuple(pair for pair in kept if pair[0] not in ("num_grat_arp", "num_unsol_na"))
    names = requested.ports if requested.ports is not None else now.ports
    if requested.ports is not None:  # a primary that is no port any more
        kept = tuple(pair for pair in kept if pair[0] != "primary" or pair[1] in requested.ports)
    return Bond(mode, names, over(requested.options, kept), _bond_ports(names, mode, requested, now))


def _bond_ports(
    names: tuple[str, ...] | None, mode: BondMode | None, requested: Bond, now: Bond
) -> tuple[BondPort, ...]:
    """What is said of them, and what is not so by itself of what means something in that mode."""
    known = named(of_mode(BOND_PORT, mode))

    def port(name: str) -> BondPort:
        kept = tuple(pair for pair in now.port(name).options if pair[0] in known and pair[1])
        return BondPort(name, over(requested.port(name).options, kept))

    return tuple(found for found in map(port, names or ()) if found.options)


def _unusual(options: Pairs) -> Pairs:
    """What the kernel does not do by itself; miimon is said always, for NetworkManager has a default of its own."""
    return pairs({key: value for key, value in options if BOND_DEFAULTS.get(key) != value})


def _sriov(requested: Interface, now: Interface) -> Sriov | None:
    """None where nobody says how many virtual functions there are to be: those of others stay as they are."""
    if now.sriov is None:
        return None
    if requested.state is LinkState.ABSENT:
        return Sriov(0) if now.sriov.configured else None
    if requested.sriov is None or requested.total_vfs == now.total_vfs:
        return now.sriov if now.sriov.configured else None
    return requested.sriov


def _vrf(requested: Vrf | None, now: Vrf | None) -> Vrf | None:
    if requested is None or now is None:
        return requested or now
    return Vrf(requested.table, requested.ports if requested.ports is not None else now.ports)
