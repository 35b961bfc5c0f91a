"""What goes when an interface becomes what it is to be: addresses, routes and name servers that it had; pure."""

from dataclasses import dataclass

from netconf.model import Interface, IpConfig, LinkState, LinkType, NetworkState, Route

VERSIONS = (4, 6)


@dataclass(frozen=True, slots=True)
class Turn:
    """An interface as it is and as it will be (None: it is not there then), and the one that it will be a port of."""

    current: Interface
    expected: Interface | None
    holder: Interface | None

    @property
    def is_bare(self) -> bool:
        """Whether it becomes a port that has no addresses of its own, as those of VRFs have."""
        then, holder = self.expected, self.holder
        if then is None or holder is None or holder.type is LinkType.VRF:
            return False
        return self.current.controller != holder.name

    @property
    def new_table(self) -> int | None:
        """Of the VRF that it becomes a port of: routes in other tables do not lead over it any more."""
        holder = self.holder
        if holder is None or holder.vrf is None or self.current.controller == holder.name:
            return None
        return holder.vrf.table

    def loses(self, version: int) -> bool:
        """Whether it has no addresses of that family any more, and nothing that asks for some: its routes go, too."""
        if (
            self.expected is None
            or self.is_bare
            or (self.current.state is LinkState.UP and self.expected.state is not LinkState.UP)
        ):
            return True
        return _carries(ip_of(self.current, version), version) and not _carries(ip_of(self.expected, version), version)

    def stops_asking(self, version: int) -> bool:
        """Whether it keeps no lease (IPv4) and heeds no router (IPv6) any more: what came with that goes, too."""
        observed, then = ip_of(self.current, version), ip_of(self.expected or self.current, version)
        return observed.dhcp and not then.dhcp if version == 4 else observed.autoconf and not then.autoconf

    def loses_route(self, version: int, table: int) -> bool:
        return self.loses(version) or self.new_table not in (None, table)


def ip_of(interface: Interface, version: int) -> IpConfig:
    return (interface.ipv4 if version == 4 else interface.ipv6) or IpConfig()


def version_of(route: Route) -> int:
    return 6 if ":" in route.destination else 4


def _carries(ip: IpConfig, version: int) -> bool:
    """Whether there can be routes: with IPv6 there are link-local addresses."""
    return ip.enabled and (version == 6 or ip.dhcp or bool(ip.addresses))


def turns(observed: NetworkState, interfaces: tuple[Interface, ...]) -> dict[str, Turn]:
    """By name, of all that is there now; `interfaces` are those that will be."""
    then = {interface.name: interface for interface in interfaces}
    return {current.name: _turn(current, then) for current in observed.interfaces}


def _turn(observed: Interface, then: dict[str, Interface]) -> Turn:
    found = then.get(observed.name)
    return Turn(observed, found, then.get(found.controller or "") if found is not None else None)
