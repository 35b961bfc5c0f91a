"""Reading a document is the inverse of writing it, for every wish that can be wished."""

from ipaddress import IPv6Address
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netconf.document import parse, render
from netconf.kinds import (
    Bond,
    BondMode,
    BondPort,
    Bridge,
    BridgePort,
    PortMode,
    PortVlan,
    Sriov,
    Vlan,
    VlanProtocol,
    Vrf,
    Vxlan,
    merged,
)
from netconf.model import (
    Address,
    Dns,
    Interface,
    IpConfig,
    LinkState,
    LinkType,
    NetworkState,
    Route,
    RouteMatch,
    Rule,
    RuleAction,
    WaitIp,
)
from netconf.options import (
    BOND,
    BOND_PORT,
    BRIDGE,
    BRIDGE_PORT,
    STP,
    Flag,
    Number,
    OneOf,
    Option,
    Pairs,
    Text,
    Token,
    ip_options,
    of_mode,
    pairs,
)

_BIG = 2**32 - 1
_NICS = ("eth0", "eth1", "eth2", "eth3")
_TIMES = {"arp_interval", "arp_ip_target", "num_grat_arp", "num_unsol_na", "miimon", "updelay", "downdelay"}


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def value(option: Option) -> st.SearchStrategy[Any]:
    match option.kind:
        case Number(low, high):
            return st.integers(low, high)
        case OneOf(words):
            return st.sampled_from(words)
        case Flag():
            return st.booleans()
        case Text(pattern):
            return st.just("") | st.from_regex(pattern, fullmatch=True)
        case Token():
            return st.just("") | st.integers(1, 2**64 - 1).map(lambda half: str(IPv6Address(half)))
        case _:
            return st.just("02:00:00:00:00:07")


def options(*known: Option) -> st.SearchStrategy[Pairs]:
    return st.fixed_dictionaries({}, optional={option.name: value(option) for option in known}).map(pairs)


def addresses(network: str, length: int) -> st.SearchStrategy[tuple[Address, ...]]:
    one = st.ip_addresses(network=network).map(lambda ip: Address(str(ip), length))
    return st.lists(one, max_size=3, unique=True).map(tuple)


def ips(network: str, length: int) -> st.SearchStrategy[IpConfig | None]:
    chosen = options(*ip_options(6 if ":" in network else 4)).filter(_fit_together)
    static = st.builds(IpConfig, st.just(True), addresses=addresses(network, length), options=chosen)
    lent = st.builds(IpConfig, st.just(True), st.just(True), options=chosen)
    return maybe(st.just(IpConfig()) | static | lent)


def _fit_together(chosen: Pairs) -> bool:
    return not (dict(chosen).get("token") and dict(chosen).get("addr-gen-mode") == "stable-privacy")


def _is_apart(vlan: PortVlan) -> bool:
    return not any(low <= (vlan.tag or 0) <= high for low, high in vlan.trunk)


macs = st.integers(0, 2**40 - 1).map(lambda n: "02:" + n.to_bytes(5, "big").hex(":"))
names = st.sets(st.sampled_from(_NICS)).map(lambda found: tuple(sorted(found)))
ids = st.integers(1, 4094)
ranges = st.lists(st.tuples(ids, ids).map(lambda pair: (min(pair), max(pair))), max_size=3).map(merged)
port_vlans = (
    st.just(PortVlan())
    | st.builds(PortVlan, st.just(PortMode.ACCESS), ids)
    | st.builds(PortVlan, st.just(PortMode.TRUNK), trunk=ranges)
    | st.builds(PortVlan, st.just(PortMode.TRUNK), ids, st.just(True), ranges).filter(_is_apart)
)


@st.composite
def bridges(draw: st.DrawFn) -> Bridge:
    ports = draw(maybe(names))
    details = (BridgePort(name, draw(maybe(port_vlans)), draw(options(*BRIDGE_PORT))) for name in ports or ())
    chosen = draw(options(*BRIDGE, *STP))
    stp = draw(maybe(st.booleans()))
    return Bridge(
        ports, stp, draw(maybe(st.integers(0, 30))), chosen, tuple(p for p in details if p != BridgePort(p.name))
    )


