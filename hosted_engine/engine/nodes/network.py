"""What is known of the network of a node; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from hosted_engine.engine.entity.field import Reference
from node.api.messages.network import LinkCounters, LinkReport, NetworkUpdate

NICS = ("ethernet", "veth", "bond", "vlan", "infiniband")  # what oVirt calls a host's NICs; bridges are networks


@dataclass(frozen=True, slots=True)
class Rates:
    """Bytes a second between the last two readings of the counters."""

    rx: float = 0.0
    tx: float = 0.0


@dataclass(frozen=True, slots=True)
class NodeNetwork:
    """By name of the link. `at` is when the counters were read, by the node's clock. With `is_current` false it is as
    it was when the node last reported it, and nobody knows whether it still is."""

    links: Mapping[str, LinkReport] = field(default_factory=dict)
    drift: tuple[str, ...] | None = None
    counters: Mapping[str, LinkCounters] = field(default_factory=dict)
    rates: Mapping[str, Rates] = field(default_factory=dict)
    at: float = 0.0
    is_current: bool = True

    def nics(self) -> tuple[LinkReport, ...]:
        return tuple(link for _, link in sorted(self.links.items()) if link.kind in NICS)

    def has_bridge(self, name: str) -> bool:
        return name in self.links and self.links[name].kind == "bridge"

    def counted(self, counters: Mapping[str, LinkCounters], at: float) -> "NodeNetwork":
        """A node that says nothing of counters leaves them as they were."""
        if not counters:
            return self
        passed = at - self.at
        rates = {
            name: _rates(self.counters[name], now, passed) for name, now in counters.items() if name in self.counters
        }
        return replace(self, counters=dict(counters), rates=rates, at=at)

    def after(self, update: NetworkUpdate) -> "NodeNetwork":
        links = {name: link for name, link in self.links.items() if name not in update.gone}
        return replace(self, links=links | {link.name: link for link in update.links}, drift=update.drift)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedLinks:
    """The links of the node `id` as it reported them last. Stored: one that does not respond cannot be asked, whenever
    the engine was started."""

    id: Annotated[str, Reference(to="nodes")]
    links: tuple[LinkReport, ...]

    def network(self) -> NodeNetwork:
        return NodeNetwork(links={link.name: link for link in self.links}, is_current=False)


def _rates(was: LinkCounters, now: LinkCounters, passed_s: float) -> Rates:
    """Counters that went back belong to a link made anew."""
    if passed_s <= 0 or now.rx_bytes < was.rx_bytes or now.tx_bytes < was.tx_bytes:
        return Rates()
    return Rates((now.rx_bytes - was.rx_bytes) / passed_s, (now.tx_bytes - was.tx_bytes) / passed_s)
