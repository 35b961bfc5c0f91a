"""Which NICs, bonds, VLANs and addresses the network of a machine is made of. Pure."""

import re
from ipaddress import IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface

from hosted_engine.deploy.rules import addresses, names
from netconf.kinds import BondMode

MAX_NICS = 16
MAX_SEARCH = 6  # resolv.conf(5): what every resolver reads
LEAST_MTU, LEAST_MTU_IPV6, MOST_MTU = 576, 1280, 9216  # RFC 791, RFC 8200, what switches carry

_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_MAC_OTHERWISE = re.compile(r"[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{12}|([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}")


def is_mac(text: str) -> bool:
    return _MAC.fullmatch(text) is not None


def why_not_nic(text: str) -> str | None:
    """The rule for a NIC: its permanent MAC address, or its name."""
    if is_mac(text):
        first = int(text[:2], 16)
        if not int(text.replace(":", ""), 16):
            return "is the MAC address of no NIC"
        return "is a multicast address, which no NIC has" if first & 1 else None
    if _MAC_OTHERWISE.fullmatch(text):
        return "has to be written with colons: " + ":".join(re.findall("..", re.sub(r"[-.]", "", text)))
    if text == "lo":
        return "is the loopback interface and no NIC"
    return names.why_not_interface_name(text)


def why_not_nics(texts: list[str]) -> str | None:
    if not texts:
        return "names no NIC: at least one is needed"
    return f"has {len(texts)} NICs, and a bond has at most {MAX_NICS}" if len(texts) > MAX_NICS else None


def why_not_bond(text: str) -> str | None:
    return None if text in list(BondMode) else f"has to be one of {', '.join(BondMode)}"


def why_not_vlan(number: int) -> str | None:
    return None if 1 <= number <= 4094 else "has to be 1 to 4094"


def why_not_mtu(number: int) -> str | None:
    return None if LEAST_MTU <= number <= MOST_MTU else f"has to be {LEAST_MTU} to {MOST_MTU}"


def why_not_ipv4(text: str) -> str | None:
    return "is for ipv6: ipv4 has to be one of off, dhcp, static" if text == "auto" else None


def why_not_address6(text: str) -> str | None:
    """The rule for the IPv6 address of the machine, with its prefix length."""
    interface = _as_interface(text)
    if interface is None:
        return "has to be an address with its prefix length, such as 2001:db8::11/64"
    if isinstance(interface, IPv4Interface):
        return "is an IPv4 address: it belongs to address"
    if interface.ip.scope_id is not None:
        return "has a zone, and an address of a machine has none"
    if interface.network.prefixlen in (0, 128):
        return f"has the prefix length {interface.network.prefixlen}: no other machine would be in its network"
    return addresses.why_not_host(interface.ip) or addresses.why_not_machine_in(interface.ip, interface.network)


def why_not_gateway6(text: str) -> str | None:
    """The rule for an IPv6 gateway, which may have a link-local address."""
    if not addresses.is_address(text) or "%" in text:
        return "is no address: write it like fe80::1 or 2001:db8::1"
    address = ip_address(text)
    if not isinstance(address, IPv6Address):
        return "is an IPv4 address: it belongs to gateway"
    return None if address.is_link_local else addresses.why_not_host(address)


def why_not_name_server(text: str) -> str | None:
    if not addresses.is_address(text) or "%" in text:
        return "is no address: write it like 192.0.2.1"
    return addresses.why_not_host(ip_address(text))


def why_not_search_domain(text: str) -> str | None:
    return "is an address and no domain" if addresses.is_address(text) else names.why_not_certificate_name(text)


def why_not_search(texts: list[str]) -> str | None:
    return f"has {len(texts)} domains, and {MAX_SEARCH} are searched" if len(texts) > MAX_SEARCH else None


def _as_interface(text: str) -> IPv4Interface | IPv6Interface | None:
    """Only with a prefix length in digits."""
    if not text.rpartition("/")[2].isdigit() or "/" not in text:
        return None
    try:
        return ip_interface(text)
    except ValueError:
        return None
