"""What the kernel's network is to be when a wish has come true; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_interface, ip_network

from netconf.kernel.insides import port_table
from netconf.kernel.picture import Choice, Held, Link, Path, Picture, Raw
from netconf.kinds import BondMode, VlanProtocol
from netconf.model import MAIN_TABLE, Interface, IpConfig, LinkState, LinkType, NetworkState, Route, Rule
from netconf.options import BOND, BOND_DEFAULTS, BRIDGE, BRIDGE_PORT, STP, Option, Pairs, named, to_kernel
from netconf.planning.merge import after
from netconf.planning.plan import fulfils, is_gone_rule
from netconf.planning.wish import CABLES

_KINDS = {
    LinkType.LINUX_BRIDGE: "bridge",
    LinkType.BOND: "bond",
    LinkType.VLAN: "vlan",
    LinkType.VXLAN: "vxlan",
    LinkType.DUMMY: "dummy",
    LinkType.VRF: "vrf",
}
# From linux/if_ether.h, linux/rtnetlink.h and linux/fib_rules.h.
_PROTOCOLS = {VlanProtocol.IEEE_802_1Q: 0x8100, VlanProtocol.IEEE_802_1AD: 0x88A8}
_STATIC, _UNICAST, _SCOPE_GLOBAL, _SCOPE_LINK = 4, 1, 0, 253
_ACTIONS = {None: 1, "blackhole": 6, "unreachable": 7, "prohibit": 8}
_METRIC_6 = 1024  # the kernel's own
_MII_MS = 100  # a bond that does not look at its cables keeps sending into one that is cut
_FILTERING = "IFLA_BR_VLAN_FILTERING"


def target(wish: NetworkState, observed: NetworkState, now: Picture, resolver: str | None) -> Picture:
    """`wish` is complete, `resolver` the text of resolv.conf that it asks for."""
    new = after(wish, observed)
    links = tuple(_Wanted(interface, wish, new, now).link() for interface in new.interfaces)
    addresses = tuple(a for interface in new.interfaces for a in _addresses(interface, wish, new, now))
    reachable = Picture(links, addresses)
    kept = tuple(path for path in now.routes if _stays(path, new, reachable))
    return Picture(
        links=links,
        addresses=addresses,
        routes=(*kept, *_new_routes(wish, kept, reachable)),
        rules=(*_kept_rules(wish, now), *_new_rules(wish, observed)),
        resolver=resolver,
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One interface of `new`, what netconf.planning.merge.after made of `wish`."""

    interface: Interface
    wish: NetworkState
    new: NetworkState
    now: Picture

    @property
    def said(self) -> Interface | None:
        return self.wish.interface(self.interface.name)

    @property
    def seen(self) -> Link:
        wanted = self.interface
        return self.now.link(wanted.name) or Link(wanted.name, _KINDS.get(wanted.type, ""), base=wanted.base or "")

    def link(self) -> Link:
        wanted, seen = self.interface, self.seen
        is_new = self.now.link(wanted.name) is None
        pinned = wanted.type in (LinkType.LINUX_BRIDGE, LinkType.BOND) or is_new or self.said is not None
        return replace(
            seen,
            up=wanted.state is LinkState.UP,
            master=self._master(),
            mac=wanted.mac if pinned else None,
            mtu=wanted.mtu,
            alias=None if self.said is None else self.said.description,
            data=self._data(is_new=is_new),
            port=self._port(),
            vlans=self._vlans(),
            sysctls=self._sysctls(),
        )

    def _master(self) -> str:
        """Taps of VMs stay where they are, whatever the wish says of ports."""
        if self.seen.kind == "tun":
            return self.seen.master if self.new.interface(self.seen.master) is not None else ""
        return self.interface.controller or ""

    def _data(self, *, is_new: bool) -> dict[str, Raw]:
        wanted, said = self.interface, self.said
        if said is None:
            return dict(self.seen.data)
        match wanted.type:
            case LinkType.BOND:
                return _bond(wanted, is_new=is_new)
            case LinkType.LINUX_BRIDGE:
                return dict(self.seen.data) | _bridge(wanted, said, is_new=is_new)
            case _:
                return dict(self.seen.data) if not is_new else _overlay(wanted)

    def _holder(self) -> tuple[Interface, Interface] | None:
        """The bridge that it is a port of: what is said of it and what it will be."""
        bridge = self.new.interface(self.interface.controller or "")
        said = self.wish.interface(self.interface.controller or "")
        if bridge is None or bridge.bridge is None or said is None or said.bridge is None:
            return None
        return said, bridge

    def _port(self) -> dict[str, Raw]:
        holder = self._holder()
        if holder is None or holder[0].bridge is None:
            return {}
        return _raw(holder[0].bridge.port(self.interface.name).options, BRIDGE_PORT)

    def _vlans(self) -> dict[int, int] | None:
        holder = self._holder()
        if holder is None or holder[0].bridge is None or holder[1].bridge is None:
            return None
        vlan = holder[0].bridge.port(self.interface.name).vlan
        default = next((int(value) for key, value in holder[1].bridge.options if key == "vlan-default-pvid"), 1)
        return None if vlan is None else port_table(vlan, default)

    def _sysctls(self) -> dict[str, str]:
        ip = None if self.said is None or self.said.state is not LinkState.UP else self.said.ipv6
        if ip is None:
            return {}
        if not ip.enabled:
            return {"disable_ipv6": "1"} if self.seen.sysctls or self.now.link(self.interface.name) is None else {}
        generates = {"addr_gen_mode": "0"} if self.seen.sysctls.get("addr_gen_mode", "1") == "1" else {}
        if dict(ip.options).get("addr-gen-mode") == "eui64":
            generates = {"addr_gen_mode": "0"}
        heard = "2" if ip.autoconf else "0"  # 2: also when this host forwards for its VMs
        return {"disable_ipv6": "0", "accept_ra": heard, "autoconf": "1" if ip.autoconf else "0"} | generates


