"""Which addresses a machine, a gateway and a name server of a site may have. Pure."""

from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NO_IPV6 = "is an IPv6 address, and the management network of a site has IPv4 addresses only: give its IPv4 address"
MAX_NAME_SERVERS = 3  # resolv.conf(5): the C library asks no more

_NOT_FOR_HOSTS = {
    IPv4Network("0.0.0.0/8"): "addresses of “this network” (RFC 1122)",
    IPv4Network("127.0.0.0/8"): "loopback addresses",
    IPv4Network("169.254.0.0/16"): "link-local addresses",
    IPv4Network("224.0.0.0/4"): "multicast addresses",
    IPv4Network("240.0.0.0/4"): "reserved addresses",
}


def why_not_machine_address(text: str) -> str | None:
    """The rule for the address of a node or of the engine, with its prefix length."""
    interface = _as_interface(text)
    if interface is None:
        return "has to be an address with its prefix length, such as 192.0.2.11/24"
    if isinstance(interface, IPv6Interface):
        return NO_IPV6
    return why_not_host(interface.ip) or why_not_site_network(interface.network) or why_not_in(interface)


def why_not_gateway(text: str) -> str | None:
    return _why_not_plain(text)


def why_not_name_server(text: str) -> str | None:
    return _why_not_plain(text)


def why_not_name_servers(texts: list[str]) -> str | None:
    if len(texts) > MAX_NAME_SERVERS:
        return f"has {len(texts)} name servers, and no more than {MAX_NAME_SERVERS} are ever asked"
    return None


def why_not_certificate_address(text: str) -> str | None:
    """The rule for an address, of either family, that a certificate may be good for; loopback is a tunnel's end."""
    address = _as_address(text)
    if address is None or "%" in text:
        return "is no address that a certificate can hold"
    return None if address.is_loopback or address.is_link_local else why_not_host(address)


def is_address(text: str) -> bool:
    return _as_address(text) is not None


def why_not_host(address: Address) -> str | None:
    """The rule for an address, of whichever family, that belongs to one machine and is reached from others."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return f"is an IPv4 address written as IPv6: write {address.ipv4_mapped}"
    if isinstance(address, IPv4Address) and address == IPv4Address("255.255.255.255"):
        return "is the broadcast address of every network"
    for found, word in (
        (address.is_unspecified, "the unspecified address, which no machine has"),
        (address.is_loopback, "a loopback address, at which every machine reaches itself"),
        (address.is_multicast, "a multicast address, which belongs to no single machine"),
        (address.is_link_local, "a link-local address, which is good on one cable only"),
        (address.is_reserved, "a reserved address, which no machine may have"),
        (isinstance(address, IPv4Address) and address in IPv4Network("0.0.0.0/8"), "an address of “this network”"),
    ):
        if found:
            return f"is {word}"
    return None


def why_not_site_network(network: IPv4Network) -> str | None:
    """The rule for the network that all machines of a site share."""
    if network.prefixlen == network.max_prefixlen:
        return f"has the prefix length {network.prefixlen}: the network {network} has no room for a second machine"
    for block, kind in _NOT_FOR_HOSTS.items():
        if network.overlaps(block):
            return f"has the prefix length {network.prefixlen}: its network {network} holds {kind} ({block})"
    return None


def why_not_in(interface: IPv4Interface) -> str | None:
    """The rule for an address within its network; one of two addresses (RFC 3021) has neither end."""
    return why_not_machine_in(interface.ip, interface.network)


def why_not_machine_in(address: Address, network: Network) -> str | None:
    """Why `address`, whose network is `network`, cannot be that of one machine in it."""
    if network.num_addresses <= 2:
        return None
    if address == network.network_address:
        return f"is the address of the network {network} itself"
    if isinstance(network, IPv4Network) and address == network.broadcast_address:
        return f"is the broadcast address of the network {network}"
    return None


def _why_not_plain(text: str) -> str | None:
    """The rule for one address without a prefix length."""
    address = _as_address(text)
    if address is None:
        wrong = "has a prefix length and has to be without one" if _as_interface(text) else "is no address"
        return f"{wrong}: write it like 192.0.2.1"
    return NO_IPV6 if isinstance(address, IPv6Address) else why_not_host(address)


def _as_address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _as_interface(text: str) -> IPv4Interface | IPv6Interface | None:
    """Only with a prefix length in digits: an inverted netmask is too easily read wrongly."""
    prefix = text.rpartition("/")[2]
    if not prefix.isdigit() or (prefix.startswith("0") and prefix != "0"):
        return None
    try:
        return ip_interface(text)
    except ValueError:
        return None
