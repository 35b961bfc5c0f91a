"""What the kernel cannot change in an interface while it is there: it is made anew, with what stands on it."""

from netconf.model import Interface, LinkState, LinkType, NetworkState
from netconf.planning.completion import CABLES


def differs_inside(desired: Interface, observed: Interface) -> bool:
    """Whether another tag, base or table is desired than there is."""
    table = None if desired.vrf is None or observed.vrf is None else (desired.vrf.table, observed.vrf.table)
    pairs = ((desired.vlan, observed.vlan), (desired.vxlan, observed.vxlan), table or (None, None))
    return any(mine is not None and mine != other for mine, other in pairs)


def inside(interface: Interface) -> str:
    if interface.vlan is not None:
        return f"VLAN {interface.vlan.id} ({interface.vlan.protocol}) over {interface.vlan.base}"
    if interface.vxlan is not None:
        vxlan = interface.vxlan
        to = f" to {vxlan.remote}" if vxlan.remote else ""
        return f"VXLAN {vxlan.id}{to} over {vxlan.base or 'any interface'}, port {vxlan.port}"
    if interface.type is LinkType.VETH:
        return f"a veth to {interface.peer or 'another network namespace'}"
    return f"a VRF with table {interface.vrf.table}" if interface.vrf is not None else interface.type.value


def recreated(desired: NetworkState, observed: NetworkState) -> tuple[str, ...]:
    """The interfaces that are there and cannot become what is desired. `desired` is complete."""
    found = ((wanted, observed.interface(wanted.name)) for wanted in desired.interfaces if wanted.state is LinkState.UP)
    return tuple(wanted.name for wanted, current in found if current is not None and differs_inside(wanted, current))


def with_those_above(names: tuple[str, ...], observed: NetworkState) -> tuple[str, ...]:
    """`names` and what the kernel takes away with them, the uppermost first."""
    above = tuple(i.name for i in observed.interfaces if i.base in names and i.type not in CABLES)
    return tuple(dict.fromkeys((*with_those_above(above, observed), *names))) if above else names
