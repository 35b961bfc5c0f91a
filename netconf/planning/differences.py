"""In what one interface differs from what is wished of it, a sentence each."""

from collections.abc import Iterator
from dataclasses import replace

from netconf.kinds import Bond, Bridge, PortMode, PortVlan
from netconf.model import Interface, IpConfig, LinkState, LinkType, NetworkState, WaitIp
from netconf.options import STP, Pairs, named
from netconf.planning.anew import differs_inside, inside
from netconf.planning.losses import has
from netconf.planning.sriov import in_words
from netconf.planning.wish import is_removed, ports

_KINDS = {
    LinkType.LINUX_BRIDGE: "bridge",
    LinkType.BOND: "bond",
    LinkType.VLAN: "VLAN",
    LinkType.VXLAN: "VXLAN",
    LinkType.DUMMY: "dummy",
    LinkType.VRF: "VRF",
    LinkType.VETH: "veth",
}
_WAITS = {
    WaitIp.ANY: "IPv4 or IPv6",
    WaitIp.IPV4: "IPv4",
    WaitIp.IPV6: "IPv6",
    WaitIp.BOTH: "IPv4 and IPv6",
}


def differences(wish: Interface, observed: NetworkState) -> Iterator[str]:
    seen = observed.interface(wish.name)
    if wish.state is LinkState.ABSENT:
        if seen is not None and is_removed(wish):
            yield f"Remove {wish.name}{has(seen.ipv4, seen.ipv6)}"
        elif seen is not None and (seen.lldp or _has_addresses(seen) or _has_functions(seen)):
            yield f"Take the configuration of {wish.name} away{has(seen.ipv4, seen.ipv6)}"
        return
    if seen is None:
        if wish.state is LinkState.UP:
            yield _making(wish)
        return
    if wish.state is not seen.state:
        going = has(seen.ipv4, seen.ipv6) if wish.state is LinkState.DOWN else ""
        yield f"Bring {wish.name} {wish.state.value}{going}"
        if wish.state is LinkState.DOWN:
            return
    if differs_inside(wish, seen):
        yield f"Make {wish.name} anew: {inside(wish)} (it is {inside(seen)})"
    if wish.sriov is not None and wish.total_vfs != seen.total_vfs:
        yield f"Give {wish.name} {in_words(wish.total_vfs)} (it has {seen.total_vfs})"
    if wish.mtu is not None and wish.mtu != seen.mtu:
        yield f"Set the MTU of {wish.name} to {wish.mtu} (it is {seen.mtu})"
    if wish.mac is not None and wish.mac != seen.mac:
        yield f"Give {wish.name} the MAC address {wish.mac} (it has {seen.mac})"
    if wish.lldp is not None and wish.lldp != bool(seen.lldp):
        yield f"{'Listen' if wish.lldp else 'Do not listen'} to LLDP on {wish.name}"
    if wish.wait_ip is not None and wish.wait_ip is not (seen.wait_ip or WaitIp.ANY):
        yield f"Take {wish.name} for up when it has {_WAITS[wish.wait_ip]}"
    if wish.description is not None and wish.description != seen.description:
        yield f"Describe {wish.name} as {wish.description!r}"
    yield from _ports(wish, seen, observed)
    if wish.bridge is not None and seen.bridge is not None:
        yield from _bridge(wish.name, wish.bridge, seen.bridge)
    if wish.bond is not None and seen.bond is not None:
        yield from _bond(wish.name, wish.bond, seen.bond)
    yield from _ip(wish.name, "IPv4", wish.ipv4, seen.ipv4 or IpConfig(), seen)
    yield from _ip(wish.name, "IPv6", wish.ipv6, seen.ipv6 or IpConfig(), seen)


def _has_addresses(seen: Interface) -> bool:
    return any(ip.addresses or ip.dhcp for ip in (seen.ipv4, seen.ipv6) if ip is not None)


def _has_functions(seen: Interface) -> bool:
    return seen.sriov is not None and seen.sriov.configured and seen.total_vfs > 0


def _making(wish: Interface) -> str:
    over = ", ".join(wish.ports or ()) or wish.base or ""
    held = [str(a) for ip in (wish.ipv4, wish.ipv6) if ip for a in ip.addresses]
    held += [f"{name} by DHCP" for name, ip in (("IPv4", wish.ipv4), ("IPv6", wish.ipv6)) if ip and ip.dhcp]
    mode = f" ({wish.bond.mode})" if wish.bond is not None else ""
    made = f"Make the {_KINDS[wish.type]} {wish.name}{mode}"
    made += f" to {wish.peer}" if wish.is_pair else ""
    return made + (f" over {over}" if over else "") + (f" with {', '.join(held)}" if held else "")


