"""The engine's transfer port in memory; `refuses` is what it says instead of doing anything."""

from dataclasses import dataclass, field

from node.api.problems import Problem


@dataclass
class FakeProxy:
    url: str = "https://engine.fake:54323"
    tickets: dict[str, str] = field(default_factory=dict)
    """By ticket: where it leads."""
    refuses: Problem | None = None

    async def add(self, *, ticket: str, transfer_id: str, url: str, size_bytes: int, inactivity_timeout_s: int) -> None:
        self._refuse()
        self.tickets[ticket] = url

    async def renew(self, ticket: str) -> bool:
        self._refuse()
        return ticket in self.tickets

    async def remove(self, ticket: str) -> None:
        self._refuse()
        self.tickets.pop(ticket, None)

    def _refuse(self) -> None:
        if self.refuses is not None:
            raise self.refuses
