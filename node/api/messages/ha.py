"""What keeps the engine alive while the engine is dead: files on its volume, and a service on every node."""

from node.api.messages.base import Message


class SiteFilesRequest(Message, frozen=True, kw_only=True):
    """Texts by file name. They lie in the folder `ha` of the volume, private to root, each replaced at once."""

    files: dict[str, str]


class SiteFilesReport(Message, frozen=True, kw_only=True):
    """SHA-256 of each file by name, in lower-case hexadecimal digits."""

    digests: dict[str, str]


class HaReport(Message, frozen=True, kw_only=True):
    """`keeps`: trivet-ha is to run on this node, now and after every boot. `active`: it does."""

    keeps: bool
    active: bool
