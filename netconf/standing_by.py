"""Sees to it that a change goes back, too, when its backend died in the middle and nobody starts it anew."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from netconf.backend import Backend
from netconf.errors import Problem
from netconf.kernel.others import staying
from netconf.kernel.picture import Path
from netconf.model import NetworkState, Rule
from netconf.planning.wish import complete
from netconf.uptime import uptime_s

AWAY_S = 6  # systemd starts one that died anew within 5 s
_LOOK_EVERY_S = 1.0

log = logging.getLogger(__name__)


class Deputy(Protocol):
    """`netconf.kernel.deputy.Deputy`, or one in memory."""

    @property
    def is_on_guard(self) -> bool: ...

    @property
    def is_late(self) -> bool: ...

    @property
    def taken_back_of(self) -> str: ...

    @property
    def minds_routes(self) -> bool: ...

    async def remember(
        self, by: str, names: Collection[str], rules: Collection[Rule], until_s: float, *, stays: Callable[[Path], bool]
    ) -> None:
        """Raises OSError."""
        ...

    async def give_on(self) -> None: ...

    async def give_back(self) -> None: ...

    async def keep(self) -> bool: ...

    async def forget(self) -> None: ...

    async def take_back(self) -> tuple[str, ...]: ...


class StandingBy:
    """Behind a backend that goes back by itself as long as it lives: a change that it made and cannot take back, for it
    has been away for AWAY_S, is taken back by `deputy`. Without one nothing is done."""

    def __init__(self, backend: Backend, deputy: Deputy | None) -> None:
        self._backend, self._deputy = backend, deputy

    async def watch(self) -> None:
        """Never ends; several processes may."""
        if self._deputy is None:
            return
        away_since_s: float | None = None
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                if not await self._is_missed(self._deputy):
                    away_since_s = None
                elif away_since_s is None:
                    away_since_s = uptime_s()
                elif uptime_s() - away_since_s >= AWAY_S:
                    await self._take_back(self._deputy)
            except Exception:  # whoever stands by goes on
                log.exception("standing by for %s", self._backend.name)

    async def _is_missed(self, deputy: Deputy) -> bool:
        """Whether a change waits for a backend that is away."""
        if not deputy.is_on_guard:
            return False
        if not await self._backend.answers():
            return True
        if deputy.is_late:  # who made the change died, and the backend went back
            await self.over(by_backend=True)
        return False

    async def begin(self, desired: NetworkState, observed: NetworkState, until_s: float) -> None:
        """Before a change that waits until then. Going without is no reason not to make it: the backend is the one who
        promises."""
        if self._deputy is None:
            return
        wish = complete(desired, observed)
        names = {i.name for i in wish.interfaces} | {port for i in wish.interfaces for port in i.ports or ()}
        names |= {route.interface for route in wish.routes or () if route.interface}
        try:
            stays = staying(wish, observed)
            await self._deputy.remember(self._backend.name, names, wish.rules or (), until_s, stays=stays)
        except OSError as err:
            log.warning("should %s die for good the change will not go back: %s", self._backend.name, err)

    async def made(self) -> None:
        """The change is in force: routes of others that its backend has lost over it are given back."""
        if self._deputy is not None and self._deputy.is_on_guard:
            await self._given(self._deputy.give_on)

    async def took_back(self) -> bool:
        """For a change that is to go back now. False when its backend lives, or does again: it has done so, or can."""
        if self._deputy is None or not self._deputy.is_on_guard:
            return False
        until_s = uptime_s() + AWAY_S
        while not await self._backend.answers():
            if uptime_s() >= until_s:
                await self._take_back(self._deputy)
                return True
            await asyncio.sleep(_LOOK_EVERY_S)
        return False

    async def is_kept(self) -> bool:
        """The change was proven. False when it was taken back before; a backend that is dead can keep nothing."""
        if self._deputy is None or not await self._backend.answers():
            return True
        return await self._deputy.keep()

    async def over(self, *, by_backend: bool) -> None:
        """The change is taken back by the backend, or has to be now, before another one is made without it."""
        if self._deputy is not None:
            if not by_backend:
                await self._deputy.take_back()
            elif self._deputy.minds_routes:
                await self._given(self._deputy.give_back)
            await self._deputy.forget()

    async def _given(self, give: Callable[[], Awaitable[None]]) -> None:
        """What cannot be given is no reason to end the change otherwise than it has ended."""
        try:
            await self._backend.rest()
            await give()
        except (Problem, OSError, LookupError, ValueError) as err:
            log.warning("routes of others may be gone: %s", err)

    async def back_again(self) -> str:
        """The name of a backend that is there again and has to be told that its change was taken back; or nothing."""
        if self._deputy is None or not self._deputy.taken_back_of or not await self._backend.answers():
            return ""
        return self._deputy.taken_back_of

    async def _take_back(self, deputy: Deputy) -> None:
        is_first = not deputy.taken_back_of
        left = await deputy.take_back()
        if is_first or left:
            log.warning(
                "%s is dead, its unconfirmed change was taken back without it%s",
                self._backend.name,
                f"; there is left: {'; '.join(left)}" if left else "",
            )
