"""The section `bridge` of a linux-bridge."""

from itertools import pairwise

from netconf.document.plain import read_options
from netconf.document.ports import why_bad_ports
from netconf.document.reader import Reader, why_bad_name
from netconf.kinds import Bridge, BridgePort, PortMode, PortVlan, merged
from netconf.options import BRIDGE, BRIDGE_PORT, STP, named, pairs

_OPTIONS_NOT_YET = {
    *("group-addr", "hash-max", "multicast-last-member-count", "multicast-last-member-interval"),
    *("multicast-membership-interval", "multicast-querier", "multicast-querier-interval", "multicast-query-interval"),
    *("multicast-query-response-interval", "multicast-query-use-ifaddr", "multicast-router"),
    *("multicast-startup-query-count", "multicast-startup-query-interval"),
}
_SHOWN = {"gc-timer", "hello-timer"}  # they run, nobody sets them
_LAST_ID = 4094


def read_bridge(section: Reader) -> Bridge:
    key = section.known_as("port", "ports", "slaves")
    section.only({key, "options"})
    ports = tuple(_port(item) for item in section.sections(key))
    why_bad_ports(section, key, (port.name for port in ports))
    ordered = tuple(sorted(ports, key=lambda port: port.name))
    names = tuple(port.name for port in ordered) if section.has(key) else None
    details = tuple(port for port in ordered if port != BridgePort(port.name))
    options = section.section("options")
    if options is None:
        return Bridge(names, details=details)
    renamed = options.known_as("group-fwd-mask", "group-forward-mask")
    options.only({*named(BRIDGE), *_SHOWN, renamed, "stp", "vlan-protocol"}, _OPTIONS_NOT_YET)
    options.not_yet("vlan-protocol", unless=("802.1q",))
    found = dict(read_options(options, BRIDGE))
    if renamed != "group-fwd-mask" and (mask := options.number(renamed, 0, 65535)) is not None:
        found["group-fwd-mask"] = mask
    stp = options.section("stp")
    if stp is None:
        return Bridge(names, options=pairs(found), details=details)
    stp.only({"enabled", "forward-delay", *named(STP)})
    return Bridge(
        ports=names,
        stp=stp.flag("enabled"),
        forward_delay_s=stp.number("forward-delay", 0, 30),
        options=pairs(found | dict(read_options(stp, STP))),
        details=details,
    )


def render_bridge(bridge: Bridge) -> dict[str, object]:
    shown: dict[str, object] = {}
    if bridge.ports is not None:
        shown["port"] = [_render_port(bridge.port(name)) for name in bridge.ports]
    stp: dict[str, object] = {"enabled": bridge.stp, "forward-delay": bridge.forward_delay_s}
    stp |= {name: value for name, value in bridge.options if name in named(STP)}
    options: dict[str, object] = {name: value for name, value in bridge.options if name in named(BRIDGE)}
    if known := {key: value for key, value in stp.items() if value is not None}:
        options["stp"] = known
    return shown | ({"options": options} if options else {})


def _port(section: Reader) -> BridgePort:
    section.only({"name", "vlan", *named(BRIDGE_PORT)})
    section.required("name")
    vlan = section.section("vlan")
    return BridgePort(
        name=section.checked("name", why_bad_name) or "",
        vlan=None if vlan is None else _vlan(vlan),
        options=read_options(section, BRIDGE_PORT),
    )


def _vlan(section: Reader) -> PortVlan:
    section.only({"mode", "tag", "enable-native", "trunk-tags"})
    mode = section.word("mode", PortMode)
    tag, native = section.number("tag", 1, _LAST_ID), section.flag("enable-native") or False
    ranges = [_range(item) for item in section.sections("trunk-tags")]
    _apart(section, ranges, tag if native else None)
    if mode is None:
        if section.has("tag") or section.has("trunk-tags"):
            section.wrong("mode", "is missing: access or trunk")
        return PortVlan()
    if mode is PortMode.ACCESS:
        if ranges:
            section.wrong("trunk-tags", "an access port has none: choose the mode trunk")
        if native:
            section.wrong("enable-native", "an access port has no other VLAN than its own")
        if tag is None and not section.has("tag"):
            section.wrong("tag", "is missing: the VLAN of this access port")
        return PortVlan(mode, tag)
    if not section.has("trunk-tags"):
        section.wrong("trunk-tags", "is missing: the VLANs of this trunk")
    if native and tag is None:
        section.wrong("tag", "is missing: the VLAN of frames without a tag")
    if tag is not None and not native:
        section.wrong("tag", "means nothing in a trunk without enable-native")
    return PortVlan(mode, tag, native, merged(ranges))


def _apart(section: Reader, ranges: list[tuple[int, int]], tag: int | None) -> None:
    """A VLAN that is named twice is most likely another one, mistyped."""
    for number, (low, high) in enumerate(ranges):
        if tag is not None and low <= tag <= high:
            says = f"{_format_range(low, high)} holds {tag}, the VLAN of frames without a tag: name it once"
            section.wrong(f"trunk-tags[{number}]", says)
    ordered = sorted(enumerate(ranges), key=lambda pair: pair[1])
    for (_, (first, last)), (number, (low, high)) in pairwise(ordered):
        if low <= last:
            says = f"{_format_range(low, high)} overlaps {_format_range(first, last)}: name each VLAN once"
            section.wrong(f"trunk-tags[{number}]", says)


def _format_range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def _range(section: Reader) -> tuple[int, int]:
    section.only({"id", "id-range"})
    both = section.section("id-range")
    if both is None:
        one = section.number("id", 1, _LAST_ID)
        if not section.has("id"):
            section.wrong("id", "is missing")
        return (one or 1, one or 1)
    if section.has("id"):
        section.wrong("id", "stands beside id-range: keep one of the two")
    both.only({"min", "max"})
    low, high = both.number("min", 1, _LAST_ID), both.number("max", 1, _LAST_ID)
    for key in ("min", "max"):
        if not both.has(key):
            both.wrong(key, "is missing")
    if low is not None and high is not None and low > high:
        both.wrong("max", f"is smaller than min, {low}")
    return (low or 1, high or 1)


def _render_port(port: BridgePort) -> dict[str, object]:
    shown: dict[str, object] = {"name": port.name, **dict(port.options)}
    return shown if port.vlan is None else shown | {"vlan": _render_vlan(port.vlan)}


def _render_vlan(vlan: PortVlan) -> dict[str, object]:
    if vlan.mode is None:
        return {}
    shown: dict[str, object] = {"mode": vlan.mode.value}
    if vlan.tag is not None:
        shown["tag"] = vlan.tag
    if vlan.mode is PortMode.TRUNK:
        tags = [{"id": low} if low == high else {"id-range": {"min": low, "max": high}} for low, high in vlan.trunk]
        shown |= {"enable-native": vlan.native, "trunk-tags": tags}
    return shown
