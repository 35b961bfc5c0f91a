"""One interface as NetworkManager's connection profile, in the types of its D-Bus interface; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from dbus_fast import Variant

from netconf.kinds import Bond, Bridge, BridgePort, PortMode, PortVlan, Vlan, VlanProtocol, Vxlan
from netconf.model import MAIN_TABLE, Dns, Interface, IpConfig, LinkType, NetworkState, Route, Rule, RuleAction
from netconf.options import (
    BOND,
    BOND_PORT,
    BRIDGE,
    BRIDGE_PORT,
    IP,
    STP,
    Flag,
    OneOf,
    Option,
    Pairs,
    Text,
    Token,
    Value,
    named,
)
from netconf.planning.merge import carries_names
from netconf.planning.order import carriers

MARK = "trivet.change"  # in the profile's user data: the change that made it
DESCRIPTION = "nmstate.interface.description"  # there, too, where nmstate keeps it
_PRIORITY = 100  # over profiles of others for the same NIC, should a power cut leave both
_RULE_PRIORITY = 30000  # what nmstate takes when the desired state does not say; NetworkManager wants one
_REORDER_HEADERS = 0x1  # NM_VLAN_FLAG_REORDER_HEADERS
_FAMILIES = {4: 2, 6: 10}  # AF_INET, AF_INET6
# From linux/fib_rules.h.
_ACTIONS = {None: 1, RuleAction.BLACKHOLE: 6, RuleAction.UNREACHABLE: 7, RuleAction.PROHIBIT: 8}

Group = Mapping[str, Variant]
Settings = Mapping[str, Group]

_TYPES = {
    LinkType.LINUX_BRIDGE: "bridge",
    LinkType.BOND: "bond",
    LinkType.VLAN: "vlan",
    LinkType.VXLAN: "vxlan",
    LinkType.DUMMY: "dummy",
    LinkType.VRF: "vrf",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """`interface` is what it configures, `controller` what it makes that a port of, `above` what has to be up first,
    `peer` the other end of a pair of veth."""

    interface: str
    controller: str | None
    settings: Settings
    above: tuple[str, ...] = ()
    peer: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An interface as netconf.planning.merge.after has it in `state`, and the rules that its profile carries."""

    interface: Interface
    state: NetworkState
    rules: tuple[Rule, ...] = ()

    @property
    def controller(self) -> Interface | None:
        return self.state.interface(self.interface.controller or "")

    @property
    def above(self) -> tuple[str, ...]:
        return carriers(self.interface, self.state.interface)

    @property
    def has_ip(self) -> bool:
        return self.controller is None or self.controller.vrf is not None


def profile(wanted: Wanted, *, change: str, uuid: str) -> Profile:
    interface, controller = wanted.interface, wanted.controller
    marks = {MARK: change} | ({DESCRIPTION: interface.description} if interface.description else {})
    made: dict[str, Group] = {
        "connection": _head(interface, controller, uuid),
        "user": {"data": Variant("a{ss}", marks)},
        **_kind(interface),
    }
    if interface.type is not LinkType.VRF:
        made["802-3-ethernet"] = _link(interface)
    if interface.sriov is not None:
        made["sriov"] = {"total-vfs": Variant("u", interface.sriov.total_vfs)}
    if controller is not None and controller.bridge is not None:
        port = controller.bridge.port(interface.name)
        if port != BridgePort(interface.name):
            made["bridge-port"] = _bridge_port(port)
    if controller is not None and controller.bond is not None:
        made["bond-port"] = _plain(controller.bond.port(interface.name).options, BOND_PORT)
    if wanted.has_ip:
        made |= _ips(wanted)
    peer = interface.peer if interface.is_pair else None
    return Profile(interface.name, interface.controller, made, wanted.above, peer)


def _head(interface: Interface, controller: Interface | None, uuid: str) -> Group:
    kind = "veth" if interface.is_pair else _TYPES.get(interface.type, "802-3-ethernet")
    head: dict[str, Variant] = {
        "id": Variant("s", f"trivet {interface.name}"),
        "uuid": Variant("s", uuid),
        "type": Variant("s", kind),
        "interface-name": Variant("s", interface.name),
        "autoconnect": Variant("b", True),
        "autoconnect-priority": Variant("i", _PRIORITY),
        "autoconnect-retries": Variant("i", 0),  # for ever: a cable that is plugged in late has to do
    }
    if interface.lldp is not None:
        head["lldp"] = Variant("i", int(interface.lldp))
    if controller is not None:
        head |= {"master": Variant("s", controller.name), "slave-type": Variant("s", _TYPES[controller.type])}
    return head