@st.composite
def bonds(draw: st.DrawFn) -> Bond:
    mode, ports = draw(maybe(st.sampled_from(BondMode))), draw(maybe(names))
    known = [o for o in BOND if o.name not in _TIMES and (mode is None or not o.modes or mode in o.modes)]
    found = dict(draw(options(*(o for o in known if o.name != "primary"))))
    if ports and mode is BondMode.ACTIVE_BACKUP:
        found["primary"] = ports[0]
    found |= draw(st.sampled_from(({}, {"miimon": 100, "updelay": 200}, {"num_grat_arp": 3, "num_unsol_na": 3})))
    if mode is BondMode.XOR and "miimon" not in found:
        found |= {"arp_interval": 100, "arp_ip_target": "192.0.2.1,192.0.2.2"}
    details = (BondPort(name, draw(options(*of_mode(BOND_PORT, mode)))) for name in ports or ())
    return Bond(mode, ports, pairs(found), tuple(p for p in details if p.options))


vlans = st.builds(Vlan, st.sampled_from(_NICS), st.integers(0, 4094), st.sampled_from(VlanProtocol))
vxlans = st.builds(
    Vxlan,
    st.integers(0, 2**24 - 1),
    st.sampled_from(("", "eth0")),
    maybe(st.ip_addresses(v=4).map(str)),
    maybe(st.ip_addresses(v=4).map(str)),
    st.integers(1, 65535),
    st.booleans(),
)
vrfs = st.builds(Vrf, st.integers(1, _BIG), maybe(names))

_LINK_INFO: dict[LinkType, dict[str, st.SearchStrategy[Any]]] = {
    LinkType.ETHERNET: {"by_mac": st.booleans(), "sriov": maybe(st.builds(Sriov, st.integers(0, 65535)))},
    LinkType.VETH: {"peer": maybe(st.just("veth9"))},
    LinkType.DUMMY: {},
    LinkType.LINUX_BRIDGE: {"bridge": maybe(bridges())},
    LinkType.BOND: {"bond": maybe(bonds())},
    LinkType.VLAN: {"vlan": vlans},
    LinkType.VXLAN: {"vxlan": vxlans},
    LinkType.VRF: {"vrf": vrfs},
    LinkType.OTHER: {},
}


@st.composite
def interfaces(draw: st.DrawFn) -> Interface:
    kind = draw(st.sampled_from(tuple(_LINK_INFO)))
    state = draw(st.sampled_from((LinkState.UP, LinkState.DOWN, LinkState.ABSENT)))
    mac = draw(maybe(macs))
    if state is LinkState.ABSENT:
        return Interface("link9", kind, state, mac=mac)
    inside = {key: draw(strategy) for key, strategy in _LINK_INFO[kind].items()}
    if inside.get("by_mac") and mac is None:
        inside["by_mac"] = False
    return Interface(
        "link9",
        kind,
        state,
        mac=mac,
        mtu=draw(maybe(st.integers(68, 65535))),
        ipv4=draw(ips("10.0.0.0/8", 24)),
        ipv6=draw(ips("2001:db8::/32", 64)),
        wait_ip=draw(maybe(st.sampled_from(WaitIp))),
        lldp=draw(maybe(st.booleans())),
        description=draw(maybe(st.text(min_size=1, max_size=20))),
        **inside,
    )


numbers = maybe(st.integers(0, _BIG))
tables = st.integers(1, _BIG)
networks = st.sampled_from(("10.9.0.0/16", "0.0.0.0/0", "192.0.2.7/32"))
routes = st.builds(Route, networks, st.sampled_from(("", "10.0.0.254")), st.just("uplink0"), numbers, tables)
matches = st.builds(
    RouteMatch, maybe(networks), maybe(st.just("10.0.0.254")), maybe(st.just("uplink0")), numbers, maybe(tables)
)
rules = st.builds(
    Rule,
    family=st.just(4),
    source=maybe(networks),
    destination=maybe(networks),
    incoming=maybe(st.just("uplink0")),
    fwmark=numbers,
    priority=numbers,
    table=tables,
    action=maybe(st.sampled_from(RuleAction)),
)
servers = (st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="2001:db8::/32")).map(str)
states = st.builds(
    NetworkState,
    interfaces=st.tuples(interfaces()),
    routes=maybe(st.lists(routes, min_size=1, max_size=3).map(tuple)),
    dns=maybe(st.builds(Dns, st.lists(servers, max_size=3, unique=True).map(tuple))),
    rules=maybe(st.lists(rules, min_size=1, max_size=3).map(tuple)),
    gone=st.lists(matches, max_size=2).map(tuple),
    gone_rules=st.lists(rules, max_size=2).map(tuple),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(states)
def test_reading_is_the_inverse_of_writing(state: NetworkState) -> None:
    assert parse(render(state)) == state


def test_every_option_of_a_bond_is_for_modes_that_there_are() -> None:
    assert {mode for option in (*BOND, *BOND_PORT) for mode in option.modes} <= set(BondMode)
