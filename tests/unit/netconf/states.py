"""A host with one NIC, before and after its address moved to a bridge."""

from netconf.kinds import Bridge
from netconf.model import Address, Change, Checkpoint, Dns, Interface, IpConfig, LinkType, NetworkState, Route

MAC = "52:54:00:00:00:01"
ADDRESS = Address("192.0.2.11", 24)
STATIC = IpConfig(enabled=True, addresses=(ADDRESS,))
LINK_LOCAL = IpConfig(enabled=True)
OFF = IpConfig()


def nic(name: str = "host0", ipv4: IpConfig = STATIC, controller: str | None = None) -> Interface:
    return Interface(
        name, LinkType.VETH, mac=MAC, mtu=1500, carrier=True, controller=controller, ipv4=ipv4, ipv6=LINK_LOCAL
    )


def bridge(*ports: str, ipv4: IpConfig = STATIC) -> Interface:
    inside = Bridge(ports, stp=False, forward_delay_s=0)
    kind = LinkType.LINUX_BRIDGE
    return Interface("ovirtmgmt", kind, mac=MAC, mtu=1500, carrier=True, ipv4=ipv4, ipv6=OFF, bridge=inside)


def default(interface: str) -> Route:
    return Route("0.0.0.0/0", "192.0.2.1", interface, 100)


BEFORE = NetworkState((nic(),), (default("host0"),), Dns(("192.0.2.1",), ("example.org",)))
AFTER = NetworkState((nic(ipv4=OFF, controller="ovirtmgmt"), bridge("host0")), (default("ovirtmgmt"),), BEFORE.dns)

DOCUMENT: dict[str, object] = {
    "interfaces": [
        {
            "name": "ovirtmgmt",
            "type": "linux-bridge",
            "state": "up",
            "ipv4": {"enabled": True, "dhcp": False, "address": [{"ip": "192.0.2.11", "prefix-length": 24}]},
            "ipv6": {"enabled": False},
            "bridge": {"options": {"stp": {"enabled": False, "forward-delay": 0}}, "port": [{"name": "host0"}]},
        },
        {"name": "host0", "type": "ethernet", "ipv4": {"enabled": False}, "ipv6": {"enabled": False}},
    ],
    "routes": {
        "config": [{"destination": "0.0.0.0/0", "next-hop-address": "192.0.2.1", "next-hop-interface": "ovirtmgmt"}]
    },
}


def checkpoint(change: Change) -> Checkpoint:
    assert change.checkpoint is not None
    return change.checkpoint
