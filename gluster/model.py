"""Peers, bricks and volumes as they are or as they should be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class PeerState(StrEnum):
    """What glusterd knows of a peer; only IN_CLUSTER can carry bricks. OTHER keeps newer states apart from errors."""

    IN_CLUSTER = "Peer in Cluster"
    ACCEPTED = "Accepted peer request"
    SENT_AND_RECEIVED = "Sent and Received peer request"
    REJECTED = "Peer Rejected"
    PROBE_SENT = "Probe Sent to Peer"
    OTHER = "other"


class VolumeStatus(StrEnum):
    CREATED = "Created"
    STARTED = "Started"
    STOPPED = "Stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server of the pool. `names` are all names and addresses it is known by, `hostname` the first."""

    uuid: str
    hostname: str
    connected: bool
    state: PeerState
    names: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        return self.connected and self.state is PeerState.IN_CLUSTER


@dataclass(frozen=True, slots=True, order=True)
class BrickPath:
    """Where a brick lies: `server:path` on the command line."""

    server: str
    path: str

    @classmethod
    def from_text(cls, text: str) -> Self:
        """From `server:/path`; raises ValueError on anything else."""
        server, colon, path = text.partition(":/")
        if not server or not colon:
            raise ValueError(f"a brick is written server:/path, not {text!r}")
        return cls(server, "/" + path.strip("/"))

    def __str__(self) -> str:
        return f"{self.server}:{self.path}"


@dataclass(frozen=True, slots=True)
class Brick:
    """`online` is None where nobody could say (volume not started, server not connected)."""

    where: BrickPath
    host_uuid: str = ""
    online: bool | None = None
    port: int | None = None
    pid: int | None = None
    arbiter: bool = False


@dataclass(frozen=True, slots=True)
class Volume:
    """`type` is gluster's word ("Replicate", "Distribute", …); `options` are those that somebody set."""

    name: str
    id: str
    type: str
    replica: int
    status: VolumeStatus
    bricks: tuple[Brick, ...]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HealCount:
    """Entries that wait to be healed on one brick; None when the brick does not answer."""

    where: BrickPath
    pending: int | None
    split_brain: int | None = None
    possibly_healing: int | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool as this server sees it; `peers` are the others."""

    uuid: str
    peers: tuple[Peer, ...] = ()
    volumes: tuple[Volume, ...] = ()

    def peer(self, name: str) -> Peer | None:
        return next((peer for peer in self.peers if name == peer.hostname or name in peer.names), None)

    def volume(self, name: str) -> Volume | None:
        return next((volume for volume in self.volumes if volume.name == name), None)


@dataclass(frozen=True, slots=True)
class DesiredVolume:
    """The wish for a volume. `bricks` come in replica order; `options` win over those of `group`.

    `group` names a file of option settings that GlusterFS ships (`virt` for VM images); None sets none.
    """

    name: str
    replica: int
    bricks: tuple[BrickPath, ...]
    group: str | None = "virt"
    options: Mapping[str, str] = field(default_factory=dict)
