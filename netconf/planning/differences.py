"""In what one interface differs from what is desired of it, a sentence each."""

from collections.abc import Iterator
from dataclasses import replace

from netconf.kinds import Bond, Bridge, PortMode, PortVlan
from netconf.model import Interface, IpConfig, LinkState, LinkType, NetworkState, WaitIp
from netconf.options import STP, Pairs, named
from netconf.planning.completion import is_removed, ports
from netconf.planning.losses import format_has
from netconf.planning.recreate import differs_inside, inside
from netconf.planning.sriov import format_count

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


def differences(desired: Interface, observed: NetworkState) -> Iterator[str]:
    current = observed.interface(desired.name)
    if desired.state is LinkState.ABSENT:
        if current is not None and is_removed(desired):
            yield f"Remove {desired.name}{format_has(current.ipv4, current.ipv6)}"
        elif current is not None and (current.lldp or _has_addresses(current) or _has_functions(current)):
            yield f"Take the configuration of {desired.name} away{format_has(current.ipv4, current.ipv6)}"
        return
    if current is None:
        if desired.state is LinkState.UP:
            yield _making(desired)
        return
    if desired.state is not current.state:
        going = format_has(current.ipv4, current.ipv6) if desired.state is LinkState.DOWN else ""
        yield f"Bring {desired.name} {desired.state.value}{going}"
        if desired.state is LinkState.DOWN:
            return
    if differs_inside(desired, current):
        yield f"Make {desired.name} anew: {inside(desired)} (it is {inside(current)})"
    if desired.sriov is not None and desired.total_vfs != current.total_vfs:
        yield f"Give {desired.name} {format_count(desired.total_vfs)} (it has {current.total_vfs})"
    if desired.mtu is not None and desired.mtu != current.mtu:
        yield f"Set the MTU of {desired.name} to {desired.mtu} (it is {current.mtu})"
    if desired.mac is not None and desired.mac != current.mac:
        yield f"Give {desired.name} the MAC address {desired.mac} (it has {current.mac})"
    if desired.lldp is not None and desired.lldp != bool(current.lldp):
        yield f"{'Listen' if desired.lldp else 'Do not listen'} to LLDP on {desired.name}"
    if desired.wait_ip is not None and desired.wait_ip is not (current.wait_ip or WaitIp.ANY):
        yield f"Take {desired.name} for up when it has {_WAITS[desired.wait_ip]}"
    if desired.description is not None and desired.description != current.description:
        yield f"Describe {desired.name} as {desired.description!r}"
    yield from _ports(desired, current, observed)
    if desired.bridge is not None and current.bridge is not None:
        yield from _bridge(desired.name, desired.bridge, current.bridge)
    if desired.bond is not None and current.bond is not None:
        yield from _bond(desired.name, desired.bond, current.bond)
    yield from _ip(desired.name, "IPv4", desired.ipv4, current.ipv4 or IpConfig(), current)
    yield from _ip(desired.name, "IPv6", desired.ipv6, current.ipv6 or IpConfig(), current)


def _has_addresses(observed: Interface) -> bool:
    return any(ip.addresses or ip.dhcp for ip in (observed.ipv4, observed.ipv6) if ip is not None)


def _has_functions(observed: Interface) -> bool:
    return observed.sriov is not None and observed.sriov.configured and observed.total_vfs > 0


def _making(desired: Interface) -> str:
    over = ", ".join(desired.ports or ()) or desired.base or ""
    held = [str(a) for ip in (desired.ipv4, desired.ipv6) if ip for a in ip.addresses]
    held += [f"{name} by DHCP" for name, ip in (("IPv4", desired.ipv4), ("IPv6", desired.ipv6)) if ip and ip.dhcp]
    mode = f" ({desired.bond.mode})" if desired.bond is not None else ""
    made = f"Make the {_KINDS[desired.type]} {desired.name}{mode}"
    made += f" to {desired.peer}" if desired.is_pair else ""
    return made + (f" over {over}" if over else "") + (f" with {', '.join(held)}" if held else "")


def _ports(desired: Interface, current: Interface, observed: NetworkState) -> Iterator[str]:
    if desired.ports is not None:
        now = ports(desired.name, observed)
        yield from (f"Plug {port} into {desired.name}" for port in desired.ports if port not in (current.ports or ()))
        yield from (f"Pull {port} out of {desired.name}" for port in now if port not in desired.ports)


def _bridge(name: str, desired: Bridge, observed: Bridge) -> Iterator[str]:
    if desired.stp is not None and desired.stp != observed.stp:
        yield f"Turn STP of {name} {'on' if desired.stp else 'off'}"
    stp = observed.stp if desired.stp is None else desired.stp
    # Without STP the kernel forwards at once, whatever the delay says, and NetworkManager does not set it.
    if stp and desired.forward_delay_s is not None and desired.forward_delay_s != observed.forward_delay_s:
        yield f"Set the forward delay of {name} to {desired.forward_delay_s} s (it is {observed.forward_delay_s} s)"
    requested = tuple(pair for pair in desired.options if stp or pair[0] not in named(STP))
    yield from _options(name, requested, observed.options)
    default = next((int(value) for key, value in observed.options if key == "vlan-default-pvid"), 1)
    for port in desired.details:
        now = observed.port(port.name)
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


def _bond(name: str, desired: Bond, observed: Bond) -> Iterator[str]:
    if desired.mode is not None and desired.mode is not observed.mode:
        yield f"Change the mode of {name} to {desired.mode} (it is {observed.mode})"
        return
    yield from _options(name, desired.options, observed.options)
    for port in desired.details:
        yield from _options(f"{port.name} in {name}", port.options, observed.port(port.name).options)


def _options(name: str, desired: Pairs, observed: Pairs) -> Iterator[str]:
    now = dict(observed)
    for key, value in desired:
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


def _ip(name: str, family: str, desired: IpConfig | None, observed: IpConfig, link: Interface) -> Iterator[str]:
    if desired is None:
        return
    if not desired.enabled:
        # A link-local address is not worth a change: the kernel gives one to a link that NetworkManager leaves alone.
        if observed.addresses or observed.dhcp or observed.autoconf:
            yield f"Take {family} away from {name}{format_has(observed)}"
        return
    if desired.dhcp and not observed.dhcp:
        yield f"Get the {family} address of {name} by DHCP{'' if observed.autoconf else format_has(observed)}"
    if desired.autoconf and not observed.autoconf:
        had = "" if observed.dhcp else format_has(observed)
        yield f"Get {family} addresses of {name} from router advertisements{had}"
    yield from _options(f"{family} of {name}", desired.options, observed.options)
    if not desired.static:
        return
    if observed.dhcp or observed.autoconf:
        lent = tuple(address for address in observed.addresses if address not in desired.addresses)
        yield f"Stop asking for {family} addresses of {name}{format_has(replace(observed, addresses=lent))}"
    missing = [str(address) for address in desired.addresses if address not in observed.addresses]
    extra = [str(address) for address in observed.addresses if address not in desired.addresses]
    if missing:
        yield f"Give {name} {', '.join(missing)}"
    if extra and not (observed.dhcp or observed.autoconf):
        yield f"Take {', '.join(extra)} away from {name}"
    if not desired.addresses and not observed.enabled and link.carrier:
        yield f"Turn {family} of {name} on"
