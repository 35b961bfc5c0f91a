"""The event stream of a node: one line of it, and the kinds there are."""

from enum import StrEnum

import msgspec

from node.api.messages.base import Message
from node.api.messages.gluster import StorageUpdate
from node.api.messages.guests import GuestReport
from node.api.messages.ha import HaReport
from node.api.messages.machine import Statistics
from node.api.messages.mounts import MountReport
from node.api.messages.network import LinkCounters, NetworkUpdate
from node.api.messages.vms import VmReport


class EventKind(StrEnum):
    """HEARTBEAT comes every 5 s, so that silence means something."""

    HELLO = "hello"
    HEARTBEAT = "heartbeat"
    VM = "vm"
    MOUNT = "mount"
    NETWORK = "network"


class Event(Message, frozen=True, kw_only=True):
    """One line of the event stream. HELLO comes first, with all VMs and links: from it on the stream is complete.
    `number` counts up within `boot_id` of the agent process. HELLO and HEARTBEAT have the `counters` of the links.
    `storage` comes with a HEARTBEAT of its own when the state of the storage has changed: older callers skip it.
    HELLO and HEARTBEAT have `ha`, None where it could not be looked at in time. `guests` are in HELLO all of which
    something is known; what changes comes, as `storage` does, with a HEARTBEAT of its own."""

    number: int
    kind: EventKind
    at: float
    vms: tuple[VmReport, ...] = ()
    vm: VmReport | None = None
    statistics: Statistics | None = None
    mounts: tuple[MountReport, ...] = ()
    network: NetworkUpdate | None = None
    storage: StorageUpdate | None = None
    ha: HaReport | None = None
    guests: tuple[GuestReport, ...] = ()
    counters: dict[str, LinkCounters] = msgspec.field(default_factory=dict)
    detail: str = ""
