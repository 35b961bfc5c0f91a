"""Applies what was confirmed while the backend was away to the backend, once it answers again."""

import logging

from netconf.backend import Backend
from netconf.backend_watchdog import BackendWatchdog
from netconf.change_store import ChangeStore, confirmed_state
from netconf.document import parse
from netconf.errors import Problem
from netconf.kernel.taps import taps
from netconf.model import NetworkState
from netconf.planning.plan_all import plan_all
from netconf.uptime import uptime_s

_DEATHS = 3

log = logging.getLogger(__name__)


class BackendResync:
    """Has the backend resume first, for it does not take for its own what changed while it was away. Then each document
    is applied in the order in which they were confirmed, and stays noted until it is confirmed here, too."""

    def __init__(self, backend: Backend, store: ChangeStore | None, watchdog: BackendWatchdog, within_s: int) -> None:
        self._backend, self._store, self._within_s = backend, store, within_s
        self._watchdog = watchdog
        self._tried, self._deaths = False, 0

    async def retry(self) -> None:
        """Raises Problem when something cannot be made, and then does nothing until the backend has been away again.
        What it dies over again and again is given up."""
        if not self._is_due():
            return
        if not await self._backend.answers():
            self._tried = False
        elif not self._tried:
            self._tried = True
            try:
                await self._all()
            except Problem as err:
                if await self._backend.answers():
                    raise
                self._deaths += 1
                if self._deaths >= _DEATHS:
                    self._give_up(err)

    async def finish(self) -> None:
        """Before a later change: what cannot be made is given up, and drift tells of it."""
        if not self._is_due() or not await self._backend.answers():
            return
        try:
            await self._all()
        except Problem as err:
            self._give_up(err)

    def _give_up(self, err: Problem) -> None:
        log.warning("what was confirmed without %s is given up: %s", self._backend.name, err)
        if self._store is not None:
            self._store.set_pending_resync(())
            self._store.forget_changed_without()

    def _is_due(self) -> bool:
        return self._store is not None and (self._store.changed_without() or bool(self._store.pending_resync()))

    async def _all(self) -> None:
        """Nobody is asked: it was proven when it was confirmed."""
        plugged = taps(await self._backend.show())
        await self._backend.resume()
        await self._backend.roll_back_unconfirmed(plugged)
        while self._store is not None and (owed := self._store.pending_resync()):
            desired = parse(owed[0])
            await self._apply(desired)
            self._store.confirming(confirmed_state(await self._backend.show(), desired, self._store.confirmed()))
            self._store.confirm()
            self._store.set_pending_resync(owed[1:])
            log.info("%s was given what was confirmed without it", self._backend.name)
        if self._store is not None:
            self._store.forget_changed_without()
        self._deaths = 0

    async def _apply(self, desired: NetworkState) -> None:
        observed = await self._backend.show()
        await self._watchdog.begin(desired, observed, uptime_s() + self._within_s)
        try:
            checkpoint = await self._backend.apply(desired, plan_all(desired, observed), self._within_s)
            await self._watchdog.after_apply()
            await self._watchdog.confirm()
            await self._backend.confirm(checkpoint)
        except Problem:
            if not await self._watchdog.roll_back_if_dead():
                await self._watchdog.end(by_backend=True)
            raise
