"""What is inside the interfaces that are made of others or stand on others."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from netconf.options import Pairs


class BondMode(StrEnum):
    """In the order of the kernel's numbers."""

    ROUND_ROBIN = "balance-rr"
    ACTIVE_BACKUP = "active-backup"
    XOR = "balance-xor"
    BROADCAST = "broadcast"
    LACP = "802.3ad"
    TLB = "balance-tlb"
    ALB = "balance-alb"


@dataclass(frozen=True, slots=True)
class BondPort:
    """A port of a bond about which more is said than that it is one."""

    name: str
    options: Pairs = ()


@dataclass(frozen=True, slots=True)
class Bond:
    """`ports` are names in sorted order; in a desired state None leaves ports or mode as they are, options not named
    likewise.

    A desired state for another mode keeps none of the options of the old one. `details` says more about some of the
    ports, in the same order.
    """

    mode: BondMode | None = None
    ports: tuple[str, ...] | None = None
    options: Pairs = ()
    details: tuple[BondPort, ...] = ()

    def port(self, name: str) -> BondPort:
        return next((port for port in self.details if port.name == name), BondPort(name))


class PortMode(StrEnum):
    ACCESS = "access"
    TRUNK = "trunk"


@dataclass(frozen=True, slots=True)
class PortVlan:
    """Which VLANs pass a port of a filtering bridge. Without `mode` it is the bridge's default one alone.

    ACCESS: frames without a tag belong to VLAN `tag`, no others pass. TRUNK: the VLANs of `trunk` (ranges, ends
    included, sorted, apart from each other) pass with their tags; with `native` frames without one belong to `tag`.
    """

    mode: PortMode | None = None
    tag: int | None = None
    native: bool = False
    trunk: tuple[tuple[int, int], ...] = ()


def merged(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted, and those that overlap or touch made one."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class BridgePort:
    """A port about which more is said than that it is one. In a desired state, `vlan` None leaves its VLANs as they
    are."""

    name: str
    vlan: PortVlan | None = None
    options: Pairs = ()


@dataclass(frozen=True, slots=True)
class Bridge:
    """The inside of a linux-bridge. `ports` are names in sorted order; in a desired state None leaves them as they are.

    `details` says more about some of them, in the same order. A bridge filters by VLAN when one of them says a VLAN.
    """

    ports: tuple[str, ...] | None = None
    stp: bool | None = None
    forward_delay_s: int | None = None
    options: Pairs = ()
    details: tuple[BridgePort, ...] = ()

    def port(self, name: str) -> BridgePort:
        return next((port for port in self.details if port.name == name), BridgePort(name))

    @property
    def filters(self) -> bool:
        return any(port.vlan is not None and port.vlan.mode is not None for port in self.details)


class VlanProtocol(StrEnum):
    IEEE_802_1Q = "802.1q"
    IEEE_802_1AD = "802.1ad"


@dataclass(frozen=True, slots=True)
class Vlan:
    base: str
    id: int
    protocol: VlanProtocol = VlanProtocol.IEEE_802_1Q


@dataclass(frozen=True, slots=True)
class Vxlan:
    """`base` is the interface that carries it (empty: whichever the routes say), `remote` a peer or multicast group."""

    id: int
    base: str = ""
    remote: str | None = None
    local: str | None = None
    port: int = 4789
    learning: bool = True


@dataclass(frozen=True, slots=True)
class Vrf:
    """Its ports keep their addresses and routes, but in a routing table of their own."""

    table: int
    ports: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Sriov:
    """The virtual functions of a NIC, each a NIC of its own; of a desired state, only how many there are to be.

    `most` is how many the hardware can have, `in_vms` are the PCI addresses of those that are passed through to VMs.
    `asked` is how many the configuration asks for, None where it says nothing of them: when there are others they are
    somebody else's, and stay unless another number is desired.
    """

    total_vfs: int
    most: int | None = None
    in_vms: tuple[str, ...] = ()
    asked: int | None = None

    @property
    def configured(self) -> bool:
        return self.asked == self.total_vfs


@dataclass(frozen=True, slots=True, order=True)
class LldpNeighbour:
    """Who is at the other end of a cable, as it says by LLDP. `vlan` is the one of frames without a tag."""

    system: str
    chassis: str
    port: str
    description: str = ""
    vlan: int | None = None
