"""What NetworkManager does to virtual functions: those that a profile asks for go whenever it stops the NIC, if only to
start it anew; others stay until a profile asks for another number, and then it does not bring them back. A profile that
already asks for another number does so as soon as it is started. Pure."""

from collections.abc import Iterable

from netconf.errors import FunctionsOfOthers
from netconf.model import Interface, NetworkState
from netconf.planning.sriov import check_unused, in_words


def check(touched: Iterable[str], wish: NetworkState, observed: NetworkState) -> None:
    """`touched` are the interfaces that it starts or stops, `wish` is complete. Raises Refused."""
    for name in touched:
        seen, said = observed.interface(name), wish.interface(name)
        if seen is None or seen.sriov is None or not seen.total_vfs:
            continue
        if seen.sriov.configured:
            check_unused(seen, wish, observed)
        elif seen.sriov.asked is not None or _asks_for_others(said, seen):
            raise FunctionsOfOthers(name=name, now=in_words(seen.total_vfs), asked=seen.sriov.asked or "none")


def _asks_for_others(said: Interface | None, seen: Interface) -> bool:
    return said is not None and said.sriov is not None and said.total_vfs != seen.total_vfs
