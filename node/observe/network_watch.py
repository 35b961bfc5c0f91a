"""Follows the network of this node for as long as the agent runs, and tells who listens."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from netconf.watch import document
from netconf.watch.changes import changes
from netconf.watch.view import View
from netconf.watch.watch import Moment
from node.api.messages.network import LinkCounters, LinkReport, NetworkUpdate
from node.clock import Clock
from node.observe import links

AGAIN_S = 2.0

log = logging.getLogger(__name__)


class Following(Protocol):
    """Of netconf.watch.watch.Watch."""

    view: View

    def moments(self) -> AsyncIterator[Moment]: ...


class NetworkWatch:
    """`watch` makes an observer. One that dies is replaced; what happened meanwhile is told then."""

    def __init__(
        self,
        watch: Callable[[], AbstractAsyncContextManager[Following]],
        notify: Callable[[NetworkUpdate], None],
        clock: Clock,
    ) -> None:
        self._watch = watch
        self._notify = notify
        self._clock = clock
        self._view: View | None = None
        self._reports: dict[str, LinkReport] = {}

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                async with self._watch() as following:
                    self._begin(following.view)
                    async for moment in following.moments():
                        self._take(moment)
            except Exception:
                log.exception("the network is not followed; it is tried again in %.0f s", AGAIN_S)
            await self._clock.sleep(AGAIN_S)

    def update(self) -> NetworkUpdate | None:
        """All that there is; None before the first look."""
        return (
            None if self._view is None else NetworkUpdate(links=tuple(self._reports.values()), drift=self._view.drift)
        )

    def counters(self) -> dict[str, LinkCounters]:
        return {} if self._view is None else links.counters(self._view, self._reports)

    def observed(self) -> dict[str, object] | None:
        return None if self._view is None else document.render(self._view)

    def _begin(self, view: View) -> None:
        """What happened before the agent began is no update to anybody."""
        before = self._view
        log.info("following the network: %d links", len(view.kernel.links))
        self._take(Moment(0, view, changes(before, view) if before is not None else ()))

    def _take(self, moment: Moment) -> None:
        drift_before = self._view.drift if self._view is not None else None
        before, self._view = self._reports, moment.view
        self._reports = links.reports(moment.view)
        changed = tuple(report for name, report in self._reports.items() if before.get(name) != report)
        gone = tuple(sorted(before.keys() - self._reports.keys()))
        events = links.event_messages(moment.events, moment.view)
        if changed or gone or events or drift_before != moment.view.drift:
            self._notify(NetworkUpdate(links=changed, gone=gone, events=events, drift=moment.view.drift))
