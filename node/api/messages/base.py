"""What every message is."""

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base: unknown fields are ignored, so that a newer peer can say more."""
