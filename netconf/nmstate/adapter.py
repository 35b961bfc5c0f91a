"""What nmstate's lines call differently and what the pure-Python one (0.3) cannot do; the living one (2.2) takes our
documents as they are. Pure: documents in, documents out."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from netconf.document.ip import render_ip
from netconf.document.routes import render_rules
from netconf.errors import BadDocument, Finding
from netconf.model import NetworkState, Rule
from netconf.planning.recreate import differs_inside, inside

_PATH = "/org/freedesktop/NetworkManager/Checkpoint/"
_AUTO = ("auto-dns", "auto-gateway", "auto-routes")
_DEFAULTS = ("0.0.0.0/0", "::/0")
Document = dict[str, Any]


def is_old(version: str) -> bool:
    return version.startswith("0.")


def checkpoint_name(version: str, number: str) -> str:
    """How a line of nmstate calls NetworkManager's checkpoint of that number."""
    return f"NetworkManager|{_PATH}{number}" if is_old(version) else f"{_PATH}{number}"


def adapted(version: str, document: Mapping[str, Any], new: NetworkState, observed: NetworkState) -> Document:
    """`document` in the words of that version; `new` is what the host will be. Raises BadDocument with everything that
    this version cannot do."""
    found = deepcopy(dict(document))
    _leave_out_defaults(found)
    if not is_old(version):
        return found
    findings: list[Finding] = []
    if "route-rules" in found:
        findings += _rules(found, new.rules or ())
    found["interfaces"] += _homes(found, new, observed)
    for number, interface in enumerate(found["interfaces"]):
        _whole(interface, new)
        findings += _pair(interface, f"interfaces[{number}]", new, observed)
        findings += _interface(interface, f"interfaces[{number}]")
        findings += _functions(interface, f"interfaces[{number}]", new, observed)
        findings += _recreated(interface["name"], f"interfaces[{number}]", new, observed)
        findings += _new_mode(interface, f"interfaces[{number}]", observed)
    findings += _routes(found, new)
    if findings:
        raise BadDocument([Finding(f.path, f"{f.message} in nmstate {version}") for f in findings])
    return found


def _leave_out_defaults(document: Document) -> None:
    """These words are younger than the line that knows them; what they say here is so anyway."""
    for interface in document.get("interfaces", ()):
        for section, key, value in (("vlan", "protocol", "802.1q"), ("vxlan", "learning", True)):
            if interface.get(section, {}).get(key) == value:
                del interface[section][key]


_TYPES = {"ethernet", "veth", "bond", "vlan", "linux-bridge", "vxlan", "dummy"}
# Section → key → what it may say, for it is so anyway; any other word cannot be said to 0.3.
_ONLY: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    "ipv4": {
        **dict.fromkeys(("dhcp-client-id", "dhcp-custom-hostname"), lambda value: value == ""),
        "auto-route-metric": lambda value: False,
        "auto-route-table-id": lambda value: False,
        "dhcp-send-hostname": lambda value: value is True,
    },
    "ipv6": {
        **dict.fromkeys(("dhcp-custom-hostname", "dhcp-duid", "token"), lambda value: value == ""),
        "addr-gen-mode": lambda value: value == "eui64",
        "auto-route-metric": lambda value: False,
        "auto-route-table-id": lambda value: False,
        "dhcp-send-hostname": lambda value: value is True,
    },
    "vlan": {"protocol": lambda value: value == "802.1q"},
    "vxlan": {"learning": lambda value: value is True, "local": lambda value: False},
}


def _interface(interface: Document, path: str) -> Iterator[Finding]:
    if interface["state"] == "absent":
        interface.pop("type", None)
        return
    if interface["type"] not in _TYPES:
        yield Finding(f"{path}.type", f"{interface['type']} cannot be made")
    if interface["type"] == "veth":
        interface["type"] = "ethernet"
        interface.pop("veth", None)
    for name, rules in _ONLY.items():
        section = interface.get(name, {})
        for key in [key for key in rules if key in section]:
            if not rules[key](section.pop(key)):
                yield Finding(f"{path}.{name}.{key}", "cannot be said")
    if interface.get("ipv6", {}).get("autoconf") and not interface["ipv6"].get("dhcp"):
        yield Finding(f"{path}.ipv6.autoconf", "without DHCPv6 cannot be had")
    if "vxlan" in interface and "base-iface" not in interface["vxlan"]:
        yield Finding(f"{path}.vxlan.base-iface", "cannot be left out")
    if interface.pop("wait-ip", "any") != "any":
        yield Finding(f"{path}.wait-ip", "cannot be said")
    if "link-aggregation" in interface:
        yield from _bond(interface["link-aggregation"], f"{path}.link-aggregation")
    _default_vlans(interface.get("bridge", {}).get("port", []))
    options = interface.get("bridge", {}).get("options", {})
    if "group-fwd-mask" in options:
        options["group-forward-mask"] = options.pop("group-fwd-mask")
    if options.pop("vlan-default-pvid", 1) != 1:
        yield Finding(f"{path}.bridge.options.vlan-default-pvid", "cannot be said")


def _default_vlans(ports: list[Document]) -> None:
    """Where others filter, a port with nothing to say keeps the VLANs that it had: it is told the default one."""
    if any(port.get("vlan", {}).get("mode") for port in ports):
        for port in ports:
            if port.get("vlan") == {}:
                port["vlan"] = {"mode": "access", "tag": 1}


