"""Takes back what another backend has changed when that died in the middle and stays dead: with the kernel alone, from
what the network was right before.

The routes of others that such a backend loses on its way there or back, it gives back.

It decides nothing: netconf.standing_by says when. What it remembers is gone with the power, as is what was changed.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path as File

from netconf.kernel.backend import Opened
from netconf.kernel.changes import Changes, Record, State
from netconf.kernel.going import restore
from netconf.kernel.hands import RESOLV_CONF, Hands, KernelSaidNo
from netconf.kernel.namespace import inside
from netconf.kernel.others import of_others, to_give
from netconf.kernel.picture import Choice, Link, Path, Picture
from netconf.model import Rule
from netconf.uptime import boot_id, uptime_s

FOLDER = File("/run/trivet/netconf/deputy")
_LATE_S = 30

log = logging.getLogger(__name__)


class Deputy:
    """One change at a time, which any process can end. `netns` and `hands` are for tests, as of the kernel backend."""

    def __init__(
        self,
        *,
        folder: File = FOLDER,
        resolv_conf: File = RESOLV_CONF,
        netns: str | None = None,
        hands: Callable[[File], Opened] = Hands,
    ) -> None:
        self._changes = Changes(folder)
        self._resolv_conf, self._netns, self._hands = resolv_conf, netns, hands

    @property
    def is_on_guard(self) -> bool:
        """Whether a change waits that could be taken back, or was and its backend does not know of it."""
        return bool(self._changes.unfinished())

    @property
    def is_late(self) -> bool:
        """Whether a change waits whose time was over some time ago."""
        states = map(self._changes.state, self._changes.unfinished())
        return any(state is State.WAITING and until_s + _LATE_S < uptime_s() for state, until_s in states)

    @property
    def taken_back_of(self) -> str:
        """Whose change was taken back, as long as that has not been told."""
        back = (c for c in self._changes.unfinished() if self._changes.state(c)[0] is State.BACK)
        return next((self._changes.record(change).by for change in back), "")

    @property
    def minds_routes(self) -> bool:
        """Whether there were routes of others before a change that waits."""
        return any(of_others(self._changes.record(change).before) for change in self._changes.unfinished())

    async def remember(
        self,
        by: str,
        names: Collection[str],
        rules: Collection[Rule],
        until_s: float,
        *,
        stays: Callable[[Path], bool] = lambda _: False,
    ) -> None:
        """The network as it is, before a change of those interfaces that asks for those rules, made by that backend;
        `stays` tells which routes are to be there after it, too. Raises OSError."""
        await asyncio.to_thread(inside, self._netns, partial(self._remember, by, names, rules, until_s, stays))

    async def give_on(self) -> None:
        """The change is made: routes of others that stay, and that its backend has lost, are there again."""
        await asyncio.to_thread(self._give, lambda record: record.wished.routes)

    async def give_back(self) -> None:
        """The change was taken back by its backend: likewise all that were there before."""
        await asyncio.to_thread(self._give, lambda record: of_others(record.before))

    async def keep(self) -> bool:
        """The change is to stay. False when it was taken back."""
        ends = [await asyncio.to_thread(self._changes.end, change, State.KEPT) for change in self._changes.unfinished()]
        return all(end is State.KEPT for end in ends)

    async def forget(self) -> None:
        """Its own backend has taken the change back, or will."""
        for change in self._changes.unfinished():
            self._changes.end(change, State.BACK)
            self._changes.went_back(change)

    async def take_back(self) -> tuple[str, ...]:
        """Returns what is left to do, in words. Safe to repeat, and from several processes."""
        return await asyncio.to_thread(self._take_back)

    def _remember(
        self,
        by: str,
        names: Collection[str],
        rules: Collection[Rule],
        until_s: float,
        stays: Callable[[Path], bool],
    ) -> None:
        with self._hands(self._resolv_conf) as kernel:
            before = kernel.look()
        if self._resolv_conf.is_symlink():  # to what another program writes
            before = replace(before, resolver=None)
        asked = Picture(
            links=tuple(Link(name) for name in sorted(names)),
            routes=tuple(path for path in of_others(before) if stays(path)),
            rules=tuple(Choice(4, {}, rule) for rule in rules),
        )
        record = Record(before, asked, uptime_s(), boot_id(), self._netns, str(self._resolv_conf), by)
        self._changes.begin(record, until_s)

    def _give(self, wanted: Callable[[Record], tuple[Path, ...]]) -> None:
        for change in self._changes.unfinished():
            record = self._changes.record(change)
            if record.boot == boot_id() and (routes := wanted(record)):
                inside(record.namespace, partial(self._given, routes, record))

    def _given(self, routes: tuple[Path, ...], record: Record) -> None:
        with self._hands(File(record.resolver)) as kernel:
            for operation in to_give(routes, kernel.look()):
                try:
                    kernel.do(operation)
                except KernelSaidNo as err:  # a gateway that cannot be reached any more, say
                    log.warning("a route of others is gone: %s", err)

    def _take_back(self) -> tuple[str, ...]:
        left: tuple[str, ...] = ()
        for change in self._changes.unfinished():
            if self._changes.end(change, State.BACK) is State.BACK:
                record = self._changes.record(change)
                if record.boot == boot_id():
                    left += inside(record.namespace, partial(self._gone_back, change, record))
        return left

    def _gone_back(self, change: str, record: Record) -> tuple[str, ...]:
        with self._changes.turn(change, State.BACK) as mine, self._hands(File(record.resolver)) as kernel:
            return restore(kernel, record, partial(of_the_change, record)) if mine else ()


def of_the_change(record: Record, now: Picture) -> Picture:
    """What belongs to the change of a backend that is dead: all that is new on the interfaces that it was about (what
    came by DHCP, too), and the rules that it asked for. What others made meanwhile does not; pure."""
    names = {link.name for link in record.wished.links}
    asked = [choice.shown for choice in record.wished.rules if choice.shown is not None]
    return Picture(
        links=record.wished.links,
        addresses=tuple(address for address in now.addresses if address.link in names),
        routes=tuple(path for path in now.routes if path.links and path.links <= names),
        rules=tuple(c for c in now.rules if c.shown is not None and any(rule.matches(c.shown) for rule in asked)),
        resolver=None if record.before.resolver is None else now.resolver,
    )
