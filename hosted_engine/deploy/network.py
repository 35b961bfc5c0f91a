"""The management network of a node: what it should be, and whether it is so. No IO."""

from collections.abc import Mapping

import msgspec

from hosted_engine.deploy.answers import Answers, NodeAnswers
from node.api.messages.network import NetworkRequest

CONFIRM_S = 45  # a deploy that dies before it confirms has to wait that long when it is run again


def wish(answers: Answers, node: NodeAnswers) -> NetworkRequest:
    """The management network of `node`: a bridge that takes over the address of its network card."""
    bridge = answers.management_network
    address = {"ip": str(node.address.ip), "prefix-length": node.address.network.prefixlen}
    document: dict[str, object] = {
        "interfaces": [
            {
                "name": bridge,
                "type": "linux-bridge",
                "state": "up",
                "ipv4": {"enabled": True, "dhcp": False, "address": [address]},
                "bridge": {"options": {"stp": {"enabled": False}}, "port": [{"name": node.nic}]},
            },
            {"name": node.nic, "state": "up", "ipv4": {"enabled": False}, "ipv6": {"enabled": False}},
        ]
    }
    return _request(document | _surroundings(answers, bridge))


def wish_back(answers: Answers, node: NodeAnswers) -> NetworkRequest:
    """The network of `node` without the bridge: the address of the answers on its network card."""
    address = {"ip": str(node.address.ip), "prefix-length": node.address.network.prefixlen}
    document: dict[str, object] = {
        "interfaces": [
            {"name": answers.management_network, "type": "linux-bridge", "state": "absent"},
            {"name": node.nic, "state": "up", "ipv4": {"enabled": True, "dhcp": False, "address": [address]}},
        ]
    }
    return _request(document | _surroundings(answers, node.nic))


def nothing() -> NetworkRequest:
    """Takes back a change that nobody confirmed."""
    return _request({})


def has_bridge(answers: Answers, document: Mapping[str, object]) -> bool:
    """Whether there is a bridge of the management network's name."""
    bridge = answers.management_network
    return any(one.name == bridge for one in msgspec.convert(document, _Document).interfaces)


def _request(document: dict[str, object]) -> NetworkRequest:
    """The site's name servers may be VMs that it does not have yet."""
    return NetworkRequest(document=document, confirm_within_s=CONFIRM_S, without_name_servers=True)


def _surroundings(answers: Answers, interface: str) -> dict[str, object]:
    """Default route and DNS servers, over `interface`."""
    found: dict[str, object] = {}
    if answers.gateway is not None:
        hop = str(answers.gateway)
        route = {"destination": "0.0.0.0/0", "next-hop-address": hop, "next-hop-interface": interface}
        found["routes"] = {"config": [route]}
    if answers.dns:
        found["dns-resolver"] = {"config": {"server": [str(server) for server in answers.dns]}}
    return found


def is_so(answers: Answers, node: NodeAnswers, document: Mapping[str, object]) -> bool:
    """Whether a node whose network is `document` (nmstate's schema) has its management network."""
    seen = msgspec.convert(document, _Document)
    address = _Address(ip=str(node.address.ip), prefix_length=node.address.network.prefixlen)
    return any(
        interface.name == answers.management_network
        and interface.type == "linux-bridge"
        and address in interface.ipv4.address
        and _Port(name=node.nic) in interface.bridge.port
        for interface in seen.interfaces
    )


class _Port(msgspec.Struct, frozen=True):
    name: str = ""


class _Bridge(msgspec.Struct, frozen=True):
    port: tuple[_Port, ...] = ()


class _Address(msgspec.Struct, frozen=True, rename="kebab"):
    ip: str = ""
    prefix_length: int = 0


class _Ip(msgspec.Struct, frozen=True):
    address: tuple[_Address, ...] = ()


class _Interface(msgspec.Struct, frozen=True):
    """What matters here of an interface in nmstate's schema."""

    name: str = ""
    type: str = ""
    ipv4: _Ip = _Ip()
    bridge: _Bridge = _Bridge()


class _Document(msgspec.Struct, frozen=True):
    interfaces: tuple[_Interface, ...] = ()
