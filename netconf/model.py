"""The network of one host as it is or as it should be."""

from dataclasses import dataclass, field
from enum import StrEnum


class LinkType(StrEnum):
    """nmstate's words for the kinds of interface; OTHER is a kind we look at but never make."""

    ETHERNET = "ethernet"
    VETH = "veth"
    LINUX_BRIDGE = "linux-bridge"
    BOND = "bond"
    VLAN = "vlan"
    VXLAN = "vxlan"
    TUN = "tun"
    LOOPBACK = "loopback"
    OTHER = "unknown"


class LinkState(StrEnum):
    UP = "up"
    DOWN = "down"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    ip: str
    prefix_length: int

    def __str__(self) -> str:
        return f"{self.ip}/{self.prefix_length}"


@dataclass(frozen=True, slots=True)
class IpConfig:
    """IPv4 or IPv6 of an interface. Link-local addresses are never listed.

    With `dhcp` or `autoconf` (router advertisements, IPv6 only) a wish names no addresses; an observation names all.
    """

    @property
    def static(self) -> bool:
        return self.enabled and not (self.dhcp or self.autoconf)

    enabled: bool = False
    dhcp: bool = False
    autoconf: bool = False
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Bridge:
    """The inside of a linux-bridge. `ports` are names in sorted order; in a wish None leaves them as they are."""

    ports: tuple[str, ...] | None = None
    stp: bool | None = None
    forward_delay_s: int | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """In a wish, None means "leave as it is"; in an observation, everything that applies is filled in.

    `controller` and `carrier` are only observed: ports are wished for in their bridge.
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


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """A static route. `table` 254 is the main one; a wish without metric takes what the backend gives it."""

    destination: str
    next_hop: str
    interface: str
    metric: int | None = None
    table: int = 254


@dataclass(frozen=True, slots=True)
class Dns:
    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkState:
    """The network of a host. In a wish, interfaces not named are left alone; `dns` and `routes` None likewise."""

    interfaces: tuple[Interface, ...] = ()
    routes: tuple[Route, ...] | None = None
    dns: Dns | None = None

    def interface(self, name: str) -> Interface | None:
        return next((interface for interface in self.interfaces if interface.name == name), None)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A change that goes back by itself unless it is confirmed. `id` is the backend's own and safe to send around."""

    id: str


@dataclass(frozen=True, slots=True)
class Change:
    """`changed` is false when the host was already so; then there is no checkpoint and nothing to confirm.

    `says` tells what was done (or why nothing was), a sentence each.
    """

    changed: bool
    checkpoint: Checkpoint | None = None
    says: tuple[str, ...] = field(default=())
