"""sanlock on a mounted storage domain: lockspaces that nodes join, and leases in them."""

from node.api.messages.base import Message


class LockspaceRequest(Message, frozen=True, kw_only=True):
    """A sanlock lockspace in a file on a mounted storage domain; `host_id` (1–2000) is this node's number in it."""

    name: str
    storage_domain: str
    host_id: int
    io_timeout_s: int = 10


class LockspaceReport(Message, frozen=True, kw_only=True):
    name: str
    storage_domain: str
    host_id: int
    joined: bool
    detail: str = ""


class LeaseTimersRequest(Message, frozen=True, kw_only=True):
    """`watchdog_fire_timeout_s` is sanlock's on this node, and has to be the same on all nodes of a site;
    `io_timeouts_s` are those of lockspaces by name."""

    watchdog_fire_timeout_s: int
    io_timeouts_s: dict[str, int]


class LeaseTimersReport(Message, frozen=True, kw_only=True):
    """What sanlock works with now. `io_timeouts_s` are those of the lockspaces that it is in. `watchdog`: what it
    cannot end is ended by a watchdog with the whole machine."""

    watchdog_fire_timeout_s: int
    io_timeouts_s: dict[str, int]
    watchdog: bool


class LeaseRequest(Message, frozen=True, kw_only=True):
    lockspace: str
    resource: str
    storage_domain: str


class LeaseReport(Message, frozen=True, kw_only=True):
    """`holder` is the host_id that holds the lease, None when it is free."""

    lockspace: str
    resource: str
    exists: bool
    holder: int | None = None
