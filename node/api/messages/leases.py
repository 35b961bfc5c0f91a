"""sanlock on a mounted volume: lockspaces that nodes join, and leases in them."""

from node.api.messages.base import Message


class LockspaceRequest(Message, frozen=True, kw_only=True):
    """A sanlock lockspace in a file on a mounted volume; `host_id` (1–2000) is this node's number in it."""

    name: str
    volume: str
    host_id: int
    io_timeout_s: int = 10


class LockspaceReport(Message, frozen=True, kw_only=True):
    name: str
    volume: str
    host_id: int
    joined: bool
    detail: str = ""


class LeaseRequest(Message, frozen=True, kw_only=True):
    lockspace: str
    resource: str
    volume: str


class LeaseReport(Message, frozen=True, kw_only=True):
    """`holder` is the host_id that holds the lease, None when it is free."""

    lockspace: str
    resource: str
    exists: bool
    holder: int | None = None
