"""What a kind of storage is to a node: how it is mounted, and whether a mount of it mends itself."""

from dataclasses import dataclass
from typing import Protocol

from node.api.messages.mounts import MountSpec


@dataclass(frozen=True, slots=True)
class Mount:
    """Of a systemd mount unit: What=, Type=, Options=, and units that have to be there before."""

    what: str
    type: str
    options: tuple[str, ...]
    after: tuple[str, ...] = ()


class Driver(Protocol):
    """One kind of storage. `title` is what a mount of it is called to an operator."""

    @property
    def kind(self) -> str: ...

    def title(self, spec: MountSpec) -> str: ...

    def mount(self, spec: MountSpec) -> Mount:
        """Raises Malformed where `spec` says nothing that could be mounted. Pure."""

    def prepare(self, spec: MountSpec) -> None:
        """What has to be so on this node before it is mounted. Blocks; raises OSError."""

    def recovers(self, where: str) -> bool:
        """Whether the mount at `where`, which gives errors, finds its storage again by itself. Blocks."""
