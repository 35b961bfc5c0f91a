"""The network of a node, and the names of the site's machines on it."""

import msgspec

from node.api.messages.base import Message


class NamesRequest(Message, frozen=True, kw_only=True):
    """Name → address of every machine of the site; replaces what was known before (a block in /etc/hosts).
    The same is the answer to what the node knows now."""

    names: dict[str, str]


class PendingChange(Message, frozen=True, kw_only=True):
    """A change that goes back by itself in `left_s` unless it is confirmed; `checkpoint` is empty while it is made.

    Whoever asked for it may have lost the answer with the connection, and finds here what to confirm."""

    checkpoint: str
    left_s: float
    descriptions: tuple[str, ...] = msgspec.field(name="says", default=())


class NetworkReport(Message, frozen=True, kw_only=True):
    """The network of the node, a document in nmstate's schema, and the change that waits to be confirmed. `observed` is
    the same as it is followed: all links with what is wrong, routes, neighbours (as `trivet net watch --json` prints
    it); None while nobody follows it."""

    document: dict[str, object]
    pending: PendingChange | None = None
    observed: dict[str, object] | None = None


class NetworkRequest(Message, frozen=True, kw_only=True):
    """The desired network in nmstate's schema; goes back by itself unless confirmed within `confirm_within_s`, which
    is from 5 to 600 and begins before anything is changed. Where a name server answered before, one has to when it is
    confirmed; not so with `without_name_servers`."""

    document: dict[str, object]
    confirm_within_s: int = 50
    without_name_servers: bool = False


class NetworkChange(Message, frozen=True, kw_only=True):
    """`changed` is false when the node was already so; then there is nothing to confirm. `descriptions` are of what was
    done, `warnings` what may become of it."""

    changed: bool
    checkpoint: str = ""
    descriptions: tuple[str, ...] = msgspec.field(name="says", default=())
    warnings: tuple[str, ...] = ()


class LinkAddress(Message, frozen=True, kw_only=True):
    """`address` with its prefix length. `origin` is a word of netconf.watch.view.Origin, or one of a newer node."""

    address: str
    origin: str
    duplicate: bool = False


class LldpReport(Message, frozen=True, kw_only=True):
    system: str
    chassis: str
    port: str
    description: str = ""
    vlan: int | None = None


class BondReport(Message, frozen=True, kw_only=True):
    """`mode` in the kernel's words; what is of LACP is empty in other modes."""

    mode: str
    active_port: str = ""
    aggregator: int | None = None
    partner_mac: str = ""


class BondPortReport(Message, frozen=True, kw_only=True):
    active: bool
    mii_up: bool
    failures: int = 0
    aggregator: int | None = None
    lacp: str = ""


class LinkCounters(Message, frozen=True, kw_only=True):
    """Since the link was made."""

    rx_bytes: int = 0
    rx_packets: int = 0
    rx_errors: int = 0
    rx_dropped: int = 0
    tx_bytes: int = 0
    tx_packets: int = 0
    tx_errors: int = 0
    tx_dropped: int = 0


class LinkReport(Message, frozen=True, kw_only=True):
    """One interface as it is. `up` was asked for, `carrier` came of it. `kind` is the kernel's word, "ethernet" for a
    NIC. `lldp` None: nobody listens. `troubles` are sentences."""

    name: str
    kind: str
    up: bool
    carrier: bool
    mac: str = ""
    mtu: int = 0
    speed_mbps: int | None = None
    duplex: str = ""
    controller: str = ""
    base: str = ""
    vlan: int | None = None
    addresses: tuple[LinkAddress, ...] = ()
    gateways: tuple[str, ...] = ()
    bond: BondReport | None = None
    bond_port: BondPortReport | None = None
    lldp: tuple[LldpReport, ...] | None = None
    troubles: tuple[str, ...] = ()


class NetworkEvent(Message, frozen=True, kw_only=True):
    """Something that happened; `kind` is a word of netconf.watch.events.EventKind, or one of a newer node. `about` is
    the bond or bridge of a port."""

    kind: str
    description: str = msgspec.field(name="says")
    interface: str = ""
    about: str = ""


class NetworkUpdate(Message, frozen=True, kw_only=True):
    """Of the node's own links, those of VMs left out: in HELLO all that there are, later those that changed and the
    names of those that are `gone`. `drift` says what is not as it was confirmed; None: nobody knows."""

    links: tuple[LinkReport, ...] = ()
    gone: tuple[str, ...] = ()
    events: tuple[NetworkEvent, ...] = ()
    drift: tuple[str, ...] | None = None
