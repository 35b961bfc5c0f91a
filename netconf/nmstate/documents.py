"""From a desired state to the document that nmstate is given, and from what nmstate shows to what only it knows;
pure."""

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
from netconf.planning.completion import complete, is_removed, ports
from netconf.planning.merge import expected_state
from netconf.planning.plan import Step


def desired_document(desired: NetworkState, observed: NetworkState) -> dict[str, object]:
    """The document of `desired` as nmstate has to be told it: names instead of MACs, and ports with all their details.

    nmstate leaves alone what is not said, as we do, except inside the list of a bridge's ports.
    """
    completed = complete(desired, observed)
    new = expected_state(completed, observed)
    interfaces = tuple(_interface(i, new.interface(i.name), observed.interface(i.name)) for i in completed.interfaces)
    gone = (*completed.gone, *_replaced_routes(completed, observed, new))
    return render(replace(completed, interfaces=interfaces, gone=gone))


def freed(desired: NetworkState, observed: NetworkState, steps: Iterable[Step]) -> tuple[str, ...]:
    """The interfaces that need no profile any more: those taken away, and ports that nobody wants to be anything."""
    completed = complete(desired, observed)
    new = expected_state(completed, observed)
    requested = {i.name for i in completed.interfaces if i.state is not LinkState.ABSENT}
    absent = [i.name for i in completed.interfaces if i.state is LinkState.ABSENT]
    pulled = [port for step in steps if step.name for port in ports(step.name, observed)]
    loose = [name for name in pulled if name not in requested and _is_loose(new.interface(name))]
    return tuple(dict.fromkeys((*absent, *loose)))


def started(desired: NetworkState, steps: Iterable[Step]) -> tuple[str, ...]:
    """The interfaces that NetworkManager starts anew: those that change, and their ports."""
    names = [step.name for step in steps if step.name]
    wanted = (desired.interface(name) for name in names)
    return tuple(
        dict.fromkeys((*names, *(port for completed in wanted if completed for port in completed.ports or ())))
    )


def _is_loose(interface: Interface | None) -> bool:
    return interface is not None and interface.controller is None


def _interface(desired: Interface, new: Interface | None, observed: Interface | None) -> Interface:
    if desired.state is LinkState.ABSENT or is_removed(desired) or new is None:
        return Interface(desired.name, desired.type, LinkState.ABSENT)
    return replace(
        desired,
        mac=new.mac,
        copy_mac_from=None,
        mtu=new.mtu,
        carrier=None,
        controller=None,
        permanent_mac=None,
        ipv4=_ip(desired.ipv4),
        ipv6=_ip(desired.ipv6),
        bridge=_bridge(desired, new, observed),
        bond=None if desired.bond is None else _bond(desired.bond, new.bond or desired.bond),
        vlan=new.vlan,
        vxlan=new.vxlan,
        vrf=desired.vrf and new.vrf,
    )


def _ip(desired: IpConfig | None) -> IpConfig | None:
    """The addresses of a family that asks for them are not ours to say."""
    return desired if desired is None or desired.static else replace(desired, addresses=())


def _bridge(desired: Interface, new: Interface, observed: Interface | None) -> Bridge | None:
    """A new one has no STP unless that is desired, and without STP its times mean nothing."""
    made = observed is None and desired.type is LinkType.LINUX_BRIDGE
    requested = desired.bridge or (Bridge() if made else None)
    if requested is None or new.bridge is None:
        return requested
    stp = False if requested.stp is None and made else requested.stp
    details = new.bridge.details if requested.ports is not None else ()
    delay = requested.forward_delay_s if stp is not False else None
    return replace(requested, stp=stp, forward_delay_s=delay, details=details)


def _bond(desired: Bond, new: Bond) -> Bond:
    """nmstate keeps the way in which links were watched beside the one that is desired, and stumbles over both."""
    options = dict(desired.options)
    if options.get("arp_interval"):
        options.setdefault("miimon", 0)
    return replace(desired, mode=new.mode, options=pairs(options))


def _replaced_routes(desired: NetworkState, observed: NetworkState, new: NetworkState) -> Iterable[RouteMatch]:
    """Routes that a desired one replaces; nmstate would keep both."""
    places = {(r.destination, r.interface) for r in desired.routes or ()}
    for route in observed.routes or ():
        if (route.destination, route.interface) in places and not _remains(route, new):
            yield RouteMatch(route.destination, route.next_hop or None, route.interface)


def _remains(route: Route, new: NetworkState) -> bool:
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


def with_profiles(known_of: Mapping[str, Known], profiles: Mapping[str, Known], *, old: bool) -> dict[str, Known]:
    """`requested` with what is in the profiles of NetworkManager and not shown by nmstate; options are shown since
    2.2."""

    def more(one: Known, profile: Known) -> Known:
        one = replace(one, sriov=profile.sriov)
        if not old:
            return one
        options4, options6 = over(one.options4, profile.options4), over(one.options6, profile.options6)
        return replace(one, options4=options4, options6=options6)

    return {name: more(one, profiles[name]) if name in profiles else one for name, one in known_of.items()}


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
    """What we have no words for is left out: this is an observation, not a desired state."""
    return read_options(Reader(_section(interface, family), family, []), IP)
