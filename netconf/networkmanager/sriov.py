"""What NetworkManager does to virtual functions: those that a profile asks for go whenever it stops the NIC, if only to
start it anew; others stay until a profile asks for another number, and then it does not bring them back. Pure."""

from collections.abc import Iterable

from netconf.errors import FunctionsOfOthers
from netconf.model import NetworkState
from netconf.planning.sriov import check_unused, in_words


def check(touched: Iterable[str], wish: NetworkState, observed: NetworkState) -> None:
    """`touched` are the interfaces that it starts or stops, `wish` is complete. Raises Refused."""
    for name in touched:
        seen, said = observed.interface(name), wish.interface(name)
        if seen is None or seen.sriov is None or not seen.total_vfs:
            continue
        if seen.sriov.configured:
            check_unused(seen, wish, observed)
        elif said is not None and said.sriov is not None and said.total_vfs != seen.total_vfs:
            wanted, now = in_words(said.total_vfs), in_words(seen.total_vfs)
            raise FunctionsOfOthers(name=name, wanted=wanted, now=now)
