"""The network of one host as it is or as it should be."""

from dataclasses import dataclass, field
from enum import StrEnum

from netconf.kinds import Bond, Bridge, LldpNeighbour, Sriov, Vlan, Vrf, Vxlan
from netconf.options import Pairs


class LinkType(StrEnum):
    """nmstate's words for the kinds of interface. OTHER: observed, a kind we never make; desired, whichever it is."""

    ETHERNET = "ethernet"
    VETH = "veth"
    LINUX_BRIDGE = "linux-bridge"
    BOND = "bond"
    VLAN = "vlan"
    VXLAN = "vxlan"
    DUMMY = "dummy"
    VRF = "vrf"
    TUN = "tun"
    LOOPBACK = "loopback"
    OTHER = "unknown"


class LinkState(StrEnum):
    UP = "up"
    DOWN = "down"
    ABSENT = "absent"
    IGNORE = "ignore"  # only in documents: such an interface is left alone


class WaitIp(StrEnum):
    """Which addresses an interface has to have to be up. NetworkManager gives one up whose addresses do not come."""

    ANY = "any"
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    BOTH = "ipv4+ipv6"

    @classmethod
    def of(cls, ipv4: bool, ipv6: bool) -> "WaitIp":
        return {(False, False): cls.ANY, (True, False): cls.IPV4, (False, True): cls.IPV6}.get((ipv4, ipv6), cls.BOTH)

    def waits_for(self, version: int) -> bool:
        return self in (self.BOTH, self.IPV4 if version == 4 else self.IPV6)


@dataclass(frozen=True, slots=True, order=True)
class Address:
    ip: str
    prefix_length: int

    def __str__(self) -> str:
        return f"{self.ip}/{self.prefix_length}"


@dataclass(frozen=True, slots=True)
class IpConfig:
    """IPv4 or IPv6 of an interface. Link-local addresses are never listed.

    With `dhcp` or `autoconf` (router advertisements, IPv6 only) a desired state names no addresses; an observation
    names all. `options` are those of netconf.options.IP; not named in a desired state, they are left as they are.
    """

    enabled: bool = False
    dhcp: bool = False
    autoconf: bool = False
    addresses: tuple[Address, ...] = ()
    options: Pairs = ()

    @property
    def static(self) -> bool:
        return self.enabled and not (self.dhcp or self.autoconf)


@dataclass(frozen=True, slots=True)
class Interface:
    """In a desired state, None means "leave as it is"; in an observation, everything that applies is filled in.

    `controller`, `carrier`, `permanent_mac`, `neighbours` and `vf_of` are only observed: ports are desired in their
    bridge, bond or VRF. With `by_mac` in a desired state it is the one with that MAC, whatever it is called. `peer` is
    the other end, `vf_of` the NIC that it is a virtual function of; `sriov` is None where there can be none, or nothing
    is known.
    """

    name: str
    type: LinkType = LinkType.ETHERNET
    state: LinkState = LinkState.UP
    mac: str | None = None
    copy_mac_from: str | None = None
    mtu: int | None = None
    carrier: bool | None = None
    controller: str | None = None
    ipv4: IpConfig | None = None
    ipv6: IpConfig | None = None
    bridge: Bridge | None = None
    bond: Bond | None = None
    vlan: Vlan | None = None
    vxlan: Vxlan | None = None
    vrf: Vrf | None = None
    sriov: Sriov | None = None
    peer: str | None = None
    wait_ip: WaitIp | None = None
    lldp: bool | None = None
    description: str | None = None
    by_mac: bool = False
    permanent_mac: str | None = None
    neighbours: tuple[LldpNeighbour, ...] = ()
    vf_of: str | None = None

    @property
    def ports(self) -> tuple[str, ...] | None:
        """Of a bridge, bond or VRF; None also when a desired state leaves them as they are."""
        inside = self.bridge or self.bond or self.vrf
        return None if inside is None else inside.ports

    @property
    def is_pair(self) -> bool:
        """Whether it is one end of a pair of veth of which the other is here, too: those are made and taken away."""
        return self.type is LinkType.VETH and self.peer is not None

    @property
    def base(self) -> str | None:
        """The interface that this one stands on."""
        if self.vlan is not None:
            return self.vlan.base
        return self.vxlan.base or None if self.vxlan is not None else None

    @property
    def total_vfs(self) -> int:
        return 0 if self.sriov is None else self.sriov.total_vfs


