"""What is wrong between the ends of pairs of veth."""

from collections.abc import Iterator, Mapping

from netconf.errors import Finding
from netconf.model import LinkState, LinkType, NetworkState

_ENDS = (LinkType.VETH, LinkType.ETHERNET, LinkType.OTHER)  # as nmstate has them, too


def contradictions(state: NetworkState) -> Iterator[Finding]:
    other_ends: dict[str, str] = {}
    for number, end in enumerate(state.interfaces):
        if end.peer is None or end.state is LinkState.ABSENT:
            continue
        reason = _why_not(end.name, end.peer, state) or _why_taken(end.peer, end.name, other_ends)
        if reason is not None:
            yield Finding(f"interfaces[{number}].veth.peer", reason)
        other_ends.setdefault(end.peer, end.name)


def _why_not(name: str, peer: str, state: NetworkState) -> str | None:
    """A reason against `peer` as the other end of `name`, from what is said of `peer` itself."""
    other = state.interface(peer)
    if peer == name:
        return f"{name} cannot be its own other end"
    if other is None:
        return None
    if other.state is LinkState.ABSENT:
        return f"{peer} cannot be the other end of {name}: this document removes it"
    if other.type not in _ENDS:
        return f"{peer} is a {other.type}, which has no other end"
    return None if other.peer in (None, name) else f"{peer} has {other.peer} for its other end, not {name}"


def _why_taken(peer: str, name: str, other_ends: Mapping[str, str]) -> str | None:
    taken = other_ends.get(peer)
    return None if taken in (None, name) else f"{peer} is the other end of {taken} already"
