"""What speaks against taking a machine as a node: something of it is another node's already. Pure."""

from collections.abc import Iterator

from hosted_engine.engine.nodes.joining.model import NodeRegistration
from hosted_engine.engine.nodes.members import OUTSIDE
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from node.fingerprint import format_proquints


def conflicts(tx: Transaction, own: Node, registration: NodeRegistration) -> Iterator[str]:
    """As rests of a sentence that begins with "it". Two machines with the same machine id would take each other's
    leases; two with the same name or address would get each other's requests."""
    for other in tx.nodes.list():
        if other.id == own.id or other.status in OUTSIDE:
            continue
        if other.hostname.casefold() == registration.name.casefold():
            yield f"calls itself {registration.name}, as host {other.name} does"
        if (other.address, other.port) == (own.address, own.port):
            yield f"has the address {own.address}, as host {other.name} does"
        ids = [capabilities.machine_id for capabilities in (own.capabilities, other.capabilities) if capabilities]
        if len(ids) == 2 and ids[0] and ids[0] == ids[1]:
            yield f"has the machine id of host {other.name}: both were copied from one disk"


def shown_name(tx: Transaction, registration: NodeRegistration) -> str:
    """Its own name where no other host has it; else with the first of its words, for a stranger must not be found under
    the name of a host of the site."""
    others = {other.name.casefold() for other in tx.nodes.list() if other.id != registration.id}
    return next((name for name in _own_names(registration) if name.casefold() not in others), f"host-{registration.id}")


def name_once_approved(tx: Transaction, node: Node, registration: NodeRegistration) -> str:
    """The machine's own name, unless a host of the site is shown with it; a name that somebody has given it stays."""
    others = [other for other in tx.nodes.list() if other.id != node.id and other.status not in OUTSIDE]
    taken = registration.name.casefold() in {other.name.casefold() for other in others}
    return node.name if taken or has_given_name(node, registration) else registration.name


def has_given_name(node: Node, registration: NodeRegistration) -> bool:
    """Whether somebody has called it otherwise than it would be shown."""
    shown = (*_own_names(registration), f"host-{node.id}")
    return node.hostname == registration.name and node.name not in shown


def _own_names(registration: NodeRegistration) -> tuple[str, ...]:
    words = format_proquints(registration.fingerprint).split("-")
    return (
        registration.name,
        *("-".join((registration.name, *words[:n])) for n in range(1, len(words) + 1)),
    )
