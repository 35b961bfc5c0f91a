"""How a host's management network can be laid out by a form, and the document for it; pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_interface

from netconf.errors import Finding
from netconf.kinds import BondMode, Vlan
from netconf.model import Interface, LinkType

NO_BOND = "none"
BOND_MODES = (NO_BOND, *BondMode)
_ANYWHERE = {"4": "0.0.0.0/0", "6": "::/0"}
_LONGEST_NAME = 15  # the kernel's


class Ip(StrEnum):
    """Where addresses come from, in the operator's words."""

    OFF = "off"
    DHCP = "DHCP"
    STATIC = "static"
    AUTO = "automatic"
    ADVERTISED = "router advertisements"
    LINK_LOCAL = "link-local only"


IPV4 = (Ip.DHCP, Ip.STATIC, Ip.OFF)
IPV6 = (Ip.AUTO, Ip.STATIC, Ip.OFF, Ip.ADVERTISED, Ip.DHCP, Ip.LINK_LOCAL)
_SECTIONS: dict[Ip, dict[str, object]] = {
    Ip.OFF: {"enabled": False},
    Ip.DHCP: {"enabled": True, "dhcp": True},
    Ip.AUTO: {"enabled": True, "dhcp": True, "autoconf": True},
    Ip.ADVERTISED: {"enabled": True, "autoconf": True},
    Ip.LINK_LOCAL: {"enabled": True},
}


@dataclass(frozen=True, slots=True)
class Before:
    """The management network that a layout takes the place of: its interfaces from the top down, its gateways and
    whether anything is known about DNS."""

    parts: tuple[Interface, ...] = ()
    gateways: tuple[tuple[str, str], ...] = ()  # destination, next hop
    dns: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The answers of the form as they were typed; names of fields are also those under which mistakes are told.

    One NIC or a bond of several, perhaps a VLAN on it, perhaps a bridge over that; the topmost has the addresses.
    Lists are separated by commas or blanks. An empty `mtu` leaves it as it is.
    """

    nics: tuple[str, ...] = ()
    bond: str = NO_BOND
    vlan: str = ""
    bridge: bool = True
    mtu: str = ""
    ipv4: Ip = Ip.DHCP
    address4: str = ""
    gateway4: str = ""
    ipv6: Ip = Ip.OFF
    address6: str = ""
    gateway6: str = ""
    dns: str = ""
    search: str = ""
    bond_name: str = "bond0"
    bridge_name: str = "ovirtmgmt"
    before: Before = field(default=Before())


def document(layout: Layout) -> dict[str, object]:
    """In nmstate's schema; mistakes in the answers are mistakes in it."""
    interfaces = [entry for _, entry in _stack(layout)]
    made = {entry["name"] for entry in interfaces}
    interfaces += [_let_go(part) for part in layout.before.parts if part.name not in made]
    said: dict[str, object] = {"interfaces": interfaces}
    if routes := _routes(layout, str(interfaces[0]["name"])):
        said["routes"] = {"config": routes}
    if layout.dns or layout.search or layout.before.dns:
        said["dns-resolver"] = {"config": {"server": split_list(layout.dns), "search": split_list(layout.search)}}
    return said


def field_of(layout: Layout, path: str) -> str:
    """The field whose answer stands at `path` in the layout's document; empty for none in particular."""
    for start, name in _PLACES:
        if path.startswith(start):
            return name
    if path.startswith("routes.config["):
        family = list(_gateways(layout))[_index(path) - len(layout.before.gateways)][0]
        return f"gateway{family}"
    if not path.startswith("interfaces["):
        return ""
    stack = _stack(layout)
    role = stack[_index(path)][0] if _index(path) < len(stack) else ""
    rest = path.partition("].")[2]
    return next((name for start, name in _INSIDE if rest.startswith(start)), _OF_ROLE.get(role, ""))


_PLACES = (("dns-resolver.config.server", "dns"), ("dns-resolver.config.search", "search"))
_INSIDE = (
    *(("ipv4.address", "address4"), ("ipv6.address", "address6"), ("ipv4", "ipv4"), ("ipv6", "ipv6"), ("mtu", "mtu")),
    *(("vlan", "vlan"), ("link-aggregation.port", "nics"), ("link-aggregation", "bond")),
)
_OF_ROLE = {"bridge": "bridge", "vlan": "vlan", "bond": "bond", "nic": "nics"}


def own_mistakes(layout: Layout) -> Iterator[Finding]:
    """What is wrong in a layout and yet a good document; each names a field instead of a path."""
    if not layout.nics:
        yield Finding("nics", "choose at least one")
    if len(layout.nics) > 1 and layout.bond == NO_BOND:
        yield Finding("bond", "several NICs need a bond: choose its mode")
    for family, ip, address, gateway in _families(layout):
        if ip is not Ip.STATIC:
            continue
        if not split_list(address):
            yield Finding(f"address{family}", "is missing, as in " + _EXAMPLE[family])
        elif gateway and (why := _why_not_near(gateway, split_list(address))) is not None:
            yield Finding(f"gateway{family}", why)


