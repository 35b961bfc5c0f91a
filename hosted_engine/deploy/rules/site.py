"""What has to hold between the answers of a site: a draft may have gaps, so that it can be asked while typing. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, ip_address

from hosted_engine.deploy.rules.addresses import is_address, why_not_machine_in
from hosted_engine.deploy.rules.bricks import why_not_both
from hosted_engine.deploy.rules.numbers import is_claim_code

SIZES = (1, 3)

Mistake = tuple[str, str]
"""The path within the answers, and a sentence that begins with the value."""


@dataclass(frozen=True, slots=True)
class NodeDraft:
    """What has been given of a node, each by itself good. `bricks` are paths by volume."""

    name: str | None = None
    address: IPv4Interface | None = None
    nic: str | None = None
    fingerprint: str | None = None
    claim_code: str | None = None
    bricks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """What has been given of a site, each by itself good. Places in `nodes`, `dns` and `extra_names` are those of the
    answers; what is not good there is None."""

    engine_name: str | None = None
    engine_address: IPv4Interface | None = None
    gateway: IPv4Address | None = None
    management_network: str | None = None
    dns: Sequence[IPv4Address | None] = ()
    extra_names: Sequence[str | None] = ()
    nodes: Sequence[NodeDraft] | None = None


def mistakes(draft: SiteDraft) -> list[Mistake]:
    """Everything that is wrong between the answers."""
    return [
        *_size(draft),
        *_addresses(draft),
        *_network(draft),
        *_name_servers(draft),
        *_names(draft),
        *_extra_names(draft),
        *_interfaces(draft),
        *_bricks(draft),
    ]


def _nodes(draft: SiteDraft) -> Iterator[tuple[str, NodeDraft]]:
    for number, node in enumerate(draft.nodes or ()):
        yield f"nodes[{number}]", node


def _size(draft: SiteDraft) -> Iterator[Mistake]:
    if draft.nodes is not None and len(draft.nodes) not in SIZES:
        yield "nodes", f"a site is made of 1 or 3 nodes, here are {len(draft.nodes)}; add others later"


def _roles(draft: SiteDraft) -> Iterator[tuple[str, IPv4Address, str]]:
    """Path, address and role of every machine of the site."""
    if draft.engine_address is not None:
        yield "engine.address", draft.engine_address.ip, "the engine's address"
    if draft.gateway is not None:
        yield "gateway", draft.gateway, "the gateway's address"
    for path, node in _nodes(draft):
        if node.address is not None:
            yield f"{path}.address", node.address.ip, f"the address of {node.name or path}"


def _addresses(draft: SiteDraft) -> Iterator[Mistake]:
    """No two machines have one address."""
    known: dict[IPv4Address, str] = {}
    for path, address, role in _roles(draft):
        if address in known:
            yield path, f"{address} is {known[address]} too"
        known.setdefault(address, role)


def site_network(draft: SiteDraft) -> IPv4Network | None:
    """The engine's network, to which all others belong; the first node's, while the engine has no address."""
    given = [draft.engine_address, *(node.address for _, node in _nodes(draft))]
    return next((address.network for address in given if address is not None), None)


def _network(draft: SiteDraft) -> Iterator[Mistake]:
    network = site_network(draft)
    if network is None:
        return
    for path, node in _nodes(draft):
        if node.address is not None and node.address.network != network:
            yield f"{path}.address", f"{node.address} {_why_not_of(node.address, network)}"
    if draft.gateway is not None:
        reason = why_not_machine_in(draft.gateway, network)
        if draft.gateway not in network:
            reason = f"is not in the network {network}: nobody could reach it"
        if reason is not None:
            yield "gateway", f"{draft.gateway} {reason}"


def _why_not_of(address: IPv4Interface, network: IPv4Network) -> str:
    if address.ip not in network:
        return f"is not in the engine's network {network}"
    return f"has the prefix length {address.network.prefixlen}, the engine's network has {network.prefixlen}"


def _name_servers(draft: SiteDraft) -> Iterator[Mistake]:
    network = site_network(draft)
    roles = {address: role for _, address, role in _roles(draft) if address != draft.gateway}
    for number, server in enumerate(draft.dns):
        if server is None:
            continue
        reason = why_not_machine_in(server, network) if network is not None and server in network else None
        if server in draft.dns[:number]:
            reason = "is there twice"
        elif server in roles:
            reason = f"is {roles[server]}, and no name server runs there"
        elif network is not None and server not in network and draft.gateway is None:
            reason = f"is not in the network {network}, and there is no gateway through which it could be reached"
        if reason is not None:
            yield f"dns[{number}]", f"{server} {reason}"


def _names(draft: SiteDraft) -> Iterator[Mistake]:
    for what in ("name", "fingerprint"):
        values = [getattr(node, what) for _, node in _nodes(draft)]
        for number, value in enumerate(values):
            if value is not None and value in values[:number]:
                yield f"nodes[{number}].{what}", f"{value} is there twice"
    codes = [node.claim_code for _, node in _nodes(draft)]
    for number, code in enumerate(codes):
        if code is not None and is_claim_code(code) and code in codes[:number]:  # of members it may be any word
            yield f"nodes[{number}].claim_code", f"is that of nodes[{codes.index(code)}] too, and each node has its own"
    if draft.engine_name is None:
        return
    for path, node in _nodes(draft):
        if node.name == draft.engine_name:
            yield f"{path}.name", f"{node.name} is the engine's name"
        elif node.name == draft.engine_name.partition(".")[0]:
            yield f"{path}.name", f"{node.name} is the short form of the engine's name {draft.engine_name}"


def _extra_names(draft: SiteDraft) -> Iterator[Mistake]:
    """A node is known by its certificate's name: the engine's must not be good for one, nor for any other machine."""
    network = site_network(draft)
    others = {str(draft.gateway): "the gateway's address"} if draft.gateway is not None else {}
    others |= {str(server): "a name server's address" for server in draft.dns if server is not None}
    of_nodes = {node.name: path for path, node in _nodes(draft) if node.name is not None}
    of_nodes |= {str(node.address.ip): path for path, node in _nodes(draft) if node.address is not None}
    for number, name in enumerate(draft.extra_names):
        if name is None:
            continue
        reason = why_not_machine_in(ip_address(name), network) if network is not None and is_address(name) else None
        if name in of_nodes:
            reason = f"belongs to {of_nodes[name]}: the engine's certificate must not be good for a node"
        elif name in others:
            reason = f"is {others[name]}, and the engine's certificate is to be good for the engine alone"
        elif name in draft.extra_names[:number]:
            reason = "is there twice"
        if reason is not None:
            yield f"engine.extra_names[{number}]", f"{name} {reason}"


def _interfaces(draft: SiteDraft) -> Iterator[Mistake]:
    bridge = draft.management_network
    for path, node in _nodes(draft):
        if bridge is not None and node.nic == bridge:
            yield f"{path}.nic", f"{bridge} is the name of the bridge that is made over it (management_network)"


def _bricks(draft: SiteDraft) -> Iterator[Mistake]:
    for path, node in _nodes(draft):
        bricks = list(node.bricks.items())
        for number, (volume, brick) in enumerate(bricks):
            for _, other in bricks[:number]:
                if (reason := why_not_both(brick, other)) is not None:
                    yield f"{path}.bricks.{volume}", f"{brick} {reason}"
