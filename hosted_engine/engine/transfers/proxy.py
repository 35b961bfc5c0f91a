"""The engine's own transfer port as commands see it: who has a ticket reaches the node's through it."""

from typing import Protocol


class TransferProxy(Protocol):
    """`url` is where clients find it. What cannot be done raises a Problem."""

    url: str

    async def add(self, *, ticket: str, transfer_id: str, url: str, size_bytes: int, inactivity_timeout_s: int) -> None:
        """Whoever has the ticket is let through to `url`, until it is not renewed."""

    async def renew(self, ticket: str) -> bool:
        """Whether it was there."""

    async def remove(self, ticket: str) -> None: ...
