"""The section `link-aggregation` of a bond."""

from netconf.document.plain import read_options
from netconf.document.ports import render_ports, why_bad_ports
from netconf.document.reader import Reader, why_bad_name
from netconf.kinds import Bond, BondMode, BondPort
from netconf.options import BOND, BOND_PORT, Pairs, named

_NUMBERED = {str(number): mode for number, mode in enumerate(BondMode)}
_NOT_YET = {"ns_ip6_target", "arp_missed_max", "lacp_active", "balance_slb", "peer_notif_delay"}
_OFF = (("arp_interval", 0), ("arp_validate", "none"), ("priority", 0))  # as they are shown in modes that lack them
_MODES = {option.name: option.modes for option in (*BOND, *BOND_PORT)}


def read_bond(section: Reader) -> Bond:
    named_ports = section.known_as("port", "ports", "slaves")
    section.only({"mode", "options", named_ports, "ports-config"})
    mode = section.word("mode", BondMode, also=_NUMBERED | {"lacp": BondMode.LACP})
    ports = section.texts(named_ports, why_bad_name) if section.has(named_ports) else None
    details = sorted((_port(item, mode) for item in section.sections("ports-config")), key=lambda port: port.name)
    configured = [port.name for port in details]
    if ports is None and section.has("ports-config"):
        ports = tuple(configured)
    elif configured and configured != sorted(ports or ()):
        section.wrong("ports-config", f"does not name the same ports as {named_ports}")
    why_bad_ports(section, named_ports, ports)
    options = section.section("options")
    return Bond(
        mode=mode,
        ports=None if ports is None else tuple(sorted(ports)),
        options=() if options is None else _options(options, mode, ports),
        details=tuple(port for port in details if port != BondPort(port.name)),
    )


def render_bond(bond: Bond) -> dict[str, object]:
    shown: dict[str, object] = {} if bond.mode is None else {"mode": bond.mode.value}
    if bond.options:
        shown["options"] = dict(bond.options)
    shown |= render_ports(bond.ports)
    if bond.details:
        shown["ports-config"] = [{"name": name, **dict(bond.port(name).options)} for name in bond.ports or ()]
    return shown


def _port(section: Reader, mode: BondMode | None) -> BondPort:
    section.only({"name", *named(BOND_PORT)})
    section.required("name")
    found = _meaningful(read_options(section, BOND_PORT), section, mode)
    return BondPort(section.checked("name", why_bad_name) or "", found)


def _options(section: Reader, mode: BondMode | None, ports: tuple[str, ...] | None) -> Pairs:
    section.only(set(named(BOND)), _NOT_YET)
    found = _meaningful(read_options(section, BOND), section, mode)
    said = dict(found)
    if said.get("primary") is not None and ports is not None and said["primary"] not in ports:
        section.wrong("primary", f"{said['primary']} is no port of this bond")
    if said.get("num_grat_arp", 0) != said.get("num_unsol_na", said.get("num_grat_arp", 0)):
        section.wrong("num_unsol_na", "is the same thing as num_grat_arp to the kernel: say the same of both")
    if said.get("miimon") and said.get("arp_interval"):
        section.wrong("arp_interval", "links are watched by miimon or by ARP, not by both")
    if said.get("arp_interval") and not said.get("arp_ip_target"):
        section.wrong("arp_interval", "has to come with the addresses that are asked: arp_ip_target")
    for key in ("updelay", "downdelay"):
        if said.get(key) and said.get("miimon") == 0:
            section.wrong(key, "means nothing without miimon")
    return found


def _meaningful(found: Pairs, section: Reader, mode: BondMode | None) -> Pairs:
    return tuple(pair for pair in found if mode is None or _has_effect(pair, section, mode))


def _has_effect(pair: tuple[str, object], section: Reader, mode: BondMode) -> bool:
    """Whether an option means something in `mode`; says what is wrong unless it is said to be off."""
    modes = _MODES[pair[0]]
    if not modes or mode in modes:
        return True
    if pair not in _OFF:
        section.wrong(pair[0], f"there is no such thing in mode {mode}: only in {', '.join(modes)}")
    return False