def _kind(interface: Interface) -> dict[str, Group]:
    """The group that tells of the inside; an ethernet has none but that of every link."""
    if interface.bridge is not None:
        return {"bridge": _bridge(interface.bridge)}
    if interface.bond is not None:
        return {"bond": _bond(interface.bond)}
    if interface.vlan is not None:
        return {"vlan": _vlan(interface.vlan)}
    if interface.vxlan is not None:
        return {"vxlan": _vxlan(interface.vxlan)}
    if interface.vrf is not None:
        return {"vrf": {"table": Variant("u", interface.vrf.table)}}
    if interface.type is LinkType.DUMMY:
        return {"dummy": {}}
    return {"veth": {"peer": Variant("s", interface.peer)}} if interface.is_pair else {}


def _link(interface: Interface) -> Group:
    link: dict[str, Variant] = {}
    if interface.mtu is not None:
        link["mtu"] = Variant("u", interface.mtu)
    if interface.mac is not None:
        link["assigned-mac-address"] = Variant("s", interface.mac)
    return link


def _bridge(bridge: Bridge) -> Group:
    stp, delay = bool(bridge.stp), bridge.forward_delay_s
    if delay is None:
        delay = 15 if stp else 0  # without STP there are no loops to wait for
    made = {"stp": Variant("b", stp), "forward-delay": Variant("u", delay)}
    if bridge.filters:
        made["vlan-filtering"] = Variant("b", True)
    return made | _plain(bridge.options, (*BRIDGE, *(STP if stp else ())))


def _bridge_port(port: BridgePort) -> Group:
    made = dict(_plain(port.options, BRIDGE_PORT))
    if port.vlan is not None and port.vlan.mode is not None:
        made["vlans"] = Variant("aa{sv}", _vlans(port.vlan))
    return made


def _vlans(vlan: PortVlan) -> list[dict[str, Variant]]:
    def entry(low: int, high: int, *, own: bool = False) -> dict[str, Variant]:
        ends = {"vid-start": Variant("q", low), "vid-end": Variant("q", high)}
        return ends | ({"pvid": Variant("b", True), "untagged": Variant("b", True)} if own else {})

    own = [entry(vlan.tag, vlan.tag, own=True)] if vlan.tag is not None else []
    apart = [entry(low, high) for low, high in vlan.trunk] if vlan.mode is PortMode.TRUNK else []
    return own + apart


def _bond(bond: Bond) -> Group:
    found = {"mode": str(bond.mode)} if bond.mode is not None else {}
    options = named(BOND)
    return {"options": Variant("a{ss}", found | {key: _bond_word(options[key], v) for key, v in bond.options})}


def _bond_word(option: Option, value: Value) -> str:
    if isinstance(option.kind, OneOf) and option.name == "all_slaves_active":
        return str(option.kind.values.index(str(value)))
    return str(int(value)) if isinstance(value, bool) else str(value)


def _vlan(vlan: Vlan) -> Group:
    # NetworkManager's default for who does not say it over D-Bus is none; the kernel's is this one, and VLANs in VLANs
    # get no frames without it.
    made = {"parent": Variant("s", vlan.base), "id": Variant("u", vlan.id), "flags": Variant("u", _REORDER_HEADERS)}
    if vlan.protocol is not VlanProtocol.IEEE_802_1Q:
        made["protocol"] = Variant("s", vlan.protocol.value)
    return made


def _vxlan(vxlan: Vxlan) -> Group:
    made = {"id": Variant("u", vxlan.id), "destination-port": Variant("u", vxlan.port)}
    made["learning"] = Variant("b", vxlan.learning)
    texts = (("parent", vxlan.base), ("remote", vxlan.remote), ("local", vxlan.local))
    return made | {key: Variant("s", text) for key, text in texts if text}


def _plain(options: Pairs, known: tuple[Option, ...]) -> dict[str, Variant]:
    """Options under NetworkManager's names; a `-` before one says that it means the opposite."""
    found = named(known)
    made = {}
    for key, value in options:
        option = found.get(key)
        if option is None:
            continue
        name = option.nm.removeprefix("-")
        if isinstance(option.kind, Flag):
            made[name] = Variant("b", bool(value) is not option.nm.startswith("-"))
        elif isinstance(option.kind, OneOf):
            made[name] = Variant("i", option.kind.values.index(str(value)))
        elif isinstance(option.kind, Text):
            made |= {name: Variant("s", option.kind.nm_values.get(str(value), str(value)))} if value else {}
        elif isinstance(option.kind, Token):
            made |= {name: Variant("s", value)} if value else {}
        else:
            made[name] = Variant(option.signature, value)
    return made


