"""Between which nodes VMs may move while they run."""

from typing import Annotated

from msgspec import Meta

from node.api.messages.base import Message

NodeName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")]


class MigrationRequest(Message, frozen=True, kw_only=True):
    """`members` are the names of all nodes of the site, this one among them; none: VMs move nowhere."""

    members: tuple[NodeName, ...]


class MigrationReport(Message, frozen=True, kw_only=True):
    """`members` are those whose certificates are taken, sorted; `listening`: libvirt waits for them."""

    members: tuple[str, ...]
    listening: bool
