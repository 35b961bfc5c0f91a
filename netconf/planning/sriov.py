"""Virtual functions: how many a NIC can have, and who would miss those that it has; pure.

There cannot be another number of them before all of them are gone.
"""

from collections.abc import Iterator

from netconf.errors import FunctionInUse, NoSriov, TooManyFunctions
from netconf.model import Interface, LinkState, NetworkState


def in_words(number: int) -> str:
    return f"{number} virtual function{'' if number == 1 else 's'}"


def check_functions(wish: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """Raises NoSriov, TooManyFunctions or FunctionInUse."""
    seen = observed.interface(wish.name)
    if wish.total_vfs:
        if seen is None or seen.sriov is None:
            raise NoSriov(name=wish.name, wanted=in_words(wish.total_vfs))
        if seen.sriov.most is not None and wish.total_vfs > seen.sriov.most:
            raise TooManyFunctions(name=wish.name, wanted=in_words(wish.total_vfs), most=seen.sriov.most)
    if seen is not None and _loses_them(wish, seen):
        check_unused(seen, desired, observed)


def _loses_them(wish: Interface, seen: Interface) -> bool:
    if wish.state is LinkState.ABSENT:
        return seen.sriov is not None and seen.sriov.configured
    return wish.sriov is not None and wish.total_vfs != seen.total_vfs


def check_unused(nic: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """Whether `nic` can do without its virtual functions for a while. Raises FunctionInUse."""
    users = [
        f"{vf.name} {use}" for vf in observed.interfaces if vf.vf_of == nic.name for use in _uses(vf, desired, observed)
    ]
    users += [f"{address} belongs to a VM" for address in (nic.sriov.in_vms if nic.sriov is not None else ())]
    if users:
        raise FunctionInUse(name=nic.name, users=", ".join(users))


def _uses(vf: Interface, desired: NetworkState, observed: NetworkState) -> Iterator[str]:
    said = desired.interface(vf.name)
    if said is not None and said.state is LinkState.ABSENT:
        return
    if said is not None:
        yield "is named in the document"
    for address in (address for ip in (vf.ipv4, vf.ipv6) if ip is not None for address in ip.addresses):
        yield f"has the address {address}"
    if vf.controller is not None:
        yield f"is a port of {vf.controller}"
    yield from (f"carries {upper.name}" for upper in observed.interfaces if upper.base == vf.name)
