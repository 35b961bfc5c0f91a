"""What has to hold between the answers of an installation: a draft may have gaps, so that screens can ask. Pure.

A draft is what `decode` gives: a dict per table of what is good by itself; in a list, None stands for what is not.
What is given and wrong is missing there: nothing is concluded from that.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from ipaddress import IPv4Interface, IPv6Interface, ip_address
from typing import Any

from hosted_engine.deploy.rules.addresses import Address, is_address, why_not_machine_in
from installer.rules.network import LEAST_MTU_IPV6, is_mac

Mistake = tuple[str, str]
"""The path within the answers, and a sentence that begins with the value."""
Draft = Mapping[str, Any]

FAMILIES = (("ipv4", "address", "gateway"), ("ipv6", "address6", "gateway6"))


def mistakes(draft: Draft, wrong: Collection[str] = ()) -> list[Mistake]:
    """Everything that is wrong between the answers; `wrong` has the paths of what is wrong by itself."""
    machine, disks, network, role = (draft.get(table) or {} for table in ("machine", "disks", "network", "role"))
    found = [
        *_passwords(machine),
        *_twice("machine.ssh_keys", machine.get("ssh_keys", ()), shows=False),
        *_twice("machine.ntp", machine.get("ntp", ())),
        *_time_servers(machine, network),
        *_disks(disks),
        *_nics(network),
        *_families(network, wrong),
        *_name_servers(network, wrong),
        *_twice("network.search", network.get("search", ())),
        *([] if "role.kind" in wrong else _role_kind(role)),
        *_engine(role, network, machine.get("host_name")),
    ]
    return [one for one in found if one[0] not in wrong]


def _passwords(machine: Draft) -> Iterator[Mistake]:
    if "password" in machine and "password_hash" in machine:
        yield "machine.password", "is there beside password_hash: give one of them"


def _disks(disks: Draft) -> Iterator[Mistake]:
    system, bricks = disks.get("system"), disks.get("bricks", ())
    yield from _twice("disks.wipe", disks.get("wipe", ()))
    yield from _twice("disks.bricks", bricks)
    for number, brick in enumerate(bricks):
        if brick is not None and brick == system:
            yield f"disks.bricks[{number}]", f"{brick} says the system disk, which cannot be a brick disk too"


def _nics(network: Draft) -> Iterator[Mistake]:
    nics = network.get("nics")
    if nics is None:
        return
    yield from _twice("network.nics", [nic.lower() if nic and is_mac(nic) else nic for nic in nics])
    if "bond" in network and len(nics) == 1:
        yield "network.bond", f"{network['bond']} is the mode of a bond, and there is one NIC only"


def _families(network: Draft, wrong: Collection[str]) -> Iterator[Mistake]:
    for family, address, gateway in FAMILIES:
        if f"network.{family}" not in wrong:
            yield from _family(network, family, address, gateway)
    if network.get("ipv4") == "off" and network.get("ipv6", "off") == "off":
        yield "network.ipv4", "off, with ipv6 off too: the machine would have no address"
    if network.get("ipv6", "off") != "off" and network.get("mtu", LEAST_MTU_IPV6) < LEAST_MTU_IPV6:
        yield "network.mtu", f"{network['mtu']} is less than the {LEAST_MTU_IPV6} that IPv6 needs"


def _family(network: Draft, family: str, address: str, gateway: str) -> Iterator[Mistake]:
    source = network.get(family)
    if source == "static":
        yield from _static(network, family, address, gateway)
        return
    for field in (address, gateway):
        if field in network:
            hint = f'with {family} = "static"' + (f", and here it is {source}" if source is not None else "")
            yield f"network.{field}", f"{network[field]} counts only {hint}"


def _static(network: Draft, family: str, address: str, gateway: str) -> Iterator[Mistake]:
    interface: IPv4Interface | IPv6Interface | None = network.get(address)
    router: Address | None = network.get(gateway)
    if interface is None:
        yield f"network.{address}", f'is needed with {family} = "static"'
        return
    if router is None or router.is_link_local:
        return
    reason = why_not_machine_in(router, interface.network)
    if router == interface.ip:
        reason = "is this machine's own address"
    elif router not in interface.network:
        reason = f"is not in the network {interface.network}: it could not be reached"
    if reason is not None:
        yield f"network.{gateway}", f"{router} {reason}"


def _name_servers(network: Draft, wrong: Collection[str]) -> Iterator[Mistake]:
    servers = network.get("dns", ())
    yield from _twice("network.dns", servers)
    for number, server in enumerate(servers):
        for family, address, gateway in FAMILIES:
            if server is None or {f"network.{family}", f"network.{gateway}"} & set(wrong):
                continue
            if reason := _why_not_asked(server, network, family, address, gateway):
                yield f"network.dns[{number}]", f"{server} {reason}"


def _time_servers(machine: Draft, network: Draft) -> Iterator[Mistake]:
    """Those that are given by address, which no machine in the networks of this one has."""
    own: list[IPv4Interface | IPv6Interface] = [
        network[address] for _, address, _ in FAMILIES if network.get(address) is not None
    ]
    for number, server in enumerate(machine.get("ntp", ())):
        if server is None or not is_address(server):
            continue
        for interface in own:
            if reason := _why_not_server(ip_address(server), interface):
                yield f"machine.ntp[{number}]", f"{server} {reason}"


def _why_not_server(server: Address, interface: IPv4Interface | IPv6Interface) -> str | None:
    if server == interface.ip:
        return "is this machine's own address, and would be asked for its own time"
    return why_not_machine_in(server, interface.network) if server in interface.network else None


def _why_not_asked(server: Address, network: Draft, family: str, address: str, gateway: str) -> str | None:
    """Why the name server could not be asked over one family; None as well when it is of the other one."""
    if f"ipv{server.version}" != family:
        return None
    if network.get(family, "off" if family == "ipv6" else "dhcp") == "off":
        return f"could not be reached: {family} is off"
    interface: IPv4Interface | IPv6Interface | None = network.get(address)
    if network.get(family) != "static" or interface is None:
        return None
    if server == interface.ip:
        return "is this machine's own address, and no name server runs there"
    if server in interface.network:
        return why_not_machine_in(server, interface.network)
    if gateway not in network:
        return f"is not in the network {interface.network}, and there is no {gateway} through which to reach it"
    return None


def _role_kind(role: Draft) -> Iterator[Mistake]:
    kind = role.get("kind", "later")
    if kind != "join":
        for field in ("engine", "fingerprint", "join_code"):
            if field in role:
                shown = "" if field == "join_code" else f"{role[field]} "
                yield f"role.{field}", f'{shown}counts only with kind = "join", and here it is {kind}'
        return
    if "engine" not in role:
        yield "role.engine", 'is needed with kind = "join"'
    if "join_code" in role and "fingerprint" not in role:
        yield "role.join_code", "needs role.fingerprint: whoever answers in the engine's place would learn the code"


def _engine(role: Draft, network: Draft, host_name: str | None) -> Iterator[Mistake]:
    engine: str | None = role.get("engine")
    interface: IPv4Interface | None = network.get("address")
    if role.get("kind", "later") != "later" and network.get("ipv4") == "off":
        yield "network.ipv4", "off: the nodes of a site have IPv4 addresses on its management network"
    if engine is not None and host_name is not None and engine.partition(".")[0] == host_name:
        yield "role.engine", f"{engine} is this node's own name"
    if engine is not None and interface is not None and engine == str(interface.ip):
        yield "role.engine", f"{engine} is this machine's own address"


def _twice(path: str, values: Sequence[object], *, shows: bool = True) -> Iterator[Mistake]:
    for number, value in enumerate(values):
        if value is not None and value in values[:number]:
            yield f"{path}[{number}]", f"{value} is there twice" if shows else "is there twice"
