"""The NICs of a node as a host's of the API, and their statistics. Ids are made of the node's and the NIC's name."""

import ipaddress
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from hosted_engine.engine.entity.declaration import Link, Options
from hosted_engine.engine.entity.reported import Reported, Shown
from hosted_engine.engine.networks.model import ClusterNetwork, Network
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.nodes.network import NodeNetwork
from hosted_engine.engine.nodes.network_updates import last_reported
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from node.api.messages.network import LinkAddress, LinkReport

_NAMESPACE = uuid.UUID("6f0f6a0c-7f4e-5a53-9d1b-0c8f3f7e2a11")
_MBPS = 1_000_000  # the API counts bits a second
# VDSM's words for the modes, with the kernel's numbers.
_MODES = {
    "balance-rr": (0, "Round-robin"),
    "active-backup": (1, "Active-Backup"),
    "balance-xor": (2, "Load balance (balance-xor)"),
    "broadcast": (3, "Broadcast"),
    "802.3ad": (4, "Dynamic link aggregation (802.3ad)"),
    "balance-tlb": (5, "Adaptive transmit load balancing (balance-tlb)"),
    "balance-alb": (6, "Adaptive load balancing (balance-alb)"),
}
_BOOT = {"dhcp": "dhcp", "router advertisement": "autoconf", "static": "static"}