def _bond(wanted: Interface, *, is_new: bool) -> dict[str, Raw]:
    if wanted.bond is None or wanted.bond.mode is None:
        return {}
    mode, options = wanted.bond.mode, dict(wanted.bond.options)
    if is_new and not options.get("arp_interval"):
        options.setdefault("miimon", _MII_MS)
    known = {o.name: o for o in BOND if not o.modes or mode in o.modes}
    found: dict[str, Raw] = {"IFLA_BOND_MODE": tuple(BondMode).index(mode)}
    if not is_new:
        found |= {known[key].attribute: to_kernel(known[key], v) for key, v in BOND_DEFAULTS.items() if key in known}
        found |= {known[key].attribute: "" for key in ("primary",) if key in known}
    return found | {known[key].attribute: to_kernel(known[key], v) for key, v in options.items() if key in known}


def _bridge(wanted: Interface, said: Interface, *, is_new: bool) -> dict[str, Raw]:
    """A new one forwards at once: the kernel would let nothing through for 15 s, STP or not."""
    inside, wish = wanted.bridge, said.bridge
    if inside is None or wish is None:
        return {"IFLA_BR_FORWARD_DELAY": 0} if is_new else {}
    found = _raw(wish.options, (*BRIDGE, *STP))
    if wish.stp is not None:
        found["IFLA_BR_STP_STATE"] = int(wish.stp)
    if wish.forward_delay_s is not None or (is_new and not wish.stp):
        found["IFLA_BR_FORWARD_DELAY"] = (wish.forward_delay_s or 0) * 100
    if any(port.vlan is not None for port in wish.details):
        found[_FILTERING] = int(inside.filters)
    return found


def _overlay(wanted: Interface) -> dict[str, Raw]:
    if wanted.vlan is not None:
        return {"IFLA_VLAN_ID": wanted.vlan.id, "IFLA_VLAN_PROTOCOL": _PROTOCOLS[wanted.vlan.protocol]}
    if wanted.vrf is not None:
        return {"IFLA_VRF_TABLE": wanted.vrf.table}
    if wanted.vxlan is None:
        return {}
    vxlan = wanted.vxlan
    found: dict[str, Raw] = {"IFLA_VXLAN_ID": vxlan.id, "IFLA_VXLAN_PORT": vxlan.port}
    found["IFLA_VXLAN_LEARNING"] = int(vxlan.learning)
    for key, ip in (("GROUP", vxlan.remote), ("LOCAL", vxlan.local)):
        if ip:
            found[f"IFLA_VXLAN_{key}{'6' if ':' in ip else ''}"] = ip
    return found


def _raw(said: Pairs, options: Iterable[Option]) -> dict[str, Raw]:
    known = named(options)
    return {known[key].attribute: to_kernel(known[key], value) for key, value in said if key in known}


def _is_plain_port(interface: Interface, new: NetworkState) -> bool:
    holder = new.interface(interface.controller or "")
    return holder is not None and holder.type is not LinkType.VRF


def _addresses(interface: Interface, wish: NetworkState, new: NetworkState, now: Picture) -> Iterator[Held]:
    """Ports of bridges and bonds have none, nor has what is down."""
    said = wish.interface(interface.name)
    bare = _is_plain_port(interface, new) or (said is not None and said.state is not LinkState.UP)
    if bare and interface.type in CABLES | set(_KINDS):
        return
    for version, ip in ((4, None if said is None else said.ipv4), (6, None if said is None else said.ipv6)):
        held = [a for a in now.addresses if a.link == interface.name and a.version == version]
        yield from held if ip is None else _said(interface.name, ip, held)


