"""Rolls back, with the kernel alone, what another backend changed that died in the middle and stays dead.

The state to go back to is recorded right before the change. Routes of others that such a backend loses are restored.

It decides nothing: netconf.backend_watchdog says when. What it remembers is gone with the power, and so is what was
changed.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path as File

from netconf.kernel.backend import Opened
from netconf.kernel.changes import Changes, Record, State
from netconf.kernel.convergence import roll_back_record
from netconf.kernel.executor import RESOLV_CONF, KernelRefused, NetlinkExecutor
from netconf.kernel.namespace import inside
from netconf.kernel.others import of_others, to_restore
from netconf.kernel.state import KernelRoute, KernelState, Link, RoutingRule
from netconf.model import Rule
from netconf.uptime import boot_id, uptime_s

FOLDER = File("/run/trivet/netconf/deputy")
_LATE_S = 30

log = logging.getLogger(__name__)


class KernelRollback:
    """One change at a time, which any process can end. `netns` and `executor` are for tests, as of the kernel
    backend."""

    def __init__(
        self,
        *,
        folder: File = FOLDER,
        resolv_conf: File = RESOLV_CONF,
        netns: str | None = None,
        executor: Callable[[File], Opened] = NetlinkExecutor,
    ) -> None:
        self._changes = Changes(folder)
        self._resolv_conf, self._netns, self._executor = resolv_conf, netns, executor

    @property
    def has_pending(self) -> bool:
        """Whether a change waits that could be taken back, or was and its backend does not know of it."""
        return bool(self._changes.unfinished())

    @property
    def is_overdue(self) -> bool:
        """Whether a change waits whose time was over some time ago."""
        states = map(self._changes.state, self._changes.unfinished())
        return any(state is State.WAITING and until_s + _LATE_S < uptime_s() for state, until_s in states)

    @property
    def rolled_back_for(self) -> str:
        """Whose change was taken back, as long as that has not been told."""
        back = (c for c in self._changes.unfinished() if self._changes.state(c)[0] is State.ROLLING_BACK)
        return next((self._changes.record(change).by for change in back), "")

    @property
    def has_foreign_routes(self) -> bool:
        """Whether there were routes of others before a change that waits."""
        return any(of_others(self._changes.record(change).before) for change in self._changes.unfinished())

    async def begin(
        self,
        by: str,
        names: Collection[str],
        rules: Collection[Rule],
        until_s: float,
        *,
        stays: Callable[[KernelRoute], bool] = lambda _: False,
    ) -> None:
        """The network as it is, before a change of those interfaces that asks for those rules, made by that backend;
        `stays` tells which routes are to be there after it, too. Raises OSError."""
        await asyncio.to_thread(inside, self._netns, partial(self._begin, by, names, rules, until_s, stays))

    async def restore_remaining_routes(self) -> None:
        """The change is made: routes of others that stay, and that its backend has lost, are there again."""
        await asyncio.to_thread(self._restore_routes, lambda record: record.desired.routes)

    async def restore_earlier_routes(self) -> None:
        """The change was taken back by its backend: likewise all that were there before."""
        await asyncio.to_thread(self._restore_routes, lambda record: of_others(record.before))

    async def confirm(self) -> bool:
        """The change is to stay. False when it was taken back."""
        ends = [
            await asyncio.to_thread(self._changes.end, change, State.CONFIRMED) for change in self._changes.unfinished()
        ]
        return all(end is State.CONFIRMED for end in ends)

    async def forget(self) -> None:
        """Its own backend has taken the change back, or will."""
        for change in self._changes.unfinished():
            self._changes.end(change, State.ROLLING_BACK)
            self._changes.mark_rolled_back(change)

    async def roll_back(self) -> tuple[str, ...]:
        """Returns what is left to do, in words. Safe to repeat, and from several processes."""
        return await asyncio.to_thread(self._roll_back)

    def _begin(
        self,
        by: str,
        names: Collection[str],
        rules: Collection[Rule],
        until_s: float,
        stays: Callable[[KernelRoute], bool],
    ) -> None:
        with self._executor(self._resolv_conf) as kernel:
            before = kernel.read_state()
        if self._resolv_conf.is_symlink():  # to what another program writes
            before = replace(before, resolver=None)
        asked = KernelState(
            links=tuple(Link(name) for name in sorted(names)),
            routes=tuple(path for path in of_others(before) if stays(path)),
            rules=tuple(RoutingRule(4, {}, rule) for rule in rules),
        )
        record = Record(before, asked, uptime_s(), boot_id(), self._netns, str(self._resolv_conf), by)
        self._changes.begin(record, until_s)

    def _restore_routes(self, wanted: Callable[[Record], tuple[KernelRoute, ...]]) -> None:
        for change in self._changes.unfinished():
            record = self._changes.record(change)
            if record.boot == boot_id() and (routes := wanted(record)):
                inside(record.namespace, partial(self._add_routes, routes, record))

    def _add_routes(self, routes: tuple[KernelRoute, ...], record: Record) -> None:
        with self._executor(File(record.resolver)) as kernel:
            for operation in to_restore(routes, kernel.read_state()):
                try:
                    kernel.do(operation)
                except KernelRefused as err:  # a gateway that cannot be reached any more, say
                    log.warning("a route of others is gone: %s", err)

    def _roll_back(self) -> tuple[str, ...]:
        left: tuple[str, ...] = ()
        for change in self._changes.unfinished():
            if self._changes.end(change, State.ROLLING_BACK) is State.ROLLING_BACK:
                record = self._changes.record(change)
                if record.boot == boot_id():
                    left += inside(record.namespace, partial(self._roll_back_change, change, record))
        return left

    def _roll_back_change(self, change: str, record: Record) -> tuple[str, ...]:
        with self._changes.turn(change, State.ROLLING_BACK) as mine, self._executor(File(record.resolver)) as kernel:
            return roll_back_record(kernel, record, partial(of_the_change, record)) if mine else ()


def of_the_change(record: Record, now: KernelState) -> KernelState:
    """What belongs to the change of a backend that is dead: all that is new on the interfaces that it was about (what
    came by DHCP, too), and the rules that it asked for. What others made meanwhile does not; pure."""
    names = {link.name for link in record.desired.links}
    asked = [choice.shown for choice in record.desired.rules if choice.shown is not None]
    return KernelState(
        links=record.desired.links,
        addresses=tuple(address for address in now.addresses if address.link in names),
        routes=tuple(path for path in now.routes if path.links and path.links <= names),
        rules=tuple(c for c in now.rules if c.shown is not None and any(rule.matches(c.shown) for rule in asked)),
        resolver=None if record.before.resolver is None else now.resolver,
    )
