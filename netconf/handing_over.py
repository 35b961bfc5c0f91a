"""Gives the backend what was confirmed without it, once it is there again: it comes up with what it knew before."""

import logging

from netconf.backend import Backend
from netconf.document import parse
from netconf.errors import Problem
from netconf.kept import Kept, of_wishes
from netconf.kernel.taps import taps
from netconf.model import NetworkState
from netconf.planning.whole import whole
from netconf.standing_by import StandingBy
from netconf.uptime import uptime_s

_DEATHS = 3

log = logging.getLogger(__name__)


class HandingOver:
    """Also when nothing was confirmed: what went back without it it does not take for its own. Then one document after
    the other, as they were wished for; each is known to be owed until it is confirmed here."""

    def __init__(self, backend: Backend, kept: Kept | None, standing_by: StandingBy, within_s: int) -> None:
        self._backend, self._kept, self._within_s = backend, kept, within_s
        self._standing_by = standing_by
        self._tried, self._deaths = False, 0

    async def tried(self) -> None:
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

    async def done(self) -> None:
        """Before a later wish: what cannot be made is given up, and drift tells of it."""
        if not self._is_due() or not await self._backend.answers():
            return
        try:
            await self._all()
        except Problem as err:
            self._give_up(err)

    def _give_up(self, err: Problem) -> None:
        log.warning("what was confirmed without %s is given up: %s", self._backend.name, err)
        if self._kept is not None:
            self._kept.owe(())
            self._kept.forget_changed_without()

    def _is_due(self) -> bool:
        return self._kept is not None and (self._kept.changed_without() or bool(self._kept.owed()))

    async def _all(self) -> None:
        """Nobody is asked: it was proven when it was confirmed."""
        plugged = taps(await self._backend.show())
        await self._backend.resume()
        await self._backend.settle(plugged)
        while self._kept is not None and (owed := self._kept.owed()):
            wish = parse(owed[0])
            await self._given(wish)
            self._kept.confirming(of_wishes(await self._backend.show(), wish, self._kept.confirmed()))
            self._kept.confirm()
            self._kept.owe(owed[1:])
            log.info("%s was given what was confirmed without it", self._backend.name)
        if self._kept is not None:
            self._kept.forget_changed_without()
        self._deaths = 0

    async def _given(self, wish: NetworkState) -> None:
        observed = await self._backend.show()
        await self._standing_by.begin(wish, observed, uptime_s() + self._within_s)
        try:
            checkpoint = await self._backend.apply(wish, whole(wish, observed), self._within_s)
            await self._standing_by.made()
            await self._standing_by.is_kept()
            await self._backend.confirm(checkpoint)
        except Problem:
            if not await self._standing_by.took_back():
                await self._standing_by.over(by_backend=True)
            raise
