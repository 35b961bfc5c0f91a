"""What the scheduler is asked and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hosted_engine.engine.networks.model import Network
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.nodes.readings import Reading


@dataclass(frozen=True, slots=True)
class Candidate:
    """`starting_bytes` is the memory of the VMs that start there and have not taken their memory yet; `labels` are the
    names of its affinity labels that bind."""

    node: Node
    reading: Reading
    starting_bytes: int = 0
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Requirements:
    """`node_ids` narrows the choice where the user did; empty means any of the cluster. The node has to have all of
    `storage_domains` (names by id) and `labels`, and as much memory as `most_bytes` in all, of which `memory_bytes` has
    to be free."""

    cluster_id: str
    memory_bytes: int
    storage_domains: Mapping[str, str] = field(default_factory=dict)
    node_ids: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    most_bytes: int = 0
    networks: frozenset[Network] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """The node, or None; `reasons` says of every other node, by name, why it was not chosen."""

    node: Node | None
    reasons: tuple[tuple[str, str], ...]

    @property
    def why_none(self) -> str:
        return "; ".join(f"{name} {reason}" for name, reason in self.reasons) or "the cluster has no nodes"
