"""A KernelState as the messages in which a kernel would tell of it, in the shape that pyroute2 gives them."""

import socket
from typing import Any

from netconf.kernel.sriov import Functions
from netconf.kernel.state import KernelAddress, KernelRoute, KernelState, Link, RoutingRule

_ROLES = {"IFLA_BOND_PRIMARY"}  # names that are indexes over there
_PERMANENT = 0x80

MOST_VFS = 7
Messages = list[dict[str, Any]]


def messages(state: KernelState) -> tuple[Messages, Messages, Messages, Messages, Messages]:
    """Links, addresses, routes, rules, VLANs of ports."""
    indexes = {link.name: number for number, link in enumerate(state.links, start=1)}
    return (
        [_link(link, indexes) for link in state.links],
        [_address(address, indexes) for address in state.addresses],
        [route(path, indexes) for path in state.routes],
        [rule(choice) for choice in state.rules],
        [_vlans(link, indexes) for link in state.links if link.vlans is not None],
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


def functions(state: KernelState, device: str) -> Functions | None:
    """What sysfs would tell of the PCI device of a NIC."""
    for link in state.links:
        if _device(link.name) == device and link.vfs is not None:
            return Functions(MOST_VFS, tuple(_device(vf(link.name, number)) for number in range(link.vfs)))
    return None


def vf(nic: str, number: int) -> str:
    """The name of a virtual function."""
    return f"{nic}v{number}"


def _device(name: str) -> str:
    return f"pci-{name}"


def _address(address: KernelAddress, indexes: dict[str, int]) -> dict[str, Any]:
    return {
        "index": indexes[address.link],
        "family": _family(address.version),
        "local": address.ip if address.version == 4 else None,
        "address": address.peer or address.ip,
        "prefixlen": address.prefix_length,
        "scope": address.scope,
        "flags": address.flags | (0 if address.lent else _PERMANENT),
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
