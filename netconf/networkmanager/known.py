"""What only NetworkManager knows of an interface, from the profile that is active on it; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address

from dbus_fast import Variant

from netconf.kinds import LldpNeighbour
from netconf.model import Interface, IpConfig, WaitIp
from netconf.networkmanager.profiles import DESCRIPTION, Settings
from netconf.options import Flag, Number, OneOf, Option, Pairs, Text, Token, Value, ip_options, pairs

_ASKS = ("auto", "dhcp")


@dataclass(frozen=True, slots=True)
class Known:
    """Whether it asks for addresses and what of those it gets it takes; `sriov` is the number of virtual functions
    that it sets, with `makes_pair` it makes a pair of veth."""

    method4: str = ""
    method6: str = ""
    options4: Pairs = ()
    options6: Pairs = ()
    wait_ip: WaitIp | None = None
    lldp: bool = False
    description: str | None = None
    neighbours: tuple[LldpNeighbour, ...] = ()
    sriov: int | None = None
    makes_pair: bool = False


def known(settings: Settings, neighbours: Iterable[Mapping[str, Variant]] = ()) -> Known:
    """`neighbours` is the property LldpNeighbors of its device."""
    connection, user = settings.get("connection", {}), settings.get("user", {})
    marks = user["data"].value if "data" in user else {}
    lldp = connection["lldp"].value if "lldp" in connection else 0
    return Known(
        method4=_method(settings, "ipv4"),
        method6=_method(settings, "ipv6"),
        options4=_options(settings.get("ipv4", {}), 4),
        options6=_options(settings.get("ipv6", {}), 6),
        wait_ip=_wait_ip(settings),
        lldp=lldp == 1,
        description=marks.get(DESCRIPTION),
        neighbours=tuple(sorted(neighbour(one) for one in neighbours)),
        sriov=_functions(settings),
        makes_pair="veth" in settings,
    )


def with_known(interface: Interface, profile: Known) -> Interface:
    """The kernel knows only whether some addresses came, not whether they are asked for. A profile may say what to wait
    for where there is nothing: NetworkManager's own of a NIC that became a port without it does."""
    v4, v6 = interface.ipv4 or IpConfig(), interface.ipv6 or IpConfig()
    asks4, asks6 = profile.method4 == "auto", profile.method6 in _ASKS
    v4 = replace(v4, dhcp=asks4, enabled=v4.enabled or asks4, options=profile.options4)
    v6 = replace(
        v6, dhcp=asks6, autoconf=profile.method6 == "auto", enabled=v6.enabled or asks6, options=profile.options6
    )
    return replace(
        interface,
        ipv4=v4,
        ipv6=v6,
        wait_ip=profile.wait_ip if v4.enabled or v6.enabled else None,
        lldp=profile.lldp,
        description=profile.description,
        neighbours=profile.neighbours,
        sriov=interface.sriov and replace(interface.sriov, asked=profile.sriov),
    )


def _method(settings: Settings, group: str) -> str:
    method = settings.get(group, {}).get("method")
    return "" if method is None else str(method.value)


def _functions(settings: Settings) -> int | None:
    """How many virtual functions it asks for: none, unless it says more than that there are such."""
    said = settings.get("sriov", {}).get("total-vfs")
    return (0 if said is None else int(said.value)) if "sriov" in settings else None


def _wait_ip(settings: Settings) -> WaitIp | None:
    """None when not both are said, as of a port."""
    groups = [settings[key] for key in ("ipv4", "ipv6") if key in settings]
    needed = ["may-fail" in group and not group["may-fail"].value for group in groups]
    return WaitIp.of(*needed) if len(needed) == 2 else None


def _options(group: Mapping[str, object], version: int) -> Pairs:
    found = {}
    for option in ip_options(version):
        value = _value(option, getattr(group.get(option.nm.removeprefix("-")), "value", None))
        if value is not None:
            found[option.name] = value
    return pairs(found)


def _value(option: Option, value: object) -> Value | None:
    match option.kind:
        case Flag() if value is None:
            return option.default
        case Flag():
            return bool(value) is not option.nm.startswith("-")
        case OneOf(words) if isinstance(value, int) and 0 <= value < len(words):
            return words[value]
        case Text(nm_values=words) if isinstance(value, str) and value:
            return next((ours for ours, theirs in words.items() if theirs == value), value)
        case Token() if isinstance(value, str) and value:
            return str(ip_address(value))
        case Number(low, _) if isinstance(value, int) and value >= max(low, 1):
            return value
        case _:
            return None


def neighbour(entry: Mapping[str, Variant]) -> LldpNeighbour:
    """Of an entry of the property LldpNeighbors."""

    def word(key: str) -> str:
        return str(entry[key].value) if key in entry else ""

    return LldpNeighbour(
        system=word("system-name"),
        chassis=word("chassis-id"),
        port=word("port-id"),
        description=word("port-description"),
        vlan=int(entry["ieee-802-1-pvid"].value) if "ieee-802-1-pvid" in entry else None,
    )
