"""The configurations that are tried, each wrong in its own way, on a machine that has its address on ovirtmgmt."""

from typing import Any

from tests.integration.lockout.entries import Document
from tests.integration.lockout.node import ADDRESS
from tests.integration.lockout.site import GATEWAY, GATEWAY_MAC, TAKEN

OFF = {"enabled": False}
NOBODY = "192.0.2.77"


def ipv4(ip: str = ADDRESS, length: int = 24) -> dict[str, Any]:
    return {"enabled": True, "address": [{"ip": ip, "prefix-length": length}]}


def interfaces(*found: dict[str, Any]) -> dict[str, Any]:
    return {"interfaces": list(found)}


def routed_by(name: str) -> dict[str, Any]:
    default = {"destination": "0.0.0.0/0", "next-hop-address": GATEWAY, "next-hop-interface": name}
    return {"routes": {"config": [default]}}


def bridge(name: str = "ovirtmgmt", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "linux-bridge", "state": "up", **more}


def ports(*names: str) -> dict[str, Any]:
    return {"port": [{"name": name} for name in names]}


def nic(name: str = "host0", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "ethernet", "state": "up", **more}


def default_by(next_hop: str) -> dict[str, Any]:
    """The default route over another gateway, and not over the real one."""
    base = {"destination": "0.0.0.0/0", "next-hop-interface": "ovirtmgmt"}
    return {
        "config": [{**base, "next-hop-address": GATEWAY, "state": "absent"}, {**base, "next-hop-address": next_hop}]
    }


def gone(name: str, kind: str = "linux-bridge") -> dict[str, Any]:
    return {"name": name, "type": kind, "state": "absent"}


MORE_ADDRESS = "192.0.2.111"
_TWO = [{"ip": ADDRESS, "prefix-length": 24}, {"ip": MORE_ADDRESS, "prefix-length": 24}]
TWO_ADDRESSES = {"enabled": True, "address": _TWO}
GOOD = interfaces(bridge(ipv4=TWO_ADDRESSES))
TO_NIC = interfaces(gone("ovirtmgmt"), nic(ipv4=ipv4(), ipv6=OFF)) | routed_by("host0")
TO_BRIDGE = interfaces(bridge(bridge=ports("host0"), ipv4=ipv4(), ipv6=OFF), nic(ipv4=OFF, ipv6=OFF)) | routed_by(
    "ovirtmgmt"
)

BAD_DOCUMENTS: dict[str, Document] = {
    "gateway that nobody is": {"routes": default_by(NOBODY)},
    "gateway outside the prefix": {"routes": default_by("203.0.113.1")},
    "gateway is the machine itself": {"routes": default_by(ADDRESS)},
    "default route removed": {"routes": {"config": [{"next-hop-interface": "ovirtmgmt", "state": "absent"}]}},
    "prefix of 4 bits": interfaces(bridge(ipv4=ipv4("192.0.2.11", 4))),
    "duplicate address": interfaces(bridge(ipv4=ipv4(TAKEN))),
    "the gateway's address": interfaces(bridge(ipv4=ipv4(GATEWAY))),
    "address of another network": interfaces(bridge(ipv4=ipv4("203.0.113.11"))),
    "no address": interfaces(bridge(ipv4=OFF)),
    "MTU beyond the path's": interfaces(bridge(mtu=9000), nic(mtu=9000)),
    "MTU beyond the NIC's": interfaces(bridge(mtu=70000), nic(mtu=70000)),
    "NIC taken from its bridge": interfaces(bridge(bridge=ports())),
    "NIC put into another bridge": interfaces(bridge(bridge=ports()), bridge("br9", bridge=ports("host0"))),
    "management bridge removed": interfaces(gone("ovirtmgmt")),
    "NIC down": interfaces(nic(state="down")),
    "rule that drops what leaves": {
        "route-rules": {"config": [{"ip-from": f"{ADDRESS}/32", "priority": 50, "action": "blackhole"}]}
    },
    "the gateway's MAC": interfaces(bridge(**{"mac-address": GATEWAY_MAC})),
    "typos and unknown keys": interfaces(
        {"name": "ovirtmgmt", "type": "linux-brige", "stat": "up", "ipv4": {"enabled": "yes", "adress": []}}
    ),
    "contradictions": interfaces(
        bridge(bridge=ports("host0"), ipv4=ipv4()), bridge("br9", bridge=ports("host0")), gone("host0", "ethernet")
    ),
}
