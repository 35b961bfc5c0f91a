"""What the kernel's network is made of, in the kernel's own words: enough to make it again after a change; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Self

import msgspec

from netconf.model import Route, Rule

Raw = int | str | tuple[str, ...]
MADE = frozenset({"bond", "bridge", "vlan", "vxlan", "dummy", "vrf"})  # kinds that we make and take away
PERMANENT = 2**32 - 1  # a lifetime, in seconds
_BY_THE_KERNEL = (1, 2)  # RTPROT_REDIRECT, RTPROT_KERNEL of linux/rtnetlink.h
_NO_PREFIX_ROUTE = 0x200  # linux/if_addr.h


@dataclass(frozen=True, slots=True)
class Link:
    """`kind` is the kernel's word, empty for a NIC; `peer` the other end of a veth, empty when that is not here. `data`
    are its options, `port` those that it has as a port, both by netlink's names; `vlans` the table of a port of a
    bridge, tag → flags; `sysctls` those of netconf.kernel.executor; `vfs` how many virtual functions a NIC has that can
    have some.

    As a goal, None and names that are missing mean "whatever it is".
    """

    name: str
    kind: str = ""
    up: bool = False
    base: str = ""
    peer: str = ""
    master: str = ""
    mac: str | None = None
    mtu: int | None = None
    alias: str | None = None
    data: Mapping[str, Raw] = field(default_factory=dict)
    port: Mapping[str, Raw] = field(default_factory=dict)
    vlans: Mapping[int, int] | None = None
    sysctls: Mapping[str, str] = field(default_factory=dict)
    vfs: int | None = None

    @property
    def is_made(self) -> bool:
        """Whether we make and take away such as it: of veths only pairs that are here with both ends."""
        return self.kind in MADE or (self.kind == "veth" and bool(self.peer))


@dataclass(frozen=True, slots=True)
class KernelAddress:
    """An address of `link`. `flags` are those of whoever gave it, lifetimes are in seconds from the look on."""

    link: str
    ip: str
    prefix_length: int
    peer: str = ""
    broadcast: str = field(default="", compare=False)
    label: str = field(default="", compare=False)
    scope: int = 0
    flags: int = 0
    metric: int = 0
    lent: bool = False
    valid_s: int = field(default=PERMANENT, compare=False)
    preferred_s: int = field(default=PERMANENT, compare=False)

    @property
    def version(self) -> int:
        return 6 if ":" in self.ip else 4

    def explains(self, path: "KernelRoute") -> bool:
        """Whether that is the route to its own network, which is there because of it: NetworkManager makes that itself,
        in the kernel's name."""
        if not self.flags & _NO_PREFIX_ROUTE or path.link != self.link or path.version != self.version or path.gateway:
            return False
        return (
            str(ip_network(f"{self.peer or self.ip}/{self.prefix_length}", strict=False))
            == f"{path.to}/{path.to_length}"
        )


@dataclass(frozen=True, slots=True)
class Hop:
    gateway: str
    link: str
    weight: int
    onlink: bool


@dataclass(frozen=True, slots=True)
class KernelRoute:
    """A route. `gateway` and `to` may be empty (on the link; everywhere), `link` too (blackhole, several `hops`).

    `shown` is what netconf.model says of it: None for routes that come by themselves or that it has no words for.
    """

    version: int
    to: str
    to_length: int
    table: int
    metric: int
    protocol: int
    scope: int
    type: int
    gateway: str = ""
    link: str = ""
    source: str = ""
    onlink: bool = False
    hops: tuple[Hop, ...] = ()
    options: Mapping[str, int] = field(default_factory=dict)
    expires_s: int = field(default=0, compare=False)  # 0: never
    shown: Route | None = field(default=None, compare=False)

    @property
    def in_the_kernels_name(self) -> bool:
        return self.protocol in _BY_THE_KERNEL

    @property
    def links(self) -> set[str]:
        return {hop.link for hop in self.hops} | ({self.link} if self.link else set())


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """A rule: `fields` of its header and its attributes, by netlink's names."""

    version: int
    fields: Mapping[str, Raw]
    shown: Rule | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class KernelState:
    """`resolver` is the text of resolv.conf, None when there is none."""

    links: tuple[Link, ...] = ()
    addresses: tuple[KernelAddress, ...] = ()
    routes: tuple[KernelRoute, ...] = ()
    rules: tuple[RoutingRule, ...] = ()
    resolver: str | None = None

    def link(self, name: str) -> Link | None:
        return next((link for link in self.links if link.name == name), None)

    def aged(self, seconds: float) -> Self:
        """The same when that much time has passed: what was lent runs out."""

        def older(address: KernelAddress) -> KernelAddress:
            def left(lifetime_s: int) -> int:
                return lifetime_s if lifetime_s == PERMANENT else max(0, lifetime_s - int(seconds))

            return replace(address, valid_s=left(address.valid_s), preferred_s=left(address.preferred_s))

        return replace(
            self,
            addresses=tuple(a for a in map(older, self.addresses) if a.valid_s),
            routes=tuple(
                replace(route, expires_s=max(0, route.expires_s - int(seconds)))
                for route in self.routes
                if not 0 < route.expires_s <= seconds
            ),
        )


def write(state: KernelState) -> bytes:
    return msgspec.json.encode(state)


def read(text: bytes) -> KernelState:
    """Raises ValueError."""
    return msgspec.json.decode(text, type=KernelState)
