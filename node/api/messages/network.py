"""The network of a node, and the names of the site's machines on it."""

from node.api.messages.base import Message


class NamesRequest(Message, frozen=True, kw_only=True):
    """Name → address of every machine of the site; replaces what was known before (a block in /etc/hosts).
    The same is the answer to what the node knows now."""

    names: dict[str, str]


class PendingChange(Message, frozen=True, kw_only=True):
    """A change that goes back by itself in `left_s` unless it is confirmed; `checkpoint` is empty while it is made.

    Whoever asked for it may have lost the answer with the connection, and finds here what to confirm."""

    checkpoint: str
    left_s: float
    says: tuple[str, ...] = ()


class NetworkReport(Message, frozen=True, kw_only=True):
    """The network of the node, a document in nmstate's schema, and the change that waits to be confirmed."""

    document: dict[str, object]
    pending: PendingChange | None = None


class NetworkRequest(Message, frozen=True, kw_only=True):
    """Wish for the network in nmstate's schema; goes back by itself unless confirmed within `confirm_within_s`, which
    is from 5 to 600 and begins before anything is changed."""

    document: dict[str, object]
    confirm_within_s: int = 50


class NetworkChange(Message, frozen=True, kw_only=True):
    """`changed` is false when the node was already so; then there is nothing to confirm."""

    changed: bool
    checkpoint: str = ""
    says: tuple[str, ...] = ()
