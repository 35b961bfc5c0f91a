"""The inside of bridges, bonds, VLANs, VXLANs and VRFs, out of the kernel's messages; pure."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from netconf.kinds import (
    Bond,
    BondMode,
    BondPort,
    Bridge,
    BridgePort,
    PortMode,
    PortVlan,
    Vlan,
    VlanProtocol,
    Vrf,
    Vxlan,
    merged,
)
from netconf.options import BOND, BOND_PORT, BRIDGE, BRIDGE_PORT, STP, Name, Option, Pairs, from_kernel, of_mode, pairs

_USER_HZ = 100  # the kernel counts a bridge's times in these on every architecture Debian has
# From linux/if_bridge.h and linux/if_ether.h.
_PVID, _UNTAGGED = 0x2, 0x4
_RANGE_BEGIN, _RANGE_END = 0x8, 0x10
_ETH_P_8021AD = 0x88A8


class Message(Protocol):
    """A netlink message of pyroute2: `get` finds attributes by their short name as well as header fields."""

    def get(self, key: str, /) -> object: ...


def nested(message: Message, *keys: str) -> object:
    value: object = message
    for key in keys:
        value = value.get(key) if hasattr(value, "get") else None
    return value


def number(value: object) -> int:
    return value if isinstance(value, int) else 0


def bridge(link: Message, ports: Mapping[str, Message], vlans: Mapping[int, PortVlan]) -> Bridge:
    """`ports` by name, `vlans` by index of a port as `port_vlans` finds them."""
    data = nested(link, "linkinfo", "IFLA_INFO_DATA")
    found = vlans if _of(data, "IFLA_BR_VLAN_FILTERING") else {}
    details = (
        BridgePort(name, found.get(number(port.get("index"))), _options(BRIDGE_PORT, _inside(port)))
        for name, port in sorted(ports.items())
    )
    return Bridge(
        ports=tuple(sorted(ports)),
        stp=bool(_of(data, "IFLA_BR_STP_STATE")),
        forward_delay_s=number(_of(data, "IFLA_BR_FORWARD_DELAY")) // _USER_HZ,
        options=_options((*BRIDGE, *STP), data),
        details=tuple(port for port in details if port != BridgePort(port.name)),
    )


def bond(link: Message, ports: Mapping[str, Message], names: Mapping[int, str]) -> Bond:
    """`ports` by name."""
    data = nested(link, "linkinfo", "IFLA_INFO_DATA")
    mode = _of(data, "IFLA_BOND_MODE")
    modes = tuple(BondMode)
    known = modes[mode] if isinstance(mode, int) and mode < len(modes) else None
    options = dict(_options(of_mode(BOND, known), data))
    primary = names.get(number(_of(data, "IFLA_BOND_PRIMARY")))
    if primary is not None:
        options["primary"] = primary
    details = (
        BondPort(name, _options(of_mode(BOND_PORT, known), _inside(port))) for name, port in sorted(ports.items())
    )
    return Bond(known, tuple(sorted(ports)), pairs(options), tuple(port for port in details if port.options))


def vlan(link: Message, names: Mapping[int, str]) -> Vlan:
    data = nested(link, "linkinfo", "IFLA_INFO_DATA")
    ad = _of(data, "IFLA_VLAN_PROTOCOL") == _ETH_P_8021AD
    protocol = VlanProtocol.IEEE_802_1AD if ad else VlanProtocol.IEEE_802_1Q
    return Vlan(names.get(number(link.get("link")), ""), number(_of(data, "IFLA_VLAN_ID")), protocol)


def vxlan(link: Message, names: Mapping[int, str]) -> Vxlan:
    data = nested(link, "linkinfo", "IFLA_INFO_DATA")
    remote = _of(data, "IFLA_VXLAN_GROUP") or _of(data, "IFLA_VXLAN_GROUP6")
    local = _of(data, "IFLA_VXLAN_LOCAL") or _of(data, "IFLA_VXLAN_LOCAL6")
    return Vxlan(
        id=number(_of(data, "IFLA_VXLAN_ID")),
        base=names.get(number(_of(data, "IFLA_VXLAN_LINK")), ""),
        remote=remote if isinstance(remote, str) else None,
        local=local if isinstance(local, str) else None,
        port=number(_of(data, "IFLA_VXLAN_PORT")),
        learning=bool(_of(data, "IFLA_VXLAN_LEARNING")),
    )


def vrf(link: Message, ports: Iterable[str]) -> Vrf:
    return Vrf(number(nested(link, "linkinfo", "IFLA_INFO_DATA", "IFLA_VRF_TABLE")), tuple(sorted(ports)))


def port_vlans(entries: Iterable[Message], defaults: Mapping[int, int]) -> dict[int, PortVlan]:
    """Index of each port → its VLANs, from a dump of AF_BRIDGE; `defaults`: the default VLAN of its bridge."""
    found: dict[int, PortVlan] = {}
    for entry in entries:
        index = number(entry.get("index"))
        if index in defaults:
            ranges = list(_ranges(nested(entry, "af_spec")))
            found[index] = _port_vlan(ranges, defaults[index])
    return found


def _port_vlan(ranges: list[tuple[int, int, int]], default: int) -> PortVlan:
    """`ranges` are low, high and flags. That the default VLAN passes without tags is nothing to tell of."""
    pvid = next((low for low, _, flags in ranges if flags & _PVID), None)
    tagged = [(low, high) for low, high, flags in ranges if not flags & _UNTAGGED]
    own = None if pvid == default or any(low <= (pvid or 0) <= high for low, high in tagged) else pvid
    if tagged:
        return PortVlan(PortMode.TRUNK, own, own is not None, merged(tagged))
    return PortVlan() if own is None else PortVlan(PortMode.ACCESS, own)


def _ranges(spec: object) -> Iterable[tuple[int, int, int]]:
    """The kernel gives the ends of a range in two entries."""
    begin = 0
    attributes = _of(spec, "attrs")
    for name, value in attributes if isinstance(attributes, list) else ():
        if name != "IFLA_BRIDGE_VLAN_INFO":
            continue
        vid, flags = number(value["vid"]), number(value["flags"])
        if flags & _RANGE_BEGIN:
            begin = vid
        else:
            yield (begin if flags & _RANGE_END else vid), vid, flags


def _inside(port: Message) -> object:
    return nested(port, "linkinfo", "IFLA_INFO_SLAVE_DATA")


def _of(data: object, key: str) -> object:
    return data.get(key) if hasattr(data, "get") else None


def _options(options: Iterable[Option], data: object) -> Pairs:
    found = {o.name: from_kernel(o, _of(data, o.attribute)) for o in options if not isinstance(o.kind, Name)}
    return pairs({name: value for name, value in found.items() if value is not None})


def port_table(vlan: PortVlan, default: int) -> dict[int, int]:
    """The other way round: VLAN → its flags, on a bridge whose default VLAN is `default` (0: none)."""
    own = vlan.tag if vlan.mode is PortMode.ACCESS or vlan.native else None
    found = {default: _UNTAGGED | (0 if own else _PVID)} if default else {}
    for low, high in vlan.trunk:
        found |= dict.fromkeys(range(low, high + 1), 0)
    return found | ({own: _PVID | _UNTAGGED} if own else {})
