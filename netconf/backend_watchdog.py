"""Rolls a change back whose backend died in the middle of it and is not started again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from netconf.backend import Backend
from netconf.errors import Problem
from netconf.kernel.others import staying
from netconf.kernel.state import KernelRoute
from netconf.model import NetworkState, Rule
from netconf.planning.completion import complete
from netconf.uptime import uptime_s

AWAY_S = 6  # systemd starts one that died anew within 5 s
_PROBE_EVERY_S = 1.0

log = logging.getLogger(__name__)


class Rollback(Protocol):
    """`netconf.kernel.rollback.KernelRollback`, or one in memory."""

    @property
    def has_pending(self) -> bool: ...

    @property
    def is_overdue(self) -> bool: ...

    @property
    def rolled_back_for(self) -> str: ...

    @property
    def has_foreign_routes(self) -> bool: ...

    async def begin(
        self,
        by: str,
        names: Collection[str],
        rules: Collection[Rule],
        until_s: float,
        *,
        stays: Callable[[KernelRoute], bool],
    ) -> None:
        """Raises OSError."""
        ...

    async def restore_remaining_routes(self) -> None: ...

    async def restore_earlier_routes(self) -> None: ...

    async def confirm(self) -> bool: ...

    async def forget(self) -> None: ...

    async def roll_back(self) -> tuple[str, ...]: ...


class BackendWatchdog:
    """Watches a backend that rolls back by itself as long as it lives. Once it has been away for AWAY_S, `rollback`
    takes its unconfirmed change back in its place. Without a `rollback` nothing is done."""

    def __init__(self, backend: Backend, rollback: Rollback | None) -> None:
        self._backend, self._rollback = backend, rollback

    async def watch(self) -> None:
        """Never ends; several processes may."""
        if self._rollback is None:
            return
        away_since_s: float | None = None
        while True:
            await asyncio.sleep(_PROBE_EVERY_S)
            try:
                if not await self._check_missing(self._rollback):
                    away_since_s = None
                elif away_since_s is None:
                    away_since_s = uptime_s()
                elif uptime_s() - away_since_s >= AWAY_S:
                    await self._roll_back(self._rollback)
            except Exception:  # whoever stands by goes on
                log.exception("standing by for %s", self._backend.name)

    async def _check_missing(self, rollback: Rollback) -> bool:
        """Whether a change waits for a backend that is away."""
        if not rollback.has_pending:
            return False
        if not await self._backend.answers():
            return True
        if rollback.is_overdue:  # who made the change died, and the backend went back
            await self.end(by_backend=True)
        return False

    async def begin(self, desired: NetworkState, observed: NetworkState, until_s: float) -> None:
        """Note the network before a change that waits until then. The change is made even if this fails: the backend
        has its own way back."""
        if self._rollback is None:
            return
        completed = complete(desired, observed)
        names = {i.name for i in completed.interfaces} | {port for i in completed.interfaces for port in i.ports or ()}
        names |= {route.interface for route in completed.routes or () if route.interface}
        try:
            stays = staying(completed, observed)
            await self._rollback.begin(self._backend.name, names, completed.rules or (), until_s, stays=stays)
        except OSError as err:
            log.warning("should %s die for good the change will not go back: %s", self._backend.name, err)

    async def after_apply(self) -> None:
        """The change is in force: routes of others that its backend has lost over it are given back."""
        if self._rollback is not None and self._rollback.has_pending:
            await self._restore_routes(self._rollback.restore_remaining_routes)

    async def roll_back_if_dead(self) -> bool:
        """For a change that is to go back now. False when its backend lives, or does again: it has done so, or can."""
        if self._rollback is None or not self._rollback.has_pending:
            return False
        until_s = uptime_s() + AWAY_S
        while not await self._backend.answers():
            if uptime_s() >= until_s:
                await self._roll_back(self._rollback)
                return True
            await asyncio.sleep(_PROBE_EVERY_S)
        return False

    async def confirm(self) -> bool:
        """The change was proven. False when it was taken back before; a backend that is dead can keep nothing."""
        if self._rollback is None or not await self._backend.answers():
            return True
        return await self._rollback.confirm()

    async def end(self, *, by_backend: bool) -> None:
        """The change is taken back by the backend, or has to be now, before another one is made without it."""
        if self._rollback is not None:
            if not by_backend:
                await self._rollback.roll_back()
            elif self._rollback.has_foreign_routes:
                await self._restore_routes(self._rollback.restore_earlier_routes)
            await self._rollback.forget()

    async def _restore_routes(self, give: Callable[[], Awaitable[None]]) -> None:
        """What cannot be given is no reason to end the change otherwise than it has ended."""
        try:
            await self._backend.wait_idle()
            await give()
        except (Problem, OSError, LookupError, ValueError) as err:
            log.warning("routes of others may be gone: %s", err)

    async def returned_backend(self) -> str:
        """The name of a backend that is there again and has to be told that its change was taken back; or nothing."""
        if self._rollback is None or not self._rollback.rolled_back_for or not await self._backend.answers():
            return ""
        return self._rollback.rolled_back_for

    async def _roll_back(self, rollback: Rollback) -> None:
        is_first = not rollback.rolled_back_for
        left = await rollback.roll_back()
        if is_first or left:
            log.warning(
                "%s is dead, its unconfirmed change was taken back without it%s",
                self._backend.name,
                f"; there is left: {'; '.join(left)}" if left else "",
            )
