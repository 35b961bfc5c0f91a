"""Chooses who applies changes: the backend of the machine, or the one that stands in while it does not answer."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

from netconf.backend import Backend
from netconf.change_store import Pending
from netconf.errors import CheckpointGone
from netconf.model import Checkpoint
from netconf.uptime import uptime_s

_AGAIN_S = 0.2


class BackendSelector:
    """Without a stand-in it is the backend whatever happens; it says itself why it does not answer.

    `wait_s` is how long it is waited for before another change: one that is started anew is soon there again.
    `backend_by_name` gives other backends, which others may have asked for a change.
    """

    def __init__(
        self,
        default: Backend,
        stand_in: Backend | None = None,
        *,
        backend_by_name: Callable[[str], Backend] | None = None,
        wait_s: float = 0,
    ) -> None:
        self.default, self.stand_in = default, stand_in
        self._named, self._wait_s = backend_by_name, wait_s

    async def present(self) -> Backend:
        return self.default if self.stand_in is None or await self.default.answers() else self.stand_in

    async def present_in_time(self) -> Backend:
        until_s = uptime_s() + self._wait_s
        while True:
            found = await self.present()
            if found is self.default or uptime_s() >= until_s:
                return found
            await asyncio.sleep(_AGAIN_S)

    def is_stand_in(self, name: str) -> bool:
        return self.stand_in is not None and name == self.stand_in.name

    def stands_in(self, backend: Backend) -> bool:
        return backend is self.stand_in

    async def is_overtaken(self, pending: Pending | None) -> bool:
        """Whether a stand-in's change waits and the backend that it stood in for is there again."""
        waits = pending is not None and pending.stands_in_for == self.default.name
        return waits and await self.default.answers()

    async def roll_back_unconfirmed(self, plugged: Mapping[str, str], present: Backend, made_by: str) -> None:
        """What either of them left unconfirmed goes back, as far as it is there, and what another one made."""
        if self.stand_in is not None:
            await self.stand_in.roll_back_unconfirmed(plugged)
        if self._named is not None and made_by not in ("", self.default.name) and not self.is_stand_in(made_by):
            other = self._named(made_by)
            if await other.answers():
                await other.roll_back_unconfirmed(plugged)
        if present is not self.stand_in:
            await present.roll_back_unconfirmed(plugged)

    async def confirm(self, checkpoint: Checkpoint) -> None:
        await self._by_its_maker(lambda backend: backend.confirm(checkpoint))

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        await self._by_its_maker(lambda backend: backend.roll_back(checkpoint))

    async def _by_its_maker(self, end: Callable[[Backend], Awaitable[None]]) -> None:
        """To the other one its checkpoint is gone."""
        if self.stand_in is not None:
            with contextlib.suppress(CheckpointGone):
                await end(self.stand_in)
                return
        await end(self.default)
