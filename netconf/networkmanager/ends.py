"""What it takes that a pair of veth goes, stays away, and comes back as it was when nobody confirms; pure."""

from collections.abc import Iterable, Mapping

from netconf.errors import NoProfile
from netconf.model import Interface, NetworkState
from netconf.networkmanager.known import Known


def ends(removed: Iterable[str], observed: NetworkState) -> tuple[Interface, ...]:
    """Of pairs that go, as they are."""
    found = (observed.interface(name) for name in removed)
    return tuple(current for current in found if current is not None and current.is_pair)


def check(removed: tuple[Interface, ...], known: Mapping[str, Known]) -> None:
    """Whether profiles that are in force would make the pairs again with all that their ends hold. Raises NoProfile."""
    for end in removed:
        made = [name for name in (end.name, end.peer or "") if name in known and known[name].makes_pair]
        if not made or (end.name not in made and _has_profile(end)):
            raise NoProfile(name=end.name, without=end.name)


def _has_profile(end: Interface) -> bool:
    """Whether it would be missed: one that holds nothing comes back with the other."""
    return end.controller is not None or any(ip.addresses for ip in (end.ipv4, end.ipv6) if ip is not None)