def _ports(wish: Interface, seen: Interface, observed: NetworkState) -> Iterator[str]:
    if wish.ports is not None:
        now = ports(wish.name, observed)
        yield from (f"Plug {port} into {wish.name}" for port in wish.ports if port not in (seen.ports or ()))
        yield from (f"Pull {port} out of {wish.name}" for port in now if port not in wish.ports)


def _bridge(name: str, wish: Bridge, seen: Bridge) -> Iterator[str]:
    if wish.stp is not None and wish.stp != seen.stp:
        yield f"Turn STP of {name} {'on' if wish.stp else 'off'}"
    stp = seen.stp if wish.stp is None else wish.stp
    # Without STP the kernel forwards at once, whatever the delay says, and NetworkManager does not set it.
    if stp and wish.forward_delay_s is not None and wish.forward_delay_s != seen.forward_delay_s:
        yield f"Set the forward delay of {name} to {wish.forward_delay_s} s (it is {seen.forward_delay_s} s)"
    said = tuple(pair for pair in wish.options if stp or pair[0] not in named(STP))
    yield from _options(name, said, seen.options)
    default = next((int(value) for key, value in seen.options if key == "vlan-default-pvid"), 1)
    for port in wish.details:
        now = seen.port(port.name)
        yield from _options(f"{port.name} in {name}", port.options, now.options)
        if port.vlan is None:
            continue
        if beside_default(port.vlan, default) != beside_default(now.vlan or PortVlan(), default):
            yield f"Let through {port.name} in {name}: {_vlans(port.vlan)}"


def beside_default(vlan: PortVlan, default: int) -> PortVlan:
    """Without saying what is so anyway: that frames without a tag belong to the bridge's default VLAN."""
    if vlan.tag != default:
        return vlan
    return PortVlan() if vlan.mode is PortMode.ACCESS else replace(vlan, tag=None, native=False)


def _vlans(vlan: PortVlan) -> str:
    match vlan.mode:
        case None:
            return "the bridge's default VLAN"
        case PortMode.ACCESS:
            return f"VLAN {vlan.tag} without tags"
        case PortMode.TRUNK:
            tagged = ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in vlan.trunk)
            return f"VLANs {tagged or 'none'}" + (f", VLAN {vlan.tag} without tags" if vlan.native else "")


def _bond(name: str, wish: Bond, seen: Bond) -> Iterator[str]:
    if wish.mode is not None and wish.mode is not seen.mode:
        yield f"Change the mode of {name} to {wish.mode} (it is {seen.mode})"
        return
    yield from _options(name, wish.options, seen.options)
    for port in wish.details:
        yield from _options(f"{port.name} in {name}", port.options, seen.port(port.name).options)


def _options(name: str, wish: Pairs, seen: Pairs) -> Iterator[str]:
    now = dict(seen)
    for key, value in wish:
        if now.get(key) != value and not (value == "" and now.get(key) is None):
            yield f"Set {key} of {name} to {_word(value)} (it is {_word(now.get(key))})"


def _word(value: object) -> str:
    match value:
        case None | "":
            return "not set"
        case bool():
            return "on" if value else "off"
        case _:
            return str(value)


def _ip(name: str, family: str, wish: IpConfig | None, seen: IpConfig, link: Interface) -> Iterator[str]:
    if wish is None:
        return
    if not wish.enabled:
        # A link-local address is not worth a change: the kernel gives one to a link that NetworkManager leaves alone.
        if seen.addresses or seen.dhcp or seen.autoconf:
            yield f"Take {family} away from {name}{has(seen)}"
        return
    if wish.dhcp and not seen.dhcp:
        yield f"Get the {family} address of {name} by DHCP{'' if seen.autoconf else has(seen)}"
    if wish.autoconf and not seen.autoconf:
        yield f"Get {family} addresses of {name} from router advertisements{'' if seen.dhcp else has(seen)}"
    yield from _options(f"{family} of {name}", wish.options, seen.options)
    if not wish.static:
        return
    if seen.dhcp or seen.autoconf:
        lent = tuple(address for address in seen.addresses if address not in wish.addresses)
        yield f"Stop asking for {family} addresses of {name}{has(replace(seen, addresses=lent))}"
    missing = [str(address) for address in wish.addresses if address not in seen.addresses]
    extra = [str(address) for address in seen.addresses if address not in wish.addresses]
    if missing:
        yield f"Give {name} {', '.join(missing)}"
    if extra and not (seen.dhcp or seen.autoconf):
        yield f"Take {', '.join(extra)} away from {name}"
    if not wish.addresses and not seen.enabled and link.carrier:
        yield f"Turn {family} of {name} on"
