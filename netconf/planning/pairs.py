"""Pairs of veth in a desired state: what is said of one end goes for the other; pure."""

from dataclasses import replace

from netconf.model import Interface, LinkState, LinkType, NetworkState

_ENDS = (LinkType.VETH, LinkType.ETHERNET, LinkType.OTHER)  # as what an end may be named when the other says more


def with_other_ends(desired: tuple[Interface, ...], observed: NetworkState) -> tuple[Interface, ...]:
    """Each end knows the other, and the other end of one that comes or goes is desired, too."""
    peers = _peers(desired, observed)
    known = tuple(_end(wanted, peers) for wanted in desired)
    named = {wanted.name for wanted in known}
    return (*known, *(other for wanted in known if (other := _other(wanted, observed)) and other.name not in named))


def _peers(wanted: tuple[Interface, ...], observed: NetworkState) -> dict[str, str]:
    """End → its other end, as the desired state says or, of what is to go, as it is."""
    found: dict[str, str] = {}
    for desired in wanted:
        current = observed.interface(desired.name)
        peer = (
            current.peer
            if desired.state is LinkState.ABSENT and desired.type is LinkType.VETH and current
            else desired.peer
        )
        if peer is not None:
            found[desired.name] = peer
            found.setdefault(peer, desired.name)
    return found


def _end(desired: Interface, peers: dict[str, str]) -> Interface:
    peer = peers.get(desired.name)
    return desired if peer is None or desired.type not in _ENDS else replace(desired, type=LinkType.VETH, peer=peer)


def _other(desired: Interface, observed: NetworkState) -> Interface | None:
    """The end that nobody names, where it comes or goes with this one: else it is left as it is."""
    current, peer = observed.interface(desired.name), desired.peer
    comes = desired.state is LinkState.UP and (current is None or current.peer != peer)
    if peer is None or not desired.is_pair or not (comes or desired.state is LinkState.ABSENT):
        return None
    return Interface(peer, LinkType.VETH, desired.state, peer=desired.name)
