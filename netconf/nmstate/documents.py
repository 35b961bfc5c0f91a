"""From a wish to the document that nmstate is given, and from what nmstate shows to what only it knows; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from netconf.document import render
from netconf.document.plain import read_options
from netconf.document.reader import Reader
from netconf.kinds import Bond, Bridge
from netconf.model import Dns, Interface, IpConfig, LinkState, LinkType, NetworkState, Route, RouteMatch, WaitIp
from netconf.networkmanager.known import Known
from netconf.options import IP, Pairs, over, pairs
from netconf.planning.merge import after
from netconf.planning.plan import Step
from netconf.planning.wish import complete, is_removed, ports


def wished(desired: NetworkState, observed: NetworkState) -> dict[str, object]:
    """The document of `desired` as nmstate has to be told it: names instead of MACs, and ports with all their details.

    nmstate leaves alone what is not said, as we do, except inside the list of a bridge's ports.
    """
    wish = complete(desired, observed)
    new = after(wish, observed)
    interfaces = tuple(_interface(i, new.interface(i.name), observed.interface(i.name)) for i in wish.interfaces)
    gone = (*wish.gone, *_giving_way(wish, observed, new))
    return render(replace(wish, interfaces=interfaces, gone=gone))


def freed(desired: NetworkState, observed: NetworkState, steps: Iterable[Step]) -> tuple[str, ...]:
    """The interfaces that need no profile any more: those taken away, and ports that nobody wishes to be anything."""
    wish = complete(desired, observed)
    new = after(wish, observed)
    said = {i.name for i in wish.interfaces if i.state is not LinkState.ABSENT}
    absent = [i.name for i in wish.interfaces if i.state is LinkState.ABSENT]
    pulled = [port for step in steps if step.name for port in ports(step.name, observed)]
    loose = [name for name in pulled if name not in said and _is_loose(new.interface(name))]
    return tuple(dict.fromkeys((*absent, *loose)))


def started(desired: NetworkState, steps: Iterable[Step]) -> tuple[str, ...]:
    """The interfaces that NetworkManager starts anew: those that change, and their ports."""
    names = [step.name for step in steps if step.name]
    wishes = (desired.interface(name) for name in names)
    return tuple(dict.fromkeys((*names, *(port for wish in wishes if wish for port in wish.ports or ()))))


def _is_loose(interface: Interface | None) -> bool:
    return interface is not None and interface.controller is None


def _interface(wish: Interface, new: Interface | None, seen: Interface | None) -> Interface:
    if wish.state is LinkState.ABSENT or is_removed(wish) or new is None:
        return Interface(wish.name, wish.type, LinkState.ABSENT)
    return replace(
        wish,
        mac=new.mac,
        copy_mac_from=None,
        mtu=new.mtu,
        carrier=None,
        controller=None,
        permanent_mac=None,
        ipv4=_ip(wish.ipv4),
        ipv6=_ip(wish.ipv6),
        bridge=_bridge(wish, new, seen),
        bond=None if wish.bond is None else _bond(wish.bond, new.bond or wish.bond),
        vlan=new.vlan,
        vxlan=new.vxlan,
        vrf=wish.vrf and new.vrf,
    )


def _ip(wish: IpConfig | None) -> IpConfig | None:
    """The addresses of a family that asks for them are not ours to say."""
    return wish if wish is None or wish.static else replace(wish, addresses=())


def _bridge(wish: Interface, new: Interface, seen: Interface | None) -> Bridge | None:
    """A new one has no STP unless that is wished for, and without STP its times mean nothing."""
    made = seen is None and wish.type is LinkType.LINUX_BRIDGE
    said = wish.bridge or (Bridge() if made else None)
    if said is None or new.bridge is None:
        return said
    stp = False if said.stp is None and made else said.stp
    details = new.bridge.details if said.ports is not None else ()
    delay = said.forward_delay_s if stp is not False else None
    return replace(said, stp=stp, forward_delay_s=delay, details=details)


def _bond(wish: Bond, new: Bond) -> Bond:
    """nmstate keeps the way in which links were watched beside the one that is wished for, and stumbles over both."""
    options = dict(wish.options)
    if options.get("arp_interval"):
        options.setdefault("miimon", 0)
    return replace(wish, mode=new.mode, options=pairs(options))


def _giving_way(wish: NetworkState, observed: NetworkState, new: NetworkState) -> Iterable[RouteMatch]:
    """Routes that a wished-for one replaces; nmstate would keep both."""
    places = {(r.destination, r.interface) for r in wish.routes or ()}
    for route in observed.routes or ():
        if (route.destination, route.interface) in places and not _is_kept(route, new):
            yield RouteMatch(route.destination, route.next_hop or None, route.interface)


def _is_kept(route: Route, new: NetworkState) -> bool:
    return any(replace(r, metric=route.metric) == route for r in new.routes or ())


def known(shown: Mapping[str, Any]) -> dict[str, Known]:
    """Interface → what the kernel does not know of it: whether it asks for addresses, what of those it takes, LLDP."""
    return {
        str(interface["name"]): Known(
            method4="auto" if _asks(interface, "ipv4") else "",
            method6=_method6(interface),
            options4=_options(interface, "ipv4"),
            options6=_options(interface, "ipv6"),
            wait_ip=_wait_ip(interface),
            lldp=bool(_section(interface, "lldp").get("enabled")),
            description=interface.get("description") or None,
        )
        for interface in shown.get("interfaces", ())
    }


def with_profiles(said: Mapping[str, Known], profiles: Mapping[str, Known], *, old: bool) -> dict[str, Known]:
    """`said` with what is in the profiles of NetworkManager and not shown by nmstate; options are shown since 2.2."""

    def more(one: Known, profile: Known) -> Known:
        one = replace(one, sriov=profile.sriov)
        if not old:
            return one
        options4, options6 = over(one.options4, profile.options4), over(one.options6, profile.options6)
        return replace(one, options4=options4, options6=options6)

    return {name: more(one, profiles[name]) if name in profiles else one for name, one in said.items()}


def dns(shown: Mapping[str, Any]) -> Dns:
    """Servers and search domains in force."""
    resolver = _section(shown, "dns-resolver")
    found = [_section(resolver, key) for key in ("running", "config")]
    servers, search = (next((f[key] for f in found if f.get(key)), ()) for key in ("server", "search"))
    return Dns(tuple(servers), tuple(search))


def _wait_ip(interface: Mapping[str, Any]) -> WaitIp | None:
    return next((word for word in WaitIp if word == interface.get("wait-ip")), None)


def _section(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = mapping.get(key)
    return value if isinstance(value, Mapping) else {}


def _asks(interface: Mapping[str, Any], family: str, key: str = "dhcp") -> bool:
    return bool(_section(interface, family).get("enabled") and _section(interface, family).get(key))


def _method6(interface: Mapping[str, Any]) -> str:
    if _asks(interface, "ipv6", "autoconf"):
        return "auto"
    return "dhcp" if _asks(interface, "ipv6") else ""


def _options(interface: Mapping[str, Any], family: str) -> Pairs:
    """What we have no words for is left out: this is an observation, not a wish."""
    return read_options(Reader(_section(interface, family), family, []), IP)
