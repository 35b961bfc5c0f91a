"""Gives the backend what was confirmed without it, once it is there again: it comes up with what it knew before."""

import logging

from netconf.backend import Backend
from netconf.document import parse
from netconf.errors import Problem
from netconf.kept import Kept, of_wishes
from netconf.kernel.taps import taps
from netconf.planning.whole import whole

log = logging.getLogger(__name__)


class HandingOver:
    """Also when nothing was confirmed: what went back without it it does not take for its own. Then one document after
    the other, as they were wished for; each is known to be owed until it is confirmed here."""

    def __init__(self, backend: Backend, kept: Kept | None, within_s: int) -> None:
        self._backend, self._kept, self._within_s = backend, kept, within_s
        self._tried = False

    async def tried(self) -> None:
        """Raises Problem when something cannot be made, and then does nothing until the backend has been away again."""
        if not self._is_due():
            return
        if not await self._backend.answers():
            self._tried = False
        elif not self._tried:
            self._tried = True
            await self._all()

    async def done(self) -> None:
        """Before a later wish: what cannot be made is given up, and drift tells of it."""
        if not self._is_due() or not await self._backend.answers():
            return
        try:
            await self._all()
        except Problem as err:
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
            steps = whole(wish, await self._backend.show())
            await self._backend.confirm(await self._backend.apply(wish, steps, self._within_s))
            self._kept.confirming(of_wishes(await self._backend.show(), wish, self._kept.confirmed()))
            self._kept.confirm()
            self._kept.owe(owed[1:])
            log.info("%s was given what was confirmed without it", self._backend.name)
        if self._kept is not None:
            self._kept.forget_changed_without()