_EXAMPLE = {"4": "192.0.2.11/24", "6": "2001:db8::11/64"}


def split_list(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _stack(layout: Layout) -> list[tuple[str, dict[str, object]]]:
    """Role and entry of each interface, from the top down; a stand-in where no NIC was chosen."""
    nics = layout.nics or ("nic",)
    below = nics[0]
    stack: list[tuple[str, dict[str, object]]] = [("nic", {"name": name}) for name in nics]
    if layout.bond != NO_BOND:
        bond = {"mode": layout.bond, "port": list(nics)}
        below = layout.bond_name
        stack.insert(0, ("bond", {"name": below, "type": "bond", "link-aggregation": bond}))
    if layout.vlan.strip():
        name = _vlan_name(layout, below)
        vlan = {"base-iface": below, "id": layout.vlan.strip()}
        stack.insert(0, ("vlan", {"name": name, "type": "vlan", "vlan": vlan}))
        below = name
    if layout.bridge:
        inside = {"port": [{"name": below}]}
        stack.insert(0, ("bridge", {"name": layout.bridge_name, "type": "linux-bridge", "bridge": inside}))
    mtu: dict[str, object] = {"mtu": layout.mtu.strip()} if layout.mtu.strip() else {}
    return [
        (role, {**entry, "state": "up", **mtu, **(_ips(layout) if place == 0 else _NO_IPS)})
        for place, (role, entry) in enumerate(stack)
    ]


_NO_IPS = {"ipv4": _SECTIONS[Ip.OFF], "ipv6": _SECTIONS[Ip.OFF]}


def _vlan_name(layout: Layout, base: str) -> str:
    tag = layout.vlan.strip()
    for part in layout.before.parts:
        if isinstance(part.vlan, Vlan) and (part.vlan.base, str(part.vlan.id)) == (base, tag):
            return part.name
    usual = f"{base}.{tag}"
    return usual if len(usual) <= _LONGEST_NAME else f"vlan{tag}"


def _ips(layout: Layout) -> dict[str, object]:
    return {f"ipv{family}": _ip(ip, split_list(address)) for family, ip, address, _ in _families(layout)}


def _ip(ip: Ip, addresses: list[str]) -> dict[str, object]:
    if ip is not Ip.STATIC:
        return _SECTIONS[ip]
    return {"enabled": True, "dhcp": False, "address": [_address(text) for text in addresses]}


def _address(text: str) -> dict[str, object]:
    ip, slash, length = text.partition("/")
    return {"ip": ip, "prefix-length": length} if slash else {"ip": ip}


def _let_go(part: Interface) -> dict[str, object]:
    """What was made for the earlier layout goes; a NIC stays and is only bare."""
    if part.type in (LinkType.ETHERNET, LinkType.VETH):
        return {"name": part.name, **_NO_IPS}
    return {"name": part.name, "type": part.type.value, "state": "absent"}


def _families(layout: Layout) -> tuple[tuple[str, Ip, str, str], ...]:
    return (
        ("4", layout.ipv4, layout.address4, layout.gateway4.strip()),
        ("6", layout.ipv6, layout.address6, layout.gateway6.strip()),
    )


def _gateways(layout: Layout) -> Iterator[tuple[str, str]]:
    return ((family, gateway) for family, ip, _, gateway in _families(layout) if ip is Ip.STATIC and gateway)


def _routes(layout: Layout, top: str) -> list[dict[str, object]]:
    """The earlier gateways go unless they are desired again."""
    old = layout.before.parts[0].name if layout.before.parts else ""
    gone: list[dict[str, object]] = [
        _route(destination, hop, old) | {"state": "absent"} for destination, hop in layout.before.gateways
    ]
    return gone + [_route(_ANYWHERE[family], gateway, top) for family, gateway in _gateways(layout)]


def _route(destination: str, gateway: str, interface: str) -> dict[str, object]:
    return {"destination": destination, "next-hop-address": gateway, "next-hop-interface": interface}


def _why_not_near(gateway: str, addresses: list[str]) -> str | None:
    """None also for what is no address: others tell that."""
    try:
        hop, own = ip_address(gateway), [ip_interface(address) for address in addresses]
    except ValueError:
        return None
    if hop in [address.ip for address in own]:
        return f"{gateway} is the address of this machine itself"
    if hop.is_link_local or any(hop in address.network for address in own):
        return None
    return f"{gateway} is not in {own[0].network}, the network of the address"


def _index(path: str) -> int:
    return int(path.partition("[")[2].partition("]")[0])
