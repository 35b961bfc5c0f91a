"""The network of a guest as cloud-init's network configuration of version 1 has it; pure.

Of the two versions it is the one that every cloud-init since 0.7.7 takes, and the one with words for all that the API
has: addresses that routers announce (`ipv6_slaac`), and NICs that do not come up by themselves (`control: manual`).
"""

from collections.abc import Iterator
from ipaddress import ip_interface
from typing import Any

from hosted_engine.engine.vms.initialization.model import BootProtocol, Initialization, Ip, NicConfiguration

_V6 = {
    BootProtocol.AUTOCONF: ("ipv6_slaac",),
    BootProtocol.DHCP: ("dhcp6",),
    BootProtocol.POLY_DHCP_AUTOCONF: ("ipv6_slaac", "dhcp6"),
}


def network_config(initialization: Initialization) -> dict[str, Any] | None:
    """None where nothing is said: then cloud-init asks a DHCP server by the first NIC."""
    nics = initialization.nic_configurations
    if not nics:
        return None
    return {"version": 1, "config": [*map(_nic, nics), *_name_servers(initialization)]}


def _name_servers(initialization: Initialization) -> Iterator[dict[str, Any]]:
    """Of the guest, not of a NIC: at one that asks a DHCP server several of cloud-init's renderers forget them."""
    servers, domains = initialization.dns_servers.split(), initialization.dns_search.replace(",", " ").split()
    if servers or domains:
        yield {"type": "nameserver", "address": servers, "search": domains}


def _nic(nic: NicConfiguration) -> dict[str, Any]:
    subnets = [*_v4(nic), *_v6(nic)] or [{"type": "manual"}]
    if nic.on_boot is False:
        subnets = [subnet | {"control": "manual"} for subnet in subnets]
    return {"type": "physical", "name": nic.name, "subnets": subnets}


def _v4(nic: NicConfiguration) -> Iterator[dict[str, Any]]:
    match protocol_of(nic.boot_protocol, nic.ip):
        case BootProtocol.STATIC if nic.ip is not None:
            yield _static("static", nic.ip)
        case BootProtocol.DHCP:
            yield {"type": "dhcp4"}


def _v6(nic: NicConfiguration) -> Iterator[dict[str, Any]]:
    protocol = protocol_of(nic.ipv6_boot_protocol, nic.ipv6)
    if protocol is BootProtocol.STATIC and nic.ipv6 is not None:
        yield _static("static6", nic.ipv6)
    for kind in _V6.get(protocol, ()):
        yield {"type": kind}


def protocol_of(protocol: BootProtocol | None, ip: Ip | None) -> BootProtocol:
    """An address alone is a static one."""
    if protocol is not None:
        return protocol
    return BootProtocol.STATIC if ip is not None and ip.address else BootProtocol.NONE


def _static(kind: str, ip: Ip) -> dict[str, Any]:
    address = {"type": kind, "address": str(ip_interface(f"{ip.address}/{ip.netmask}"))}
    return address | ({"gateway": ip.gateway} if ip.gateway else {})
