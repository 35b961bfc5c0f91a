"""What NetworkManager does to virtual functions: those that a profile asks for go whenever it stops the NIC, if only to
start it anew; others stay until a profile asks for another number, and then it does not bring them back. A profile that
already asks for another number does so as soon as it is started. Pure."""

from collections.abc import Iterable

from netconf.errors import FunctionsOfOthers
from netconf.model import Interface, NetworkState
from netconf.planning.sriov import check_unused, format_count


def check(touched: Iterable[str], desired: NetworkState, observed: NetworkState) -> None:
    """`touched` are the interfaces that it starts or stops, `desired` is complete. Raises Refused."""
    for name in touched:
        current, requested = observed.interface(name), desired.interface(name)
        if current is None or current.sriov is None or not current.total_vfs:
            continue
        if current.sriov.configured:
            check_unused(current, desired, observed)
        elif current.sriov.asked is not None or _asks_for_others(requested, current):
            raise FunctionsOfOthers(name=name, now=format_count(current.total_vfs), asked=current.sriov.asked or "none")


def _asks_for_others(requested: Interface | None, observed: Interface) -> bool:
    return requested is not None and requested.sriov is not None and requested.total_vfs != observed.total_vfs
