"""From a wish to NetworkManager's connection profiles, as its D-Bus interface takes them; pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from dbus_fast import Variant

from netconf.model import Bridge, Dns, Interface, IpConfig, LinkState, LinkType, NetworkState, Route
from netconf.plan import Step, complete, ports

MARK = "trivet.change"  # in the profile's user data: the change that made it
_PRIORITY = 100  # over profiles of others for the same NIC, should a power cut leave both

Settings = Mapping[str, Mapping[str, Variant]]


@dataclass(frozen=True, slots=True)
class Profile:
    """`interface` is what it configures, `controller` the bridge it makes that a port of."""

    interface: str
    controller: str | None
    settings: Settings


@dataclass(frozen=True, slots=True)
class Work:
    """What a change comes to: profiles in the order to activate them, and interfaces to take away or down."""

    profiles: tuple[Profile, ...]
    remove: tuple[str, ...] = ()
    down: tuple[str, ...] = ()

    @property
    def touched(self) -> tuple[str, ...]:
        return (*dict.fromkeys(p.interface for p in self.profiles), *self.remove, *self.down)


def work(
    desired: NetworkState, observed: NetworkState, steps: Iterable[Step], *, change: str, new_uuid: Callable[[], str]
) -> Work:
    """The profiles for what `steps` names and for the ports that hang on it; `change` marks them."""
    wish = complete(desired, observed)
    dns = wish.dns if wish.dns is not None else observed.dns
    names = dict.fromkeys(step.name or _default_interface(wish, observed) for step in steps)
    bridges: list[Profile] = []
    others: list[Profile] = []
    freed: list[str] = []

    def profile(interface: Interface, controller: str | None = None) -> Profile:
        seen = observed.interface(interface.name)
        routes = () if controller else _routes(interface.name, wish, observed)
        made = _settings(interface, seen, routes, dns, controller)
        head = _head(interface, controller, new_uuid())
        mark = {"data": Variant("a{ss}", {MARK: change})}
        return Profile(interface.name, controller, {"connection": head, "user": mark, **made})

    for name in names:
        interface = _with_inside(wish.interface(name) or observed.interface(name), observed)
        if interface is None or interface.state is not LinkState.UP:
            continue
        if interface.bridge is None:
            if not _is_port(name, wish):
                others.append(profile(interface))
            continue
        bridges.append(profile(interface))
        now = ports(name, observed)
        wanted = interface.bridge.ports if interface.bridge.ports is not None else now
        for port in wanted:
            nic = wish.interface(port) or observed.interface(port) or Interface(port)
            others.append(profile(nic, controller=name))
        freed += [port for port in now if port not in wanted and wish.interface(port) is None]
    return Work(
        profiles=(*bridges, *others),
        remove=tuple(i.name for i in wish.interfaces if i.name in names and i.state is LinkState.ABSENT),
        down=(*(i.name for i in wish.interfaces if i.name in names and i.state is LinkState.DOWN), *freed),
    )


def _with_inside(wish: Interface | None, observed: NetworkState) -> Interface | None:
    """A bridge whose wish says nothing of its inside keeps it."""
    if wish is None or wish.type is not LinkType.LINUX_BRIDGE or wish.bridge is not None:
        return wish
    seen = observed.interface(wish.name)
    return replace(wish, bridge=Bridge() if seen is None else replace(seen.bridge or Bridge(), ports=None))


def _is_port(name: str, wish: NetworkState) -> bool:
    return any(name in (i.bridge.ports or ()) for i in wish.interfaces if i.bridge is not None)


def _default_interface(wish: NetworkState, observed: NetworkState) -> str:
    """The interface whose profile carries the DNS servers: that of the default route, else one with addresses."""
    for route in (*(wish.routes or ()), *(observed.routes or ())):
        if route.destination in ("0.0.0.0/0", "::/0"):
            return route.interface
    for interface in (*wish.interfaces, *observed.interfaces):
        if any(ip is not None and (ip.addresses or ip.dhcp) for ip in (interface.ipv4, interface.ipv6)):
            return interface.name
    return ""


def _routes(name: str, wish: NetworkState, observed: NetworkState) -> tuple[Route, ...]:
    """Wished-for routes win over observed ones with the same destination; those stay otherwise."""
    wanted = [route for route in wish.routes or () if route.interface == name]
    taken = {(route.destination, route.table) for route in wanted}
    kept = [r for r in observed.routes or () if r.interface == name and (r.destination, r.table) not in taken]
    return (*wanted, *kept)


def _head(interface: Interface, controller: str | None, uuid: str) -> Mapping[str, Variant]:
    head: dict[str, Variant] = {
        "id": Variant("s", f"trivet {interface.name}"),
        "uuid": Variant("s", uuid),
        "type": Variant("s", "802-3-ethernet" if interface.bridge is None else "bridge"),
        "interface-name": Variant("s", interface.name),
        "autoconnect": Variant("b", True),
        "autoconnect-priority": Variant("i", _PRIORITY),
        "autoconnect-retries": Variant("i", 0),  # for ever: a cable that is plugged in late has to do
    }
    if controller is not None:
        head |= {"master": Variant("s", controller), "slave-type": Variant("s", "bridge")}
    return head


def _settings(
    wish: Interface, seen: Interface | None, routes: tuple[Route, ...], dns: Dns | None, controller: str | None
) -> dict[str, Mapping[str, Variant]]:
    made: dict[str, Mapping[str, Variant]] = {"802-3-ethernet": _link(wish, seen)}
    if controller is not None:
        return made
    if wish.bridge is not None:
        made["bridge"] = _bridge(wish.bridge, seen.bridge if seen else None)
    for number, wished, observed in (
        (4, wish.ipv4, seen.ipv4 if seen else None),
        (6, wish.ipv6, seen.ipv6 if seen else None),
    ):
        ip = wished or observed or IpConfig()
        here = [route for route in routes if ip_network(route.destination).version == number]
        servers = [ip_address(s) for s in dns.servers if ip_address(s).version == number] if dns else []
        has_default = any(route.destination in ("0.0.0.0/0", "::/0") for route in routes)
        carries = has_default or (not routes and bool(ip.addresses))
        made[f"ipv{number}"] = _ip(ip, number, here, servers if carries else [], _search(dns) if carries else [])
    return made


def _search(dns: Dns | None) -> list[str]:
    return list(dns.search) if dns is not None else []


def _link(wish: Interface, seen: Interface | None) -> Mapping[str, Variant]:
    link: dict[str, Variant] = {}
    mtu = wish.mtu if wish.mtu is not None else (seen.mtu if seen else None)
    mac = wish.mac if wish.bridge is not None or wish is not seen else None
    if mtu is not None and mtu != 1500:
        link["mtu"] = Variant("u", mtu)
    if mac is None and wish.bridge is not None and seen is not None:
        mac = seen.mac
    if mac is not None:
        link["assigned-mac-address"] = Variant("s", mac)
    return link


def _bridge(wish: Bridge, seen: Bridge | None) -> Mapping[str, Variant]:
    stp = wish.stp if wish.stp is not None else bool(seen and seen.stp)
    delay = wish.forward_delay_s if wish.forward_delay_s is not None else (seen.forward_delay_s if seen else None)
    if delay is None:
        delay = 15 if stp else 0  # without STP there are no loops to wait for
    return {"stp": Variant("b", stp), "forward-delay": Variant("u", delay)}


def _ip(
    ip: IpConfig,
    version: int,
    routes: list[Route],
    servers: list[IPv4Address | IPv6Address],
    search: list[str],
) -> Mapping[str, Variant]:
    made: dict[str, Variant] = {"method": Variant("s", _method(ip, version))}
    if ip.static and ip.addresses:
        made["address-data"] = Variant(
            "aa{sv}",
            [{"address": Variant("s", a.ip), "prefix": Variant("u", a.prefix_length)} for a in ip.addresses],
        )
    if not ip.enabled:
        return made
    if routes:
        made["route-data"] = Variant("aa{sv}", [_route(route) for route in routes])
    if servers or search:
        made["ignore-auto-dns"] = Variant("b", True)
    if servers and version == 4:
        made["dns"] = Variant("au", [int.from_bytes(server.packed, "little") for server in servers])
    elif servers:
        made["dns"] = Variant("aay", [server.packed for server in servers])
    if search:
        made["dns-search"] = Variant("as", search)
    return made


def _method(ip: IpConfig, version: int) -> str:
    if not ip.enabled:
        return "disabled"
    if ip.autoconf:
        return "auto"
    if ip.dhcp:
        return "auto" if version == 4 else "dhcp"
    if ip.addresses:
        return "manual"
    return "disabled" if version == 4 else "link-local"


def _route(route: Route) -> dict[str, Variant]:
    network = ip_network(route.destination)
    made = {
        "dest": Variant("s", str(network.network_address)),
        "prefix": Variant("u", network.prefixlen),
        "next-hop": Variant("s", route.next_hop),
    }
    if route.metric is not None:
        made["metric"] = Variant("u", route.metric)
    if route.table != 254:
        made["table"] = Variant("u", route.table)
    return made
