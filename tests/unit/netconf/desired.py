"""Documents in few words, and a host that they are wished of."""

from dataclasses import replace
from typing import Any

import pytest

from netconf.document import parse
from netconf.errors import Refused
from netconf.model import (
    Address,
    Dns,
    Interface,
    IpConfig,
    LinkType,
    NetworkState,
    Route,
    RouteOfOthers,
)
from netconf.planning.preview import preview

OFF = {"enabled": False}
V6 = IpConfig(True, addresses=(Address("2001:db8::11", 64),))


def v4(ip: str = "192.0.2.11", length: int = 24) -> dict[str, Any]:
    return {"enabled": True, "address": [{"ip": ip, "prefix-length": length}]}


def v6(ip: str = "2001:db8::11") -> dict[str, Any]:
    return {"enabled": True, "address": [{"ip": ip, "prefix-length": 64}]}


def nic(name: str, *, ipv4: IpConfig | None = None, ipv6: IpConfig | None = None, **more: Any) -> Interface:
    mac = f"52:54:00:00:00:0{len(name)}"
    return Interface(
        name, mac=mac, mtu=1500, carrier=True, ipv4=ipv4 or IpConfig(), ipv6=ipv6 or IpConfig(True), **more
    )


STATIC = IpConfig(True, addresses=(Address("192.0.2.11", 24),))
DHCP = IpConfig(True, dhcp=True, addresses=(Address("192.0.2.77", 24),))
RA = IpConfig(True, autoconf=True, addresses=(Address("2001:db8::77", 64),))
DEFAULT = Route("0.0.0.0/0", "192.0.2.1", "eth0", 100)
OTHERS = tuple(
    RouteOfOthers(Route(f"203.0.{number}.0/24", "192.0.2.9", "eth0", 20), "bgp") for number in range(113, 118)
)
HOST = NetworkState(
    (
        Interface("lo", LinkType.LOOPBACK, ipv4=IpConfig(True, addresses=(Address("127.0.0.1", 8),))),
        nic("eth0", ipv4=STATIC),
        nic("eth1"),
        nic("eth22", ipv4=IpConfig(True, addresses=(Address("198.51.100.11", 24),))),
    ),
    (DEFAULT,),
    Dns(("192.0.2.53",), origins=(("eth0", "192.0.2.53"),)),
)


def with_eth0(**changes: Any) -> NetworkState:
    return replace(HOST, interfaces=tuple(replace(i, **changes) if i.name == "eth0" else i for i in HOST.interfaces))


def bridge(*ports: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "br0",
        "type": "linux-bridge",
        "state": "up",
        "bridge": {"port": [{"name": p} for p in ports]},
    } | more


def bond(*ports: str, **more: Any) -> dict[str, Any]:
    inside = {"mode": "active-backup", "port": list(ports)}
    return {"name": "bond0", "type": "bond", "state": "up", "link-aggregation": inside} | more


def route(destination: str, hop: str | None, interface: str, **more: Any) -> dict[str, Any]:
    config = {"destination": destination, "next-hop-interface": interface, **more}
    return config | ({"next-hop-address": hop} if hop is not None else {})


def desired_document(
    *interfaces: dict[str, Any], routes: list[dict[str, Any]] | None = None, dns: Any = None
) -> dict[str, Any]:
    document: dict[str, Any] = {"interfaces": list(interfaces)}
    if routes is not None:
        document["routes"] = {"config": routes}
    return document | ({"dns-resolver": {"config": {"server": dns}}} if dns is not None else {})


def descriptions(document: dict[str, Any], observed: NetworkState = HOST) -> list[str]:
    return [step.description for step in preview(parse(document), observed).steps]


def why(document: dict[str, Any], observed: NetworkState = HOST) -> Refused:
    with pytest.raises(Refused) as caught:
        preview(parse(document), observed)
    assert caught.value.text.mend
    return caught.value
