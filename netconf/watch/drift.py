"""Whether the network is still as it was confirmed, as far as the observer wants to know."""

from typing import Protocol

from netconf.errors import Problem
from netconf.planning.plan import Step


class Confirmed(Protocol):
    """Of netconf.facade.Network."""

    async def drift(self) -> tuple[Step, ...] | None: ...
    async def pending(self) -> object | None: ...


class Drift:
    """While a change waits for its confirmation, what was known before stands."""

    def __init__(self, network: Confirmed) -> None:
        self._network = network
        self._last: tuple[str, ...] | None = None

    async def __call__(self) -> tuple[str, ...] | None:
        """A sentence for each difference; None when nothing was ever confirmed, or nobody can tell."""
        try:
            if await self._network.pending() is None:
                steps = await self._network.drift()
                self._last = None if steps is None else tuple(step.description for step in steps)
        except Problem:
            self._last = None
        return self._last
