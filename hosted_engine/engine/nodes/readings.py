"""What nodes say every few seconds: kept in memory, because it is stale before a disk has it."""

from dataclasses import dataclass, field

from node.api.messages import MountReport, Statistics


@dataclass(frozen=True, slots=True)
class Reading:
    """The last word of one node, which came at `at` by the engine's clock; nothing is known of a node that has not
    spoken since the engine started."""

    statistics: Statistics | None = None
    mounts: tuple[MountReport, ...] = ()
    at: float = 0.0

    def mounted(self, volume: str) -> bool:
        return any(mount.mounted for mount in self.mounts if mount.volume == volume)


@dataclass(slots=True)
class Readings:
    """The last reading of every node, by node id; a node that fell silent is forgotten."""

    _by_node: dict[str, Reading] = field(default_factory=dict)

    def of(self, node_id: str) -> Reading:
        return self._by_node.get(node_id, Reading())

    def put(self, node_id: str, reading: Reading) -> None:
        self._by_node[node_id] = reading

    def forget(self, node_id: str) -> None:
        self._by_node.pop(node_id, None)
