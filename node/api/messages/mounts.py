"""Gluster volumes as they are mounted on a node."""

from node.api.messages.base import Message


class MountRequest(Message, frozen=True, kw_only=True):
    """`servers` are tried in order; the mount stays wished for over reboots until it is removed."""

    volume: str
    servers: tuple[str, ...]


class MountReport(Message, frozen=True, kw_only=True):
    volume: str
    mounted: bool
    path: str
    size_bytes: int | None = None
    free_bytes: int | None = None
    detail: str = ""
