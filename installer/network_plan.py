"""From the network answers to the profiles of the installed node, by netconf's own planning; pure."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from installer.answers import Ip, NetworkAnswers
from installer.reasons import Reason
from installer.sysinfo import Nic, SysInfo
from netconf import errors
from netconf.document import parse
from netconf.kinds import BondMode
from netconf.model import Interface, IpConfig, LinkType, NetworkState
from netconf.networkmanager.profiles import Profile, Wanted, profile
from netconf.planning.completion import complete
from netconf.planning.merge import expected_state
from netconf.planning.order import by_dependency
from netconf.planning.preview import preview
from netconf.screens.layout import NO_BOND, Layout, document, field_of, own_mistakes
from netconf.screens.layout import Ip as LayoutIp

_IPV4 = {Ip.OFF: LayoutIp.OFF, Ip.DHCP: LayoutIp.DHCP, Ip.STATIC: LayoutIp.STATIC, Ip.AUTO: LayoutIp.DHCP}
_IPV6 = {Ip.OFF: LayoutIp.OFF, Ip.DHCP: LayoutIp.DHCP, Ip.STATIC: LayoutIp.STATIC, Ip.AUTO: LayoutIp.AUTO}
# The field of the answers that a field of the layout comes from, where they differ.
_FIELDS = {"address4": "address", "gateway4": "gateway"}


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """`nics` are those chosen, in the order given; `profiles` are in the order of making; `lines` for people."""

    nics: tuple[Nic, ...]
    profiles: tuple[Profile, ...]
    lines: tuple[str, ...]


def plan_network(
    answers: NetworkAnswers, sysinfo: SysInfo, installation_id: str
) -> tuple[NetworkPlan | None, tuple[Reason, ...]]:
    """The plan, or why there is none: everything that is wrong at once."""
    nics, reasons = choose_nics(answers, sysinfo)
    if reasons:
        return None, reasons
    layout = layout_of(answers, nics)
    if mistakes := tuple(own_mistakes(layout)):
        return None, tuple(_reason(_path(finding.path), finding.message) for finding in mistakes)
    observed = NetworkState(interfaces=tuple(map(_observed, sysinfo.nics)))
    try:
        desired = parse(document(layout))
        preview(desired, observed)
    except errors.BadDocument as err:
        return None, tuple(_reason(_path(field_of(layout, found.path)), found.message) for found in err.findings)
    except errors.Refused as err:
        return None, (Reason("network", err.text.what, err.text.why, err.text.mend),)
    made = _profiles(desired, observed, installation_id)
    return NetworkPlan(nics, made, _lines(answers, nics)), ()


def choose_nics(answers: NetworkAnswers, sysinfo: SysInfo) -> tuple[tuple[Nic, ...], tuple[Reason, ...]]:
    """The NICs that the answers name by permanent MAC address or by name, and what is wrong with the others."""
    chosen: list[Nic] = []
    reasons: list[Reason] = []
    there = ", ".join(f"{nic.name} ({nic.mac})" for nic in sysinfo.nics) or "no NIC at all"
    for place, said in enumerate(answers.nics):
        found = [nic for nic in sysinfo.nics if said.lower() == nic.mac or said == nic.name]
        path, what = f"network.nics[{place}]", f"Cannot use the NIC {said}"
        if not found:
            reasons.append(Reason(path, what, "this machine has none of that MAC address or name", f"It has {there}"))
        elif len(found) > 1:
            names = " and ".join(nic.name for nic in found)
            reasons.append(Reason(path, what, f"{names} have the same MAC address", "Name it by its name"))
        elif found[0] in chosen:
            reasons.append(Reason(path, what, "it is named twice", "Name each NIC once"))
        else:
            chosen.append(found[0])
    if not answers.nics:
        reasons.append(Reason("network.nics", "Cannot set up the network", "no NIC is named", f"It has {there}"))
    return tuple(chosen), tuple(reasons)


def layout_of(answers: NetworkAnswers, nics: tuple[Nic, ...]) -> Layout:
    """What netconf's form would hold. Without a bridge: `trivet deploy` puts that over it."""
    several = len(nics) > 1
    return Layout(
        nics=tuple(nic.name for nic in nics),
        bond=answers.bond or (BondMode.ACTIVE_BACKUP if several else NO_BOND),
        vlan=_text(answers.vlan),
        bridge=False,
        mtu=_text(answers.mtu),
        ipv4=_IPV4[answers.ipv4],
        address4=_text(answers.address),
        gateway4=_text(answers.gateway),
        ipv6=_IPV6[answers.ipv6],
        address6=_text(answers.address6),
        gateway6=_text(answers.gateway6),
        dns=" ".join(map(str, answers.dns)),
        search=" ".join(answers.search),
    )


def _profiles(desired: NetworkState, observed: NetworkState, installation_id: str) -> tuple[Profile, ...]:
    wish = complete(desired, observed)
    new = expected_state(wish, observed)
    named = {interface.name for interface in wish.interfaces}
    stack = [
        interface for interface in by_dependency(new.interfaces, controllers_first=True) if interface.name in named
    ]
    return tuple(
        profile(
            Wanted(interface, new),
            change=f"installation {installation_id}",
            uuid=str(uuid5(UUID(installation_id), f"profile {interface.name}")),
        )
        for interface in stack
    )


def _observed(nic: Nic) -> Interface:
    off = IpConfig()
    return Interface(
        nic.name,
        LinkType.ETHERNET,
        mac=nic.mac,
        permanent_mac=nic.mac,
        mtu=1500,
        ipv4=off,
        ipv6=off,
        carrier=nic.carrier,
    )


def _lines(answers: NetworkAnswers, nics: tuple[Nic, ...]) -> tuple[str, ...]:
    names = ", ".join(f"{nic.name} ({nic.mac})" for nic in nics)
    mode = answers.bond or (BondMode.ACTIVE_BACKUP if len(nics) > 1 else "")
    over = f"a bond ({mode}) of {names}" if mode else names
    tag = f"VLAN {answers.vlan} over " if answers.vlan is not None else ""
    mtu = f", MTU {answers.mtu}" if answers.mtu is not None else ""
    addresses = [
        _address_line("IPv4", answers.ipv4, answers.address, answers.gateway),
        _address_line("IPv6", answers.ipv6, answers.address6, answers.gateway6),
    ]
    names_line = [f"Name servers {', '.join(map(str, answers.dns))}"] if answers.dns else []
    return (f"Network: {tag}{over}{mtu}", *(line for line in addresses if line), *names_line)


def _address_line(family: str, ip: Ip, address: object, gateway: object) -> str:
    match ip:
        case Ip.OFF:
            return ""
        case Ip.STATIC:
            return f"{family}: {address}" + (f", gateway {gateway}" if gateway is not None else ", no gateway")
        case Ip.DHCP:
            return f"{family}: by DHCP"
        case Ip.AUTO:
            return f"{family}: by DHCP" if family == "IPv4" else f"{family}: as routers advertise it"


def _path(field: str) -> str:
    return f"network.{_FIELDS.get(field, field)}" if field else "network"


def _reason(path: str, why: str) -> Reason:
    return Reason(path, f"Cannot set up the network: {path}", why, "Correct it")


def _text(value: object) -> str:
    return "" if value is None else str(value)
