"""The true state of a pool: its servers, and of every volume what its bricks, its clients and its disks are like; pure.

Unknown is a value: whatever is None could not be known, and is never read as good.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gluster.model import BrickPath, Peer, VolumeStatus

RESERVE_PERCENT = 1  # what `storage.reserve` keeps back where nobody set it (GlusterFS 11)


@dataclass(frozen=True, slots=True)
class BrickFolder:
    """A brick's folder on the disk of its server. `volume_id` is the mark of the volume that it is a brick of."""

    exists: bool
    on_root: bool
    volume_id: str | None = None

    @property
    def is_marked(self) -> bool:
        """Whether it is a brick, of whatever volume, on a file system of its own."""
        return self.exists and not self.on_root and self.volume_id is not None


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What only a server itself can say: its bricks' folders by path, its copy of each volume's configuration (secrets
    as digests), and how often it has each volume mounted."""

    folders: Mapping[str, BrickFolder] = field(default_factory=dict)
    configurations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    mounts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BrickState:
    """`clients` counts the connections of each server (an address where it is none of the pool's)."""

    where: BrickPath
    host_uuid: str = ""
    online: bool | None = None
    port: int | None = None
    pid: int | None = None
    size_bytes: int | None = None
    free_bytes: int | None = None
    clients: Mapping[str, int] | None = None
    pending_heals: int | None = None
    split_brain: int | None = None
    folder: BrickFolder | None = None
    arbiter: bool = False


@dataclass(frozen=True, slots=True)
class VolumeState:
    """`options` are those that somebody set."""

    name: str
    id: str
    replica: int
    status: VolumeStatus
    bricks: tuple[BrickState, ...]
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def replica_sets(self) -> tuple[tuple[BrickState, ...], ...]:
        return tuple(self.bricks[at : at + self.replica] for at in range(0, len(self.bricks), self.replica))

    @property
    def size_bytes(self) -> int | None:
        """What fits on it: of each replica set what its smallest brick has."""
        return self._smallest(lambda brick: brick.size_bytes)

    @property
    def free_bytes(self) -> int | None:
        """What can still be written: gluster keeps a part of every brick (`storage.reserve`) back."""
        return self._smallest(self._brick_free_bytes)

    @property
    def used_percent(self) -> int | None:
        size, free = self.size_bytes, self.free_bytes
        return None if not size or free is None else 100 * (size - free) // size

    def _brick_free_bytes(self, brick: BrickState) -> int | None:
        if brick.size_bytes is None or brick.free_bytes is None:
            return None
        reserved_bytes = -(-brick.size_bytes * self._reserve_percent() // 100)
        return max(0, brick.free_bytes - reserved_bytes)

    def _reserve_percent(self) -> int:
        text = self.options.get("storage.reserve", "").removesuffix("%")
        return int(text) if text.isdecimal() and int(text) <= 100 else RESERVE_PERCENT

    def _smallest(self, of: Callable[[BrickState], int | None]) -> int | None:
        total = 0
        for bricks in self.replica_sets:
            known = [value for brick in bricks if not brick.arbiter and (value := of(brick)) is not None]
            if not known:
                return None
            total += min(known)
        return total


@dataclass(frozen=True, slots=True)
class PoolState:
    """The pool as `server` sees it. `answered` False: the gluster of that server said nothing, `reason` tells why.
    `facts` has those servers that could be asked."""

    server: str
    answered: bool = True
    reason: str = ""
    uuid: str = ""
    peers: tuple[Peer, ...] = ()
    volumes: tuple[VolumeState, ...] = ()
    facts: Mapping[str, ServerFacts] = field(default_factory=dict)

    def volume(self, name: str) -> VolumeState | None:
        return next((volume for volume in self.volumes if volume.name == name), None)

    @property
    def servers(self) -> Mapping[str, str]:
        """Names by uuid: as bricks call them, else as the pool does."""
        names = {peer.uuid: peer.hostname for peer in self.peers} | {self.uuid: self.server}
        return names | {
            brick.host_uuid: brick.where.server for volume in self.volumes for brick in volume.bricks if brick.host_uuid
        }

    def peer_of(self, brick: BrickState) -> Peer | None:
        """The server of `brick` where it is another one; None for this server's own."""
        return next((peer for peer in self.peers if peer.uuid == brick.host_uuid), None)