def _said(name: str, ip: IpConfig, held: list[Held]) -> Iterator[Held]:
    if not ip.enabled:
        return
    if ip.autoconf:
        yield from (a for a in held if a.lent)
        return
    known = {(a.ip, a.prefix_length): a for a in held if not a.lent}
    for address in ip.addresses:
        whole = ip_interface(str(address))
        wide = whole.version == 4 and address.prefix_length < 31
        fresh = Held(name, address.ip, address.prefix_length)
        broadcast = str(whole.network.broadcast_address) if wide else ""
        yield known.get((address.ip, address.prefix_length), replace(fresh, broadcast=broadcast))


def _stays(path: Path, new: NetworkState, reachable: Picture) -> bool:
    """Whether a present route is still wished for or nobody's wish, and can still be."""
    if path.shown is not None and path.shown not in (new.routes or ()):
        return False
    return all(_carries(name, path, reachable) for name in path.links) and _is_reached(path, reachable)


def _carries(name: str, path: Path, reachable: Picture) -> bool:
    """Without any address of its family the kernel takes an interface out of the routes."""
    link = reachable.link(name)
    version_6_on = path.version == 6 and link is not None and link.sysctls.get("disable_ipv6") != "1"
    held = any(a.link == name and a.version == path.version for a in reachable.addresses)
    return link is not None and link.up and (held or version_6_on or path.onlink)


def _is_reached(path: Path, reachable: Picture) -> bool:
    return not path.gateway or path.onlink or _is_near(path.gateway, path.link, reachable)


def _is_near(gateway: str, name: str, reachable: Picture) -> bool:
    """Whether an address of the interface leads to the gateway."""
    ip = ip_address(gateway)
    near = (
        ip_network(f"{a.peer or a.ip}/{a.prefix_length}", strict=False) for a in reachable.addresses if a.link == name
    )
    return ip.is_link_local or any(ip in network for network in near if network.version == ip.version)


def _new_routes(wish: NetworkState, kept: tuple[Path, ...], reachable: Picture) -> Iterator[Path]:
    taken = {(p.to, p.to_length, p.table, p.metric, p.version) for p in kept}
    for route in wish.routes or ():
        if any(path.shown is not None and fulfils(path.shown, route) for path in kept):
            continue
        path = _path(route, reachable)
        while route.metric is None and (path.to, path.to_length, path.table, path.metric, path.version) in taken:
            path = replace(path, metric=path.metric + 1)
        taken.add((path.to, path.to_length, path.table, path.metric, path.version))
        yield path


def _path(route: Route, reachable: Picture) -> Path:
    network = ip_network(route.destination)
    everywhere = network.prefixlen == 0
    default = _METRIC_6 if network.version == 6 else 0
    direct = not route.next_hop and network.version == 4
    return Path(
        version=network.version,
        to="" if everywhere else str(network.network_address),
        to_length=network.prefixlen,
        table=route.table or MAIN_TABLE,
        metric=(route.metric or default) if network.version == 6 else (route.metric or 0),
        protocol=_STATIC,
        scope=_SCOPE_LINK if direct else _SCOPE_GLOBAL,
        type=_UNICAST,
        gateway=route.next_hop,
        link=route.interface,
        onlink=bool(route.next_hop) and not _is_near(route.next_hop, route.interface, reachable),
    )


def _kept_rules(wish: NetworkState, now: Picture) -> Iterator[Choice]:
    yield from (c for c in now.rules if c.shown is None or not is_gone_rule(c.shown, wish))


def _new_rules(wish: NetworkState, observed: NetworkState) -> Iterator[Choice]:
    """One without priority is looked at before the main table, after those that are there."""
    for number, rule in enumerate(wish.rules or ()):
        if not any(rule.matches(other) for other in observed.rules or ()):
            yield Choice(rule.family or 4, _fields(rule, 30000 + number))


def _fields(rule: Rule, priority: int) -> dict[str, Raw]:
    """As the kernel shows it afterwards, so that the next look finds nothing to do."""
    found: dict[str, Raw] = {"src_len": 0, "dst_len": 0, "tos": 0, "action": _ACTIONS[rule.action]}
    for key, end in (("src", rule.source), ("dst", rule.destination)):
        if end is not None:
            network = ip_network(end)
            found |= {f"FRA_{key.upper()}": str(network.network_address), f"{key}_len": network.prefixlen}
    more = (
        ("FRA_IIFNAME", rule.incoming),
        ("FRA_FWMARK", rule.fwmark),
        ("FRA_FWMASK", rule.fwmask if rule.fwmask is not None else rule.fwmark and 2**32 - 1),
        ("FRA_PRIORITY", priority if rule.priority is None else rule.priority),
        ("FRA_TABLE", rule.table or 0),
    )
    found |= {key: value for key, value in more if value is not None}
    return found | {"FRA_PROTOCOL": _STATIC, "FRA_SUPPRESS_PREFIXLEN": 2**32 - 1}
