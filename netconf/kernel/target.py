"""What the kernel's network is to be when a wish has come true; pure."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_interface

from netconf.kernel.others import staying
from netconf.kernel.picture import Held, Picture
from netconf.kernel.routing import routes, rules
from netconf.kernel.wanted import KINDS, Wanted
from netconf.model import Interface, IpConfig, LinkState, LinkType, NetworkState
from netconf.planning.merge import after
from netconf.planning.wish import CABLES


def target(wish: NetworkState, observed: NetworkState, now: Picture, resolver: str | None) -> Picture:
    """`wish` is complete, `resolver` the text of resolv.conf that it asks for."""
    new = after(wish, observed)
    links = tuple(Wanted(interface, wish, observed, new, now).link() for interface in new.interfaces)
    addresses = tuple(a for interface in new.interfaces for a in _addresses(interface, wish, new, now))
    reachable = Picture(links, addresses)
    return Picture(
        links=links,
        addresses=addresses,
        routes=routes(wish, now, reachable, staying(wish, observed)),
        rules=rules(wish, observed, now),
        resolver=resolver,
    )


def _is_plain_port(interface: Interface, new: NetworkState) -> bool:
    holder = new.interface(interface.controller or "")
    return holder is not None and holder.type is not LinkType.VRF


def _addresses(interface: Interface, wish: NetworkState, new: NetworkState, now: Picture) -> Iterator[Held]:
    """Ports of bridges and bonds have none, nor has what is down. What others gave a port that is one already, and that
    the wish does not speak of, is left alone."""
    said = wish.interface(interface.name)
    link = now.link(interface.name)
    stays = said is None and link is not None and link.master == interface.controller
    bare = (_is_plain_port(interface, new) and not stays) or (said is not None and said.state is not LinkState.UP)
    if bare and interface.type in CABLES | set(KINDS):
        return
    for version, ip in ((4, None if said is None else said.ipv4), (6, None if said is None else said.ipv6)):
        held = [a for a in now.addresses if a.link == interface.name and a.version == version]
        yield from held if ip is None else _said(interface.name, ip, held)


def _said(name: str, ip: IpConfig, held: list[Held]) -> Iterator[Held]:
    if not ip.enabled:
        return
    if ip.autoconf:
        yield from (a for a in held if a.lent)
        return
    known = {(a.ip, a.prefix_length): a for a in held if not a.lent}
    for address in ip.addresses:
        whole = ip_interface(str(address))
        wide = whole.version == 4 and address.prefix_length < 31
        fresh = Held(name, address.ip, address.prefix_length)
        broadcast = str(whole.network.broadcast_address) if wide else ""
        yield known.get((address.ip, address.prefix_length), replace(fresh, broadcast=broadcast))
