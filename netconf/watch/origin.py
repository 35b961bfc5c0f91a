"""Where an address comes from: the kernel says part of it, NetworkManager another; pure."""

from netconf.watch.view import HeldAddress, Origin, Told

# From linux/if_addr.h and linux/rtnetlink.h.
_PROTO_LO, _PROTO_RA, _PROTO_LL = 1, 2, 3
TEMPORARY, DUPLICATE, TENTATIVE = 0x01, 0x08, 0x40  # TEMPORARY of IPv6 only
_MANAGES_TEMPORARY = 0x100
_SCOPE_LINK, _SCOPE_HOST = 253, 254
_WHOLE = 128


def origin(held: HeldAddress, told: Told | None = None) -> Origin:
    """DHCPv6 lends whole addresses, router advertisements prefixes. NetworkManager does both without help of the
    kernel, which then knows only that they are lent; a lease without an end is known to NetworkManager alone."""
    if held.proto == _PROTO_LO or held.scope == _SCOPE_HOST:
        return Origin.KERNEL
    if held.proto == _PROTO_LL or held.scope == _SCOPE_LINK:
        return Origin.LINK_LOCAL
    if held.version == 6:
        own = held.proto == _PROTO_RA or held.flags & _MANAGES_TEMPORARY or held.flags & TEMPORARY
        if own or (held.lent and held.address.prefix_length < _WHOLE):
            return Origin.ROUTER
        return Origin.DHCP if held.lent else Origin.STATIC
    asks = told is not None and told.asks4
    return Origin.DHCP if held.lent or asks else Origin.STATIC


def is_duplicate(held: HeldAddress) -> bool:
    return bool(held.flags & DUPLICATE)
