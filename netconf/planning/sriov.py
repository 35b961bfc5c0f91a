"""Virtual functions: how many a NIC can have, and who would miss those that it has; pure.

There cannot be another number of them before all of them are gone.
"""

from collections.abc import Iterator

from netconf.errors import FunctionInUse, NoSriov, TooManyFunctions
from netconf.model import Interface, LinkState, NetworkState


def format_count(number: int) -> str:
    return f"{number} virtual function{'' if number == 1 else 's'}"


def check_functions(wanted: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """Raises NoSriov, TooManyFunctions or FunctionInUse."""
    current = observed.interface(wanted.name)
    if wanted.total_vfs:
        if current is None or current.sriov is None:
            raise NoSriov(name=wanted.name, wanted=format_count(wanted.total_vfs))
        if current.sriov.most is not None and wanted.total_vfs > current.sriov.most:
            raise TooManyFunctions(name=wanted.name, wanted=format_count(wanted.total_vfs), most=current.sriov.most)
    if current is not None and _loses_them(wanted, current):
        check_unused(current, desired, observed)


def _loses_them(desired: Interface, observed: Interface) -> bool:
    if desired.state is LinkState.ABSENT:
        return observed.sriov is not None and observed.sriov.configured
    return desired.sriov is not None and desired.total_vfs != observed.total_vfs


def check_unused(nic: Interface, desired: NetworkState, observed: NetworkState) -> None:
    """Whether `nic` can do without its virtual functions for a while. Raises FunctionInUse."""
    users = [
        f"{vf.name} {use}" for vf in observed.interfaces if vf.vf_of == nic.name for use in _uses(vf, desired, observed)
    ]
    users += [f"{address} belongs to a VM" for address in (nic.sriov.in_vms if nic.sriov is not None else ())]
    if users:
        raise FunctionInUse(name=nic.name, users=", ".join(users))


def _uses(vf: Interface, desired: NetworkState, observed: NetworkState) -> Iterator[str]:
    requested = desired.interface(vf.name)
    if requested is not None and requested.state is LinkState.ABSENT:
        return
    if requested is not None:
        yield "is named in the document"
    for address in (address for ip in (vf.ipv4, vf.ipv6) if ip is not None for address in ip.addresses):
        yield f"has the address {address}"
    if vf.controller is not None:
        yield f"is a port of {vf.controller}"
    yield from (f"carries {upper.name}" for upper in observed.interfaces if upper.base == vf.name)
