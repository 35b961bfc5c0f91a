"""A KernelState as the messages in which a kernel would tell of it, in the shape that pyroute2 gives them."""

import socket
from typing import Any

from netconf.kernel.sriov import Functions
from netconf.kernel.state import KernelAddress, KernelRoute, KernelState, Link, RoutingRule

_ROLES = {"IFLA_BOND_PRIMARY"}  # names that are indexes over there
_PERMANENT = 0x80

MOST_VFS = 7
Messages = list[dict[str, Any]]


def messages(picture: KernelState) -> tuple[Messages, Messages, Messages, Messages, Messages]:
    """Links, addresses, routes, rules, VLANs of ports."""
    indexes = {link.name: number for number, link in enumerate(picture.links, start=1)}
    return (
        [_link(link, indexes) for link in picture.links],
        [_address(held, indexes) for held in picture.addresses],
        [route(path, indexes) for path in picture.routes],
        [rule(choice) for choice in picture.rules],
        [_vlans(link, indexes) for link in picture.links if link.vlans is not None],
    )


def _link(link: Link, indexes: dict[str, int]) -> dict[str, Any]:
    data = {key: indexes.get(str(value), 0) if key in _ROLES else value for key, value in link.data.items()}
    if link.kind == "vxlan" and link.base:
        data["IFLA_VXLAN_LINK"] = indexes[link.base]
    info: dict[str, Any] = {"IFLA_INFO_SLAVE_DATA": link.port}
    if link.kind:
        info |= {"IFLA_INFO_KIND": link.kind, "IFLA_INFO_DATA": data}
    found = {"index": indexes[link.name], "ifname": link.name, "flags": int(link.up), "ifi_type": 1, "linkinfo": info}
    found |= {"mtu": link.mtu, "address": link.mac, "carrier": int(link.up)}
    below = link.base or link.peer
    found |= {"link": indexes[below]} if below else {}
    found |= {} if link.kind else {"parent_dev_bus_name": "pci", "parent_dev_name": _device(link.name)}
    return found | ({"master": indexes[link.master]} if link.master else {})


def functions(picture: KernelState, device: str) -> Functions | None:
    """What sysfs would tell of the PCI device of a NIC."""
    for link in picture.links:
        if _device(link.name) == device and link.vfs is not None:
            return Functions(MOST_VFS, tuple(_device(vf(link.name, number)) for number in range(link.vfs)))
    return None


def vf(nic: str, number: int) -> str:
    """The name of a virtual function."""
    return f"{nic}v{number}"


def _device(name: str) -> str:
    return f"pci-{name}"


def _address(held: KernelAddress, indexes: dict[str, int]) -> dict[str, Any]:
    return {
        "index": indexes[held.link],
        "family": _family(held.version),
        "local": held.ip if held.version == 4 else None,
        "address": held.peer or held.ip,
        "prefixlen": held.prefix_length,
        "scope": held.scope,
        "flags": held.flags | (0 if held.lent else _PERMANENT),
    }


def route(path: KernelRoute, indexes: dict[str, int]) -> dict[str, Any]:
    return {
        "family": _family(path.version),
        "oif": indexes.get(path.link, 0),
        "proto": path.protocol,
        "type": path.type,
        "table": path.table,
        "priority": path.metric,
        "dst": path.to or None,
        "dst_len": path.to_length,
        "gateway": path.gateway or None,
    }


def rule(choice: RoutingRule) -> dict[str, Any]:
    fields = {key.removeprefix("FRA_").lower(): value for key, value in choice.fields.items()}
    return {"family": _family(choice.version)} | fields | dict(choice.fields)


def _vlans(link: Link, indexes: dict[str, int]) -> dict[str, Any]:
    entries = [
        ("IFLA_BRIDGE_VLAN_INFO", {"vid": vid, "flags": flags}) for vid, flags in sorted((link.vlans or {}).items())
    ]
    return {"index": indexes[link.name], "af_spec": {"attrs": entries}}


def _family(version: int) -> int:
    return socket.AF_INET if version == 4 else socket.AF_INET6
