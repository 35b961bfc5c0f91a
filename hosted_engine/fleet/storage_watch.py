"""Follows the state of the site's storage: asks a node that is up, at once when one says that it has changed."""

import asyncio
import logging
from collections.abc import Callable, Iterable

import msgspec

from gluster.diagnosis.problem import Kind
from gluster.report import StorageReport
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Store
from hosted_engine.engine.storage.health import note_changes
from hosted_engine.engine.storage.presence import observe_domains
from hosted_engine.fleet.watch import Watch
from node.api.messages.gluster import StorageUpdate
from node.api.problems import Problem
from node.clock import Clock

OBSERVE_EVERY_S = 30.0  # between two looks where no node says anything
AGAIN_S = 5.0  # a change that no node has confirmed counts when a second look says the same

log = logging.getLogger(__name__)


class StorageWatch:
    """`watches` gives those of the nodes, `notify` is called by them with what their nodes say."""

    def __init__(
        self, watches: Callable[[], Iterable[Watch]], *, store: Store, readings: Readings, clock: Clock
    ) -> None:
        self._watches = watches
        self._store = store
        self._readings = readings
        self._clock = clock
        self._changed = asyncio.Event()
        self._confirmed: tuple[str, ...] | None = None
        self._applied: StorageReport | None = None

    def notify(self, update: StorageUpdate | None = None) -> None:
        """A node has come, or says that the state has changed."""
        if update is not None:
            self._confirmed = update.problems
        self._changed.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                self._changed.clear()
                await self._observe()
            except Exception:
                log.exception("the state of the storage is not known")
                self._readings.storage = None
            await self._wait()

    async def _observe(self) -> None:
        report = await self._ask()
        if report is None:
            self._readings.storage = None
            return
        if self._is_new(report) and _keys(report) != self._confirmed:
            await self._clock.sleep(AGAIN_S)
            again = await self._ask()
            if again is None or _keys(again) != _keys(report):
                self._changed.set()
                return
            report = again
        self._apply(report)

    def _is_new(self, report: StorageReport) -> bool:
        return self._applied is None or _keys(self._applied) != _keys(report)

    async def _ask(self) -> StorageReport | None:
        """The best report that a node which is up has: of one that sees the majority, if there is any."""
        best: StorageReport | None = None
        for watch in self._watches():
            if not watch.up.is_set():
                continue
            try:
                report = (await watch.while_responsive(watch.api.gluster_state())).report
            except (
                Problem,
                msgspec.MsgspecError,
            ) as err:  # a newer agent may have words that this engine does not know
                log.info("%s does not say how the storage is: %s", watch.name, err)
                continue
            if _is_good(report):
                return report
            best = report if best is None or not best.state.answered else best
        return best

    def _apply(self, report: StorageReport) -> None:
        now = self._clock.now()
        self._readings.storage = report
        with self._store.transaction() as tx:
            note_changes(tx, report, now)
            observe_domains(tx, self._readings, now)
        if self._is_new(report):
            log.info("storage is %s%s", report.health, "".join(f"; {problem.what}" for problem in report.problems))
        self._applied = report

    async def _wait(self) -> None:
        """Until somebody says that there is something new, or it is time."""
        changed = asyncio.ensure_future(self._changed.wait())
        sleeping = asyncio.ensure_future(self._clock.sleep(OBSERVE_EVERY_S))
        try:
            await asyncio.wait((changed, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            sleeping.cancel()


def _is_good(report: StorageReport) -> bool:
    return report.state.answered and all(problem.kind is not Kind.NO_MAJORITY for problem in report.problems)


def _keys(report: StorageReport) -> tuple[str, ...]:
    return tuple(sorted(problem.key for problem in report.problems))
