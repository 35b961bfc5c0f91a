"""What a node reports of its network, and what of it becomes an event; pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.nodes.network import NICS, NodeNetwork, ObservedLinks
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.lifecycle import system
from node.api.messages.network import LinkReport, NetworkUpdate


def begins(tx: Transaction, node: Node, before: NodeNetwork | None, update: NetworkUpdate, now: float) -> NodeNetwork:
    """All that there is. `before` is what was known; None after the engine's start and after the node was
    non-responsive: then it is what was reported last, and drift is an event."""
    whole = NodeNetwork(drift=None).after(update)
    known = before or last_reported(tx, node.id) or replace(whole, drift=None)
    _store(tx, node, whole)
    _notify(tx, node, known, whole, {link.name for link in update.links}, now)
    return replace(whole, counters=known.counters, rates=known.rates, at=known.at)


def changes(tx: Transaction, node: Node, before: NodeNetwork, update: NetworkUpdate, now: float) -> NodeNetwork:
    """Of a link that flaps the node reports no events, and neither does the engine."""
    after = before.after(update)
    _store(tx, node, after)
    reported = {event.interface for event in update.events if event.kind.startswith(("link-", "bond-"))}
    _notify(tx, node, before, after, reported - _flapping(update), now)
    return after


def last_reported(tx: Transaction, node_id: str) -> NodeNetwork | None:
    """What a node reported of its links last; None when it never has."""
    links = tx.observed_links.get(node_id)
    return None if links is None else links.network()


def _store(tx: Transaction, node: Node, known: NodeNetwork) -> None:
    """What is the same is not written again: a node reports all its links whenever it is connected."""
    before, now = tx.observed_links.get(node.id), ObservedLinks(id=node.id, links=tuple(known.links.values()))
    if before is None:
        tx.observed_links.add(now)
    elif before != now:
        tx.observed_links.update(now)


def _flapping(update: NetworkUpdate) -> set[str]:
    return {event.interface for event in update.events if event.kind == "link-flapping"}


def _notify(tx: Transaction, node: Node, before: NodeNetwork, after: NodeNetwork, names: set[str], now: float) -> None:
    for name in sorted(names & before.links.keys() & after.links.keys()):
        for type_, words in _events(before.links[name], after.links[name]):
            emit(tx, system(now), type_, node=node, **words)
    if after.drift and after.drift != before.drift:
        emit(tx, system(now), EventType.VDS_NETWORKS_OUT_OF_SYNC, node=node, networks="; ".join(after.drift))


def _events(was: LinkReport, link: LinkReport) -> Iterator[tuple[EventType, dict[str, Any]]]:
    if link.kind in NICS and was.carrier != link.carrier:
        type_ = EventType.HOST_INTERFACE_STATE_UP if link.carrier else EventType.HOST_INTERFACE_STATE_DOWN
        yield type_, {"interface": link.name}
    if was.bond_port and link.bond_port and was.bond_port.mii_up != link.bond_port.mii_up:
        up = link.bond_port.mii_up
        type_ = EventType.HOST_BOND_SLAVE_STATE_UP if up else EventType.HOST_BOND_SLAVE_STATE_DOWN
        yield type_, {"slave": link.name, "bond": link.controller}
