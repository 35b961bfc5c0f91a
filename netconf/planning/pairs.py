"""Pairs of veth in a wish: what is said of one end goes for the other; pure."""

from dataclasses import replace

from netconf.model import Interface, LinkState, LinkType, NetworkState

_ENDS = (LinkType.VETH, LinkType.ETHERNET, LinkType.OTHER)  # as what an end may be named when the other says more


def with_other_ends(wishes: tuple[Interface, ...], observed: NetworkState) -> tuple[Interface, ...]:
    """Each end knows the other, and the other end of one that comes or goes is wished for, too."""
    peers = _peers(wishes, observed)
    known = tuple(_end(wish, peers) for wish in wishes)
    named = {wish.name for wish in known}
    return (*known, *(other for wish in known if (other := _other(wish, observed)) and other.name not in named))


def _peers(wishes: tuple[Interface, ...], observed: NetworkState) -> dict[str, str]:
    """End → its other end, as the wish says or, of what is to go, as it is."""
    found: dict[str, str] = {}
    for wish in wishes:
        seen = observed.interface(wish.name)
        peer = seen.peer if wish.state is LinkState.ABSENT and wish.type is LinkType.VETH and seen else wish.peer
        if peer is not None:
            found[wish.name] = peer
            found.setdefault(peer, wish.name)
    return found


def _end(wish: Interface, peers: dict[str, str]) -> Interface:
    peer = peers.get(wish.name)
    return wish if peer is None or wish.type not in _ENDS else replace(wish, type=LinkType.VETH, peer=peer)


def _other(wish: Interface, observed: NetworkState) -> Interface | None:
    """The end that nobody names, where it comes or goes with this one: else it is left as it is."""
    seen, peer = observed.interface(wish.name), wish.peer
    comes = wish.state is LinkState.UP and (seen is None or seen.peer != peer)
    if peer is None or not wish.is_pair or not (comes or wish.state is LinkState.ABSENT):
        return None
    return Interface(peer, LinkType.VETH, wish.state, peer=wish.name)
