"""What the kernel's network is to be when the desired state is reached; pure."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_interface

from netconf.kernel.desired_link import KINDS, DesiredLink
from netconf.kernel.others import staying
from netconf.kernel.routing import routes, rules
from netconf.kernel.state import KernelAddress, KernelState
from netconf.model import Interface, IpConfig, LinkState, LinkType, NetworkState
from netconf.planning.completion import CABLES
from netconf.planning.merge import expected_state


def target(desired: NetworkState, observed: NetworkState, now: KernelState, resolver: str | None) -> KernelState:
    """`desired` is complete, `resolver` the text of resolv.conf that it asks for."""
    new = expected_state(desired, observed)
    links = tuple(DesiredLink(interface, desired, observed, new, now).link() for interface in new.interfaces)
    addresses = tuple(a for interface in new.interfaces for a in _addresses(interface, desired, new, now))
    reachable = KernelState(links, addresses)
    return KernelState(
        links=links,
        addresses=addresses,
        routes=routes(desired, now, reachable, staying(desired, observed)),
        rules=rules(desired, observed, now),
        resolver=resolver,
    )


def _is_plain_port(interface: Interface, new: NetworkState) -> bool:
    holder = new.interface(interface.controller or "")
    return holder is not None and holder.type is not LinkType.VRF


def _addresses(
    interface: Interface, desired: NetworkState, new: NetworkState, now: KernelState
) -> Iterator[KernelAddress]:
    """Ports of bridges and bonds have none, nor has what is down. What others gave a port that is one already, and that
    the desired state does not speak of, is left alone."""
    requested = desired.interface(interface.name)
    link = now.link(interface.name)
    stays = requested is None and link is not None and link.master == interface.controller
    bare = (_is_plain_port(interface, new) and not stays) or (
        requested is not None and requested.state is not LinkState.UP
    )
    if bare and interface.type in CABLES | set(KINDS):
        return
    for version, ip in (
        (4, None if requested is None else requested.ipv4),
        (6, None if requested is None else requested.ipv6),
    ):
        held = [a for a in now.addresses if a.link == interface.name and a.version == version]
        yield from held if ip is None else _desired_addresses(interface.name, ip, held)


def _desired_addresses(name: str, ip: IpConfig, current: list[KernelAddress]) -> Iterator[KernelAddress]:
    if not ip.enabled:
        return
    if ip.autoconf:
        yield from (a for a in current if a.lent)
        return
    known = {(a.ip, a.prefix_length): a for a in current if not a.lent}
    for address in ip.addresses:
        whole = ip_interface(str(address))
        wide = whole.version == 4 and address.prefix_length < 31
        fresh = KernelAddress(name, address.ip, address.prefix_length)
        broadcast = str(whole.network.broadcast_address) if wide else ""
        yield known.get((address.ip, address.prefix_length), replace(fresh, broadcast=broadcast))