def _ips(wanted: Wanted) -> dict[str, Group]:
    interface, dns = wanted.interface, wanted.state.dns
    routes = [route for route in wanted.state.routes or () if route.interface == interface.name]
    made = {}
    for version, found in ((4, interface.ipv4), (6, interface.ipv6)):
        ip = found or IpConfig()
        carries = interface.name in carries_names(wanted.state, version)
        here = [route for route in routes if ip_network(route.destination).version == version]
        rules = [rule for rule in wanted.rules if rule.family == version]
        made[f"ipv{version}"] = _ip(ip, version, here, rules, dns if carries else None)
        if interface.wait_ip is not None and interface.wait_ip.waits_for(version):
            made[f"ipv{version}"] = {**made[f"ipv{version}"], "may-fail": Variant("b", False)}
    return made


def _ip(ip: IpConfig, version: int, routes: list[Route], rules: list[Rule], dns: Dns | None) -> Group:
    made: dict[str, Variant] = {"method": Variant("s", _method(ip, version))}
    if ip.static and ip.addresses:
        made["address-data"] = Variant(
            "aa{sv}",
            [{"address": Variant("s", a.ip), "prefix": Variant("u", a.prefix_length)} for a in ip.addresses],
        )
    if not ip.enabled:
        return made
    if routes:
        made["route-data"] = Variant("aa{sv}", [_route(route) for route in routes])
    if rules:
        made["routing-rules"] = Variant("aa{sv}", [_rule(rule) for rule in rules])
    return made | _dns(dns, version) | _identity(ip, version) | _plain(ip.options, IP)


def _identity(ip: IpConfig, version: int) -> dict[str, Variant]:
    """DHCP servers know the host by its MAC address, not by the name of the interface: it keeps its addresses when they
    move from a NIC to a bridge. Tokens are for addresses that are made of the MAC address."""
    made = {"dhcp-iaid": Variant("s", "mac")} if ip.dhcp else {}
    if version == 6 and dict(ip.options).get("token"):
        made["addr-gen-mode"] = Variant("i", 0)
    return made


def _dns(dns: Dns | None, version: int) -> dict[str, Variant]:
    if dns is None:
        return {}
    made: dict[str, Variant] = {}
    servers = [ip for server in dns.servers if (ip := ip_address(server)).version == version]
    if servers or dns.search:
        made["ignore-auto-dns"] = Variant("b", True)
    if servers:
        made["dns"] = _servers(servers, version)
    if dns.search:
        made["dns-search"] = Variant("as", list(dns.search))
    return made


def _servers(servers: list[IPv4Address | IPv6Address], version: int) -> Variant:
    if version == 4:
        return Variant("au", [int.from_bytes(server.packed, "little") for server in servers])
    return Variant("aay", [server.packed for server in servers])


def _method(ip: IpConfig, version: int) -> str:
    if not ip.enabled:
        return "disabled"
    if ip.autoconf:
        return "auto"
    if ip.dhcp:
        return "auto" if version == 4 else "dhcp"
    if ip.addresses:
        return "manual"
    return "disabled" if version == 4 else "link-local"


def _route(route: Route) -> dict[str, Variant]:
    network = ip_network(route.destination)
    made = {"dest": Variant("s", str(network.network_address)), "prefix": Variant("u", network.prefixlen)}
    if route.next_hop:
        made["next-hop"] = Variant("s", route.next_hop)
    if route.metric is not None:
        made["metric"] = Variant("u", route.metric)
    if route.table != MAIN_TABLE:
        made["table"] = Variant("u", route.table)
    return made


def _rule(rule: Rule) -> dict[str, Variant]:
    made = {"family": Variant("i", _FAMILIES[rule.family or 4]), "action": Variant("y", _ACTIONS[rule.action])}
    made["priority"] = Variant("u", _RULE_PRIORITY if rule.priority is None else rule.priority)
    for key, network in (("from", rule.source), ("to", rule.destination)):
        if network is not None:
            parsed = ip_network(network)
            made[key] = Variant("s", str(parsed.network_address))
            made[f"{key}-len"] = Variant("y", parsed.prefixlen)
    for key, number in (("table", rule.table), ("fwmark", rule.fwmark), ("fwmask", rule.fwmask)):
        if number is not None:
            made[key] = Variant("u", number)
    if rule.incoming is not None:
        made["iifname"] = Variant("s", rule.incoming)
    return made
