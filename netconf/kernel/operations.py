"""The operations that change the kernel's network, one netlink request each; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from netconf.kernel.state import KernelAddress, KernelRoute, Link, Raw, RoutingRule


@dataclass(frozen=True, slots=True)
class CreateLink:
    """Only kind, base, options and MAC; the rest follows. `other` is the other end of a veth, which is made with it."""

    link: Link
    other: Link | None = None

    def __str__(self) -> str:
        over = f" over {self.link.base}" if self.link.base else ""
        to = f" to {self.other.name}" if self.other is not None else ""
        return f"make the {self.link.kind} {self.link.name}{over}{to}"


@dataclass(frozen=True, slots=True)
class RemoveLink:
    """The other end of a veth goes with it."""

    name: str

    def __str__(self) -> str:
        return f"remove {self.name}"


@dataclass(frozen=True, slots=True)
class SetMaster:
    """`master` is a bridge, bond or VRF; empty: pull it out."""

    name: str
    master: str

    def __str__(self) -> str:
        return f"plug {self.name} into {self.master}" if self.master else f"pull {self.name} out"


@dataclass(frozen=True, slots=True)
class SetLinkUp:
    name: str
    up: bool

    def __str__(self) -> str:
        return f"bring {self.name} {'up' if self.up else 'down'}"


@dataclass(frozen=True, slots=True)
class SetLinkAttributes:
    """What every link has: None is left as it is."""

    name: str
    mac: str | None = None
    mtu: int | None = None
    alias: str | None = None

    def __str__(self) -> str:
        pairs = (("MAC", self.mac), ("MTU", self.mtu), ("description", self.alias))
        return f"give {self.name} {', '.join(f'{key} {value!r}' for key, value in pairs if value is not None)}"


@dataclass(frozen=True, slots=True)
class SetNumVfs:
    """So many virtual functions of a NIC."""

    name: str
    vfs: int

    def __str__(self) -> str:
        return f"enable {self.vfs} virtual functions of {self.name}"


@dataclass(frozen=True, slots=True)
class SetLinkOptions:
    """Options of a link of `kind`, or (as `bridge_slave`) those that it has as a port."""

    name: str
    kind: str
    data: Mapping[str, Raw]

    def __str__(self) -> str:
        return f"set {', '.join(f'{key} {value}' for key, value in self.data.items())} of {self.name}"


@dataclass(frozen=True, slots=True)
class SetBridgeVlans:
    """Let VLANs through a port, or with `itself` to the bridge: tag → flags; those of `without` no longer."""

    name: str
    let: Mapping[int, int]
    without: tuple[int, ...]
    itself: bool

    def __str__(self) -> str:
        return f"let VLANs {sorted(self.let)} through {self.name}, and {list(self.without)} no longer"


@dataclass(frozen=True, slots=True)
class SetSysctl:
    """A sysctl of an interface, of IPv6."""

    name: str
    key: str
    value: str

    def __str__(self) -> str:
        return f"set {self.key} of {self.name} to {self.value}"


@dataclass(frozen=True, slots=True)
class SetAddress:
    address: KernelAddress
    there: bool

    def __str__(self) -> str:
        ip = f"{self.address.ip}/{self.address.prefix_length}"
        return f"give {self.address.link} {ip}" if self.there else f"take {ip} from {self.address.link}"


@dataclass(frozen=True, slots=True)
class SetRoute:
    route: KernelRoute
    there: bool

    def __str__(self) -> str:
        path = self.route
        to = f"{path.to}/{path.to_length}" if path.to else "everywhere"
        over = f" over {path.gateway}" if path.gateway else ""
        on = f" on {path.link}" if path.link else ""
        return f"{'add' if self.there else 'remove'} the route to {to}{over}{on} in table {path.table}"


@dataclass(frozen=True, slots=True)
class SetRule:
    rule: RoutingRule
    there: bool

    def __str__(self) -> str:
        return f"{'add' if self.there else 'remove'} the rule {dict(self.rule.fields)}"


@dataclass(frozen=True, slots=True)
class WriteResolvConf:
    """The text of resolv.conf; None: none."""

    text: str | None

    def __str__(self) -> str:
        return "write resolv.conf"


Operation = (
    CreateLink
    | RemoveLink
    | SetMaster
    | SetLinkUp
    | SetLinkAttributes
    | SetNumVfs
    | SetLinkOptions
    | SetBridgeVlans
    | SetSysctl
    | SetAddress
    | SetRoute
    | SetRule
    | WriteResolvConf
)
