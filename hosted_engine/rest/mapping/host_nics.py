"""The NICs of a node as a host's of the API, and their statistics. Ids are made of the node's and the NIC's name."""

import ipaddress
import uuid
from collections.abc import Iterable, Mapping

from hosted_engine.engine.networks.model import Network
from hosted_engine.engine.nodes.network import NodeNetwork
from hosted_engine.rest.mapping.refs import ref, ref_or_none
from hosted_engine.rest.media.wire import Wire
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


def host_nic_to_wire(node_id: str, link: LinkReport, known: NodeNetwork, networks: Mapping[str, Network]) -> Wire:
    """`networks` by the name of their bridge. A NIC below a bridge shows the bridge's addresses, as in oVirt. A status
    that nobody knows is left out, as there: it has no word for that."""
    bridge = known.links.get(link.controller)
    over = bridge if bridge is not None and bridge.kind == "bridge" else None
    addresses, gateways = (link if over is None else over).addresses, (link if over is None else over).gateways
    network = networks.get(link.controller) if over is not None else None
    return {
        **ref("hosts", node_id, "nics", nic_id(node_id, link.name)),
        "name": link.name,
        "mac": {"address": link.mac} if link.mac else None,
        "mtu": link.mtu,
        "speed": link.speed_mbps * _MBPS if link.speed_mbps else None,
        "status": None if not known.heard else "up" if link.carrier else "down",
        "bridged": over is not None,
        "custom_configuration": False,
        "ip": _ip(addresses, gateways, 4),
        "ipv6": _ip(addresses, gateways, 6),
        "boot_protocol": _boot(addresses, 4),
        "ipv6_boot_protocol": _boot(addresses, 6),
        "base_interface": link.base or None,
        "vlan": {"id": link.vlan} if link.vlan is not None else None,
        "bonding": _bonding(node_id, link, known),
        "ad_aggregator_id": _aggregator(link),
        "host": ref("hosts", node_id),
        "network": ref_or_none("networks", network.id if network is not None else None),
    }


def _aggregator(link: LinkReport) -> int | None:
    return link.bond.aggregator if link.bond else link.bond_port.aggregator if link.bond_port else None


def _bonding(node_id: str, link: LinkReport, known: NodeNetwork) -> Wire | None:
    if link.bond is None:
        return None

    def nic(name: str) -> Wire:
        return ref("hosts", node_id, "nics", nic_id(node_id, name))

    number, words = _MODES.get(link.bond.mode, (link.bond.mode, link.bond.mode))
    ports = sorted(port.name for port in known.links.values() if port.controller == link.name)
    return {
        "options": [{"name": "mode", "value": str(number), "type": words}],
        "slaves": [nic(name) for name in ports],
        "active_slave": nic(link.bond.active_port) if link.bond.active_port else None,
        "ad_partner_mac": {"address": link.bond.partner_mac} if link.bond.partner_mac else None,
    }


def _ip(addresses: Iterable[LinkAddress], gateways: Iterable[str], version: int) -> Wire | None:
    """The first one that is not link-local."""
    found = next((a for a in addresses if _version(a) == version and a.origin != "link-local"), None)
    if found is None:
        return None
    address = ipaddress.ip_interface(found.address)
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


def statistics_to_wire(node_id: str, name: str, known: NodeNetwork) -> list[Wire]:
    """Names, units and kinds are those of oVirt; nothing is said of what the node has not counted yet."""
    nic = nic_id(node_id, name)
    counters, rates = known.counters.get(name), known.rates.get(name)
    rated = [(n, d, "gauge", "decimal", u, getattr(rates, key) * by) for n, d, u, key, by in _RATED if rates]
    counted = [(n, d, "counter", "integer", u, getattr(counters, key)) for n, d, u, key in _COUNTED if counters]
    return [
        {
            **ref("hosts", node_id, "nics", nic, "statistics", nic_id(nic, name)),
            "name": name,
            "description": description,
            "kind": kind,
            "type": type_,
            "unit": unit,
            "values": [{"datum": value}],
            "host_nic": ref("hosts", node_id, "nics", nic),
        }
        for name, description, kind, type_, unit, value in (*rated, *counted)
    ]
