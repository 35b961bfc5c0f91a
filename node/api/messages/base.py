"""What every message is."""

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base: unknown fields are ignored, so that a newer peer can say more."""


class Reference(Message, frozen=True, kw_only=True):
    """Says which one is meant, by all of its fields: they stand in the path of a request."""
