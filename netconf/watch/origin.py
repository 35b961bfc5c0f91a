"""Where an address comes from: the kernel says part of it, NetworkManager another; pure."""

from netconf.watch.view import NmLinkInfo, ObservedAddress, Origin

# From linux/if_addr.h and linux/rtnetlink.h.
_PROTO_LO, _PROTO_RA, _PROTO_LL = 1, 2, 3
TEMPORARY, DUPLICATE, TENTATIVE = 0x01, 0x08, 0x40  # TEMPORARY of IPv6 only
_MANAGES_TEMPORARY = 0x100
_SCOPE_LINK, _SCOPE_HOST = 253, 254
_WHOLE = 128


def origin(address: ObservedAddress, nm_link: NmLinkInfo | None = None) -> Origin:
    """DHCPv6 lends whole addresses, router advertisements prefixes. NetworkManager does both without help of the
    kernel, which then knows only that they are lent; a lease without an end is known to NetworkManager alone."""
    if address.proto == _PROTO_LO or address.scope == _SCOPE_HOST:
        return Origin.KERNEL
    if address.proto == _PROTO_LL or address.scope == _SCOPE_LINK:
        return Origin.LINK_LOCAL
    if address.version == 6:
        own = address.proto == _PROTO_RA or address.flags & _MANAGES_TEMPORARY or address.flags & TEMPORARY
        if own or (address.lent and address.address.prefix_length < _WHOLE):
            return Origin.ROUTER
        return Origin.DHCP if address.lent else Origin.STATIC
    asks = nm_link is not None and nm_link.asks4
    return Origin.DHCP if address.lent or asks else Origin.STATIC


def is_duplicate(address: ObservedAddress) -> bool:
    return bool(address.flags & DUPLICATE)
