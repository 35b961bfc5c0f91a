"""The engine volume: replicated bricks on the hosts, blocks of the whiteboard, sanlock's areas, as one shared truth."""

from dataclasses import dataclass, field
from enum import StrEnum

from hosted_engine.ha.whiteboard import CLUSTER_COPIES


class Access(StrEnum):
    """What a host's operations on the volume do now."""

    WORKS = "works"
    STALLS = "stalls"
    FAILS = "fails"


@dataclass(slots=True)
class HostId:
    """A delta lease: who renews it says so with a timestamp, that only changes."""

    generation: int = 0
    timestamp: int = 0  # 0: free


@dataclass(slots=True)
class Volume:
    """What is on the disks; a quorum of bricks makes every write seen by all or by none."""

    blocks: dict[int, bytes] = field(default_factory=dict)
    cluster: list[bytes] = field(default_factory=lambda: [bytes(512)] * CLUSTER_COPIES)
    host_ids: dict[int, HostId] = field(default_factory=dict)
    owner: tuple[int, int] | None = None  # of the engine's lease: host id and generation
    last_owner: int | None = None  # who took it last, whether it has it still
    lives: int = 0  # of the engine: how often its VM was started, which changed what is on its disk
    lease_readable: bool = True
    full: bool = False


@dataclass(slots=True)
class Client:
    """One host's connections to the bricks. A brick that falls silent stalls everything for Gluster's ping-timeout."""

    bricks: int
    connected: frozenset[int] = frozenset()
    stalled_until: float = 0.0
    cut: bool = False  # by an event of its own, whatever the bricks do

    def connect(self, reachable: frozenset[int], now: float, ping_timeout_s: float) -> None:
        if self.connected - reachable:
            self.stalled_until = max(self.stalled_until, now + ping_timeout_s)
        self.connected = reachable

    def access(self, now: float) -> Access:
        if now < self.stalled_until:
            return Access.STALLS
        if self.cut or len(self.connected) * 2 <= self.bricks:
            return Access.FAILS
        return Access.WORKS