def _pair(interface: Document, path: str, new: NetworkState, observed: NetworkState) -> Iterator[Finding]:
    """To 0.3 a veth is a NIC, which it neither makes nor takes away."""
    desired, current = new.interface(interface["name"]), observed.interface(interface["name"])
    if current is None and desired is not None and desired.is_pair:
        yield Finding(f"{path}.veth.peer", "a pair of veth cannot be made")
    if current is not None and desired is None and current.is_pair:
        yield Finding(f"{path}.state", "a pair of veth cannot be removed")


def _recreated(name: str, path: str, new: NetworkState, observed: NetworkState) -> Iterator[Finding]:
    """0.3 changes the profile and leaves the interface as it is."""
    desired, current = new.interface(name), observed.interface(name)
    if desired is not None and current is not None and differs_inside(desired, current):
        yield Finding(path, f"{name} is {inside(current)}, which cannot change while it is there")


def _functions(interface: Document, path: str, new: NetworkState, observed: NetworkState) -> Iterator[Finding]:
    """0.3 takes the virtual functions that it sees for desired ones, each with its MAC, unless it is told otherwise;
    and misses one that it is to remove and that went with the number of its NIC."""
    current, said = observed.interface(interface["name"]), interface.pop("ethernet", None)
    if current is not None and current.vf_of is not None and interface["state"] == "absent":
        nics = (state.interface(current.vf_of) for state in (new, observed))
        if len({nic.total_vfs for nic in nics if nic is not None}) > 1:
            yield Finding(
                f"{path}.state", f"{current.name} cannot be removed together with the number of {current.vf_of}"
            )
    if interface["state"] == "absent" or current is None or current.sriov is None:
        return
    if current.total_vfs and not current.sriov.configured:
        yield Finding(path, "virtual functions that no profile asks for cannot be left alone")
    total = current.total_vfs if said is None else said["sr-iov"]["total-vfs"]
    interface["ethernet"] = {"sr-iov": {"total-vfs": total, "vfs": [{"id": number} for number in range(total)]}}


def _new_mode(interface: Document, path: str, observed: NetworkState) -> Iterator[Finding]:
    """0.3 makes a bond anew for another mode, and what stands on it goes with the old one."""
    current = observed.interface(interface["name"])
    mode = interface.get("link-aggregation", {}).get("mode")
    if current is None or current.bond is None or mode in (None, current.bond.mode):
        return
    above = [i.name for i in observed.interfaces if i.base == current.name] + [current.controller or ""]
    for name in filter(None, above):
        yield Finding(f"{path}.link-aggregation.mode", f"cannot change while {name} stands on it")


def _bond(bond: Document, path: str) -> Iterator[Finding]:
    ports = bond.pop("ports-config", [])
    if any(port.get(key) for port in ports for key in ("queue-id", "priority")):
        yield Finding(f"{path}.ports-config", "cannot be said")
    if "port" in bond:
        bond["slaves"] = bond.pop("port")
    options = bond.get("options", {})
    bond["options"] = {key: int(value) if isinstance(value, bool) else value for key, value in options.items()}


def _rules(document: Document, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """0.3 takes the list for all rules that there are to be, and knows none of their other words."""
    listed: list[dict[str, Any]] = render_rules(rules, ())["config"]  # type: ignore[assignment]
    for number, rule in enumerate(listed):
        family = rule.pop("family", None)
        path = f"route-rules.config[{number}]"
        if "ip-from" not in rule and "ip-to" not in rule:
            yield Finding(f"{path}.family", f"a rule for all of {family} cannot be made")
        for key in ("iif", "fwmark", "fwmask", "action"):
            if rule.pop(key, None) is not None:
                yield Finding(f"{path}.{key}", "cannot be said")
    document["route-rules"] = {"config": listed}


def _homes(document: Document, new: NetworkState, observed: NetworkState) -> list[Document]:
    """The interfaces whose profiles carry routes that come, and rules that go: these 0.3 does not touch by itself."""
    tables = {rule.table for rule in observed.rules or () if rule not in (new.rules or ())}
    homes = [route.interface for route in observed.routes or () if "route-rules" in document and route.table in tables]
    homes += [route["next-hop-interface"] for route in _listed(document) if route.get("state") != "absent"]
    named = {interface["name"] for interface in document["interfaces"]}
    found = (new.interface(name) for name in dict.fromkeys(homes) if name not in named)
    return [{"name": i.name, "type": i.type.value, "state": "up"} for i in found if i is not None]


def _whole(interface: Document, new: NetworkState) -> None:
    """Its addresses are said in any case: what 0.3 sees of them lags behind when NetworkManager has just gone back."""
    found = new.interface(interface["name"])
    if found is None or interface["state"] != "up" or found.controller is not None:
        return
    for key, ip, version in (("ipv4", found.ipv4, 4), ("ipv6", found.ipv6, 6)):
        if ip is not None and key not in interface:
            options = tuple(pair for pair in ip.options if pair[0] in _AUTO)
            static = ip.addresses if ip.static else ()
            interface[key] = render_ip(replace(ip, addresses=static, options=options), version)


def _listed(document: Document) -> list[Document]:
    listed: list[Document] = document.get("routes", {}).get("config", [])
    return listed


def _routes(document: Document, new: NetworkState) -> Iterator[Finding]:
    for number, route in enumerate(_listed(document)):
        where = (route.get("destination"), route.get("next-hop-interface"))
        others = [r for r in new.routes or () if (r.destination, r.interface) == where]
        if route.get("state") != "absent" and where[0] in _DEFAULTS and len(others) > 1:
            yield Finding(f"routes.config[{number}].destination", f"a second default route on {where[1]} cannot be had")
        if route.get("state") != "absent" and "next-hop-address" not in route:
            yield Finding(f"routes.config[{number}].next-hop-address", "cannot be left out")
