"""The site's Gluster pool as one node sees it, and the wishes that make it."""

import msgspec

from gluster.diagnosis.problem import Health
from gluster.report import StorageReport
from node.api.messages.base import Message


class PeerReport(Message, frozen=True, kw_only=True):
    uuid: str
    hostname: str
    connected: bool
    state: str


class BrickReport(Message, frozen=True, kw_only=True):
    """`pending_heals` counts entries that wait to be healed on this brick; None when the brick does not answer."""

    server: str
    path: str
    online: bool
    pending_heals: int | None = None


class VolumeReport(Message, frozen=True, kw_only=True):
    """`id` is Gluster's own; it marks the volume's bricks."""

    name: str
    status: str
    type: str
    replica: int
    bricks: tuple[BrickReport, ...]
    options: dict[str, str]
    id: str = ""


class GlusterReport(Message, frozen=True, kw_only=True):
    peers: tuple[PeerReport, ...]
    volumes: tuple[VolumeReport, ...]


class StorageState(Message, frozen=True, kw_only=True):
    """The true state of the pool, looked at when it was `at` by the node's clock."""

    at: float
    report: StorageReport


class StorageUpdate(Message, frozen=True, kw_only=True):
    """That the state of the storage has changed, in short: `problems` are their keys (kind and subject)."""

    health: Health
    problems: tuple[str, ...] = ()


class PeerRequest(Message, frozen=True, kw_only=True):
    hostname: str


class BrickRequest(Message, frozen=True, kw_only=True):
    """`path` is the brick's folder on this node."""

    path: str


class BrickRemoval(Message, frozen=True, kw_only=True):
    """`path` is the brick's folder on this node, `volume_id` the id of the volume that it was a brick of."""

    path: str
    volume_id: str


class VolumeRequest(Message, frozen=True, kw_only=True):
    """The wish for a volume: bricks are `server:path` in replica order; options are set over `group`."""

    name: str
    replica: int
    bricks: tuple[str, ...]
    group: str | None = "virt"
    options: dict[str, str] = msgspec.field(default_factory=dict)
