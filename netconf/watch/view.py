"""What is known of the network of a host at one moment, and how news of the kernel change it; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from netconf.kinds import LldpNeighbour
from netconf.model import Address


class Origin(StrEnum):
    """Where an address comes from."""

    STATIC = "static"
    DHCP = "dhcp"
    ROUTER = "router advertisement"
    LINK_LOCAL = "link-local"
    KERNEL = "kernel"


@dataclass(frozen=True, slots=True)
class BondPort:
    """How a bond sees one of its ports. The LACP states are bits of IEEE 802.1AX, None without LACP."""

    active: bool
    mii_up: bool
    failures: int = 0
    aggregator: int | None = None
    actor_state: int | None = None
    partner_state: int | None = None


@dataclass(frozen=True, slots=True)
class BondState:
    """`active_port` is an index; what is of LACP is None in other modes. A partner of zeros is none."""

    mode: str
    active_port: int | None = None
    aggregator: int | None = None
    aggregated_ports: int | None = None
    partner_mac: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """`kind` is the kernel's word, "ethernet" for a plain NIC. `controller` and `base` are indexes; `base_elsewhere`:
    of another network namespace, so that it cannot be looked up. `up` is what was asked for, `carrier` what came of it.
    """

    index: int
    name: str
    kind: str = "ethernet"
    up: bool = False
    carrier: bool = False
    carrier_changes: int = 0
    mtu: int = 0
    mac: str = ""
    permanent_mac: str | None = None
    controller: int | None = None
    base: int | None = None
    base_elsewhere: bool = False
    vlan: int | None = None
    bond: BondState | None = None
    bond_port: BondPort | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class ObservedAddress:
    """`flags` and `proto` are the kernel's; see netconf.watch.origin. `lent`: it has an end."""

    index: int
    address: Address
    version: int
    scope: int = 0
    flags: int = 0
    proto: int = 0
    lent: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        return (self.index, self.address)


@dataclass(frozen=True, slots=True, order=True)
class ObservedRoute:
    """`proto` is in the kernel's words as far as they are known. `index` 0: over several links at once."""

    destination: str
    gateway: str
    index: int
    metric: int
    table: int
    proto: str


class Answering(StrEnum):
    """What the kernel thinks of a neighbour. STALE: not asked lately."""

    PERMANENT = "permanent"
    REACHABLE = "reachable"
    STALE = "stale"
    ASKED = "asked"
    FAILED = "silent"


@dataclass(frozen=True, slots=True)
class Neighbour:
    index: int
    ip: str
    mac: str
    state: Answering
    router: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        return (self.index, self.ip)


@dataclass(frozen=True, slots=True)
class Counters:
    """Since the link was made."""

    rx_bytes: int = 0
    rx_packets: int = 0
    rx_errors: int = 0
    rx_dropped: int = 0
    tx_bytes: int = 0
    tx_packets: int = 0
    tx_errors: int = 0
    tx_dropped: int = 0


@dataclass(frozen=True, slots=True)
class Speed:
    """None: not known, as without a carrier."""

    mbps: int | None = None
    duplex: str | None = None


@dataclass(frozen=True, slots=True)
class NmLinkInfo:
    """What only NetworkManager knows of a link. `lldp` None: it does not listen there."""

    profile: str = ""
    asks4: bool = False
    lldp: tuple[LldpNeighbour, ...] | None = None


Links = Mapping[int, Link]


@dataclass(frozen=True, slots=True)
class Kernel:
    """What netlink tells. Mappings by what makes a thing one and the same; nobody writes to them."""

    links: Links = field(default_factory=lambda: MappingProxyType({}))
    addresses: Mapping[tuple[object, ...], ObservedAddress] = field(default_factory=lambda: MappingProxyType({}))
    routes: frozenset[ObservedRoute] = frozenset()
    neighbours: Mapping[tuple[object, ...], Neighbour] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class View:
    """`counters` by name of the link, as the kernel prints them; `speeds` by index, `nm_links` by name. `drift` says
    what differs from what was confirmed last, a sentence each; None while nobody knows or nothing was confirmed.
    `unreachable_gateways` are those that did not answer when they were asked last."""

    kernel: Kernel = Kernel()
    counters: Mapping[str, Counters] = field(default_factory=lambda: MappingProxyType({}))
    speeds: Mapping[int, Speed] = field(default_factory=lambda: MappingProxyType({}))
    nm_links: Mapping[str, NmLinkInfo] = field(default_factory=lambda: MappingProxyType({}))
    drift: tuple[str, ...] | None = None
    unreachable_gateways: frozenset[tuple[int, str]] = frozenset()

    @property
    def links(self) -> tuple[Link, ...]:
        """By name."""
        return tuple(sorted(self.kernel.links.values(), key=lambda link: (link.name, link.index)))

    def name(self, index: int | None) -> str:
        link = self.kernel.links.get(index or 0)
        return link.name if link is not None else ""

    def addresses(self) -> dict[int, tuple[ObservedAddress, ...]]:
        """By index of their link, in order."""
        found: dict[int, list[ObservedAddress]] = {}
        for held in self.kernel.addresses.values():
            found.setdefault(held.index, []).append(held)
        return {index: tuple(sorted(mine, key=lambda a: (a.version, a.address))) for index, mine in found.items()}

    def ports(self) -> dict[int, tuple[Link, ...]]:
        """By index of their bridge, bond or VRF."""
        found: dict[int, tuple[Link, ...]] = {}
        for link in self.links:
            if link.controller is not None:
                found[link.controller] = (*found.get(link.controller, ()), link)
        return found

    def gateways(self) -> frozenset[tuple[int, str]]:
        """Index and address of those that a default route goes over."""
        return frozenset((r.index, r.gateway) for r in self.kernel.routes if r.gateway and r.destination in ANYWHERE)


ANYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True)
class Removed:
    """What is no longer there, of the type and with the key of what was."""

    key: int | tuple[object, ...]
    type: type[Link] | type[ObservedAddress] | type[Neighbour]


Update = Link | ObservedAddress | Neighbour | Removed


def apply(kernel: Kernel, updates: Iterable[Update]) -> Kernel:
    """`kernel` after `updates`, in their order. A link takes its addresses, neighbours and routes with it."""
    links, addresses, neighbours = dict(kernel.links), dict(kernel.addresses), dict(kernel.neighbours)
    left: set[int] = set()
    for one in updates:
        match one:
            case Link():
                links[one.index] = one
            case ObservedAddress():
                addresses[one.key] = one
            case Neighbour():
                neighbours[one.key] = one
            case Removed(int(index)):
                links.pop(index, None)
                left.add(index)
            case Removed(tuple(key), kind) if kind is ObservedAddress:
                addresses.pop(key, None)
            case Removed(tuple(key)):
                neighbours.pop(key, None)
    changed = Kernel(links, addresses, kernel.routes, neighbours)
    return _without(changed, left - links.keys()) if left else changed


def _without(kernel: Kernel, gone: set[int]) -> Kernel:
    return replace(
        kernel,
        addresses={key: held for key, held in kernel.addresses.items() if held.index not in gone},
        neighbours={key: there for key, there in kernel.neighbours.items() if there.index not in gone},
        routes=frozenset(route for route in kernel.routes if route.index not in gone),
    )