def nic_id(node_id: str, name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{node_id}/{name}"))


def _nics(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    """What the node said last; of a silent one what was seen last, and not whether that still is so."""
    node, known = _node(tx, ids), _known(tx, readings, ids)
    networks = _networks(tx, node)
    return {nic_id(node.id, link.name): _nic(node.id, link, known, networks) for link in known.nics()}


def _nic_statistics(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    node, known = _node(tx, ids), _known(tx, readings, ids)
    for link in known.nics():
        if nic_id(node.id, link.name) == ids["nic"]:
            return _statistics(node.id, link.name, known)
    raise NotThere(kind=HOST_NICS.kind, id=ids["nic"])


HOST_NICS = Reported("host NIC", ("HostNics", "HostNic"), frozenset({"host"}), _nics)
HOST_NIC_STATISTICS = Reported("statistic", ("Statistics", "Statistic"), frozenset({"host", "nic"}), _nic_statistics)


def _node(tx: Transaction, ids: Mapping[str, str]) -> Node:
    return found(tx.nodes.get(ids["host"]), "host", ids["host"])


def _known(tx: Transaction, readings: Readings, ids: Mapping[str, str]) -> NodeNetwork:
    return readings.of(ids["host"]).network or last_reported(tx, ids["host"]) or NodeNetwork()


def _networks(tx: Transaction, node: Node) -> Mapping[str, Network]:
    """Those of its cluster by their bridges: other clusters may have others of that name."""
    there = tx.of(ClusterNetwork).list(cluster_id=node.cluster_id)
    return {network.bridge: network for network in tx.networks.find([link.network_id for link in there]).values()}


def _link(node_id: str, name: str) -> Link:
    return Link("", nic_id(node_id, name), path=f"hosts/{node_id}/nics")


def _nic(node_id: str, link: LinkReport, known: NodeNetwork, networks: Mapping[str, Network]) -> Shown:
    """`networks` by the name of their bridge. A NIC below a bridge shows the bridge's addresses, as in oVirt. A status
    that nobody knows is left out, as there: it has no word for that."""
    bridge = known.links.get(link.controller)
    over = bridge if bridge is not None and bridge.kind == "bridge" else None
    addresses, gateways = (link if over is None else over).addresses, (link if over is None else over).gateways
    network = networks.get(link.controller) if over is not None else None
    return {
        "name": link.name,
        "mac": {"address": link.mac} if link.mac else None,
        "mtu": link.mtu,
        "speed": link.speed_mbps * _MBPS if link.speed_mbps else None,
        "status": None if not known.is_current else "up" if link.carrier else "down",
        "bridged": over is not None,
        "custom_configuration": False,
        "ip": _ip(addresses, gateways, 4),
        "ipv6": _ip(addresses, gateways, 6),
        "boot_protocol": _boot(addresses, 4),
        "ipv6_boot_protocol": _boot(addresses, 6),
        "base_interface": link.base or None,
        "vlan": {"id": link.vlan} if link.vlan is not None else None,
        **_bonding(node_id, link, known),
        "ad_aggregator_id": _aggregator(link),
        "host": Link("nodes", node_id),
        "network": Link("networks", network.id) if network is not None else None,
    }


def _aggregator(link: LinkReport) -> int | None:
    return link.bond.aggregator if link.bond else link.bond_port.aggregator if link.bond_port else None


def _bonding(node_id: str, link: LinkReport, known: NodeNetwork) -> dict[str, Any]:
    if link.bond is None:
        return {}
    number, words = _MODES.get(link.bond.mode, (link.bond.mode, link.bond.mode))
    ports = sorted(port.name for port in known.links.values() if port.controller == link.name)
    return {
        "bonding.options": [{"name": "mode", "value": str(number), "type": words}],
        "bonding.slaves": [_link(node_id, name) for name in ports],
        "bonding.active_slave": _link(node_id, link.bond.active_port) if link.bond.active_port else None,
        "bonding.ad_partner_mac": {"address": link.bond.partner_mac} if link.bond.partner_mac else None,
    }


def _ip(addresses: Iterable[LinkAddress], gateways: Iterable[str], version: int) -> dict[str, Any] | None:
    """The first one that is not link-local."""
    first = next((a for a in addresses if _version(a) == version and a.origin != "link-local"), None)
    if first is None:
        return None
    address = ipaddress.ip_interface(first.address)
    gateway = next((ip for ip in gateways if ipaddress.ip_address(ip.split(", ")[0]).version == version), None)
    netmask = str(address.netmask) if version == 4 else str(address.network.prefixlen)
    return {"address": str(address.ip), "netmask": netmask, "gateway": gateway, "version": f"v{version}"}


def _boot(addresses: Iterable[LinkAddress], version: int) -> str:
    origins = {a.origin for a in addresses if _version(a) == version} & _BOOT.keys()
    if origins >= {"dhcp", "router advertisement"}:
        return "poly_dhcp_autoconf"
    return _BOOT[sorted(origins)[0]] if origins else "none"


def _version(address: LinkAddress) -> int:
    return 6 if ":" in address.address else 4


_COUNTED = (
    ("data.total.rx", "Total received data", "bytes", "rx_bytes"),
    ("data.total.tx", "Total transmitted data", "bytes", "tx_bytes"),
    ("errors.total.rx", "Total receive errors", "none", "rx_errors"),
    ("errors.total.tx", "Total transmit errors", "none", "tx_errors"),
)
_RATED = (
    ("data.current.rx", "Receive data rate", "bytes_per_second", "rx", 1),
    ("data.current.tx", "Transmit data rate", "bytes_per_second", "tx", 1),
    ("data.current.rx.bps", "Receive data rate", "bits_per_second", "rx", 8),
    ("data.current.tx.bps", "Transmit data rate", "bits_per_second", "tx", 8),
)


def _statistics(node_id: str, name: str, known: NodeNetwork) -> Mapping[str, Shown]:
    """Names, units and kinds are those of oVirt; nothing is said of what the node has not counted yet."""
    counters, rates = known.counters.get(name), known.rates.get(name)
    rated = [(n, d, "gauge", "decimal", u, getattr(rates, key) * by) for n, d, u, key, by in _RATED if rates]
    counted = [(n, d, "counter", "integer", u, getattr(counters, key)) for n, d, u, key in _COUNTED if counters]
    return {
        nic_id(nic_id(node_id, name), statistic): {
            "name": statistic,
            "description": description,
            "kind": kind,
            "type": type_,
            "unit": unit,
            "values": [{"datum": value}],
            "host_nic": _link(node_id, name),
        }
        for statistic, description, kind, type_, unit, value in (*rated, *counted)
    }