MAIN_TABLE = 254


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """A static route. `table` 254 is the main one; a desired state without metric takes what the backend gives it.

    An empty `next_hop` means that the destination is on the link itself.
    """

    destination: str
    next_hop: str
    interface: str
    metric: int | None = None
    table: int = MAIN_TABLE


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """Routes that are not asked for: all of which what is said here is true."""

    destination: str | None = None
    next_hop: str | None = None
    interface: str | None = None
    metric: int | None = None
    table: int | None = None

    def matches(self, route: Route) -> bool:
        pairs = (
            (self.destination, route.destination),
            (self.next_hop, route.next_hop),
            (self.interface, route.interface),
            (self.metric, route.metric),
            (self.table, route.table),
        )
        return all(mine is None or mine == other for mine, other in pairs)


class RuleAction(StrEnum):
    BLACKHOLE = "blackhole"
    UNREACHABLE = "unreachable"
    PROHIBIT = "prohibit"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which routing table packets are looked up in. `family` is 4 or 6; what is None is not looked at.

    As a rule that is not asked for (`NetworkState.gone_rules`) it stands for all of which what it says is true.
    """

    family: int | None = None
    source: str | None = None
    destination: str | None = None
    incoming: str | None = None
    fwmark: int | None = None
    fwmask: int | None = None
    priority: int | None = None
    table: int | None = None
    action: RuleAction | None = None

    def matches(self, rule: "Rule") -> bool:
        return all(getattr(self, key) in (None, getattr(rule, key)) for key in self.__slots__)


@dataclass(frozen=True, slots=True)
class RouteOfOthers:
    """A route that is only observed, for nobody asks for it in a document: `by` is who made it, in the kernel's word
    (bgp), or DHCP, or a router's advertisement."""

    route: Route
    by: str

    @property
    def comes_with_addresses(self) -> bool:
        return self.by in (BY_DHCP, BY_ADVERTISEMENT)


BY_DHCP, BY_ADVERTISEMENT = "DHCP", "router advertisement"


@dataclass(frozen=True, slots=True)
class Dns:
    """`origins` are only observed: the interface whose configuration each server is part of, where that is known."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    origins: tuple[tuple[str, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class NetworkState:
    """The network of a host. In a desired state, interfaces not named are left alone; `dns`, `routes` and `rules` None
    likewise.

    Routes and rules of a desired state come to those that are there, except to those that `gone` and `gone_rules`
    match. `others` are only observed.
    """

    interfaces: tuple[Interface, ...] = ()
    routes: tuple[Route, ...] | None = None
    dns: Dns | None = None
    rules: tuple[Rule, ...] | None = None
    gone: tuple[RouteMatch, ...] = ()
    gone_rules: tuple[Rule, ...] = ()
    others: tuple[RouteOfOthers, ...] = field(default=(), compare=False)

    def interface(self, name: str) -> Interface | None:
        return next((interface for interface in self.interfaces if interface.name == name), None)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A change that goes back by itself unless it is confirmed. `id` is the backend's own and safe to send around."""

    id: str


@dataclass(frozen=True, slots=True)
class Change:
    """`changed` is false when the host was already so; then there is no checkpoint and nothing to confirm.

    `descriptions` tell what was done (or why nothing was), `warnings` what may become of it, a sentence each.
    """

    changed: bool
    checkpoint: Checkpoint | None = None
    descriptions: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = field(default=())
