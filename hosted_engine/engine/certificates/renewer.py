"""Renews the site's certificates at two thirds of their time, and says which are about to expire all the same."""

import logging
from collections.abc import Mapping

from hosted_engine.authority import SiteAuthority, validity
from hosted_engine.engine.certificates import expiry
from hosted_engine.engine.certificates.expiry import DAY_S, Expiry, format_day
from hosted_engine.engine.certificates.renewal import renew
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.members import members
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Fleet, Store
from hosted_engine.engine.vms.lifecycle import system
from node.api.problems import Problem
from node.clock import Clock
from node.periodic import periodically

log = logging.getLogger(__name__)

INTERVAL_S = 3600.0
RETRY_S = 60.0  # while a node whose time is over was not reached


class CertificateRenewer:
    """What was told is in memory: an engine that starts anew tells it again, others once a day."""

    def __init__(self, store: Store, fleet: Fleet, authority: SiteAuthority, clock: Clock) -> None:
        self._store = store
        self._fleet = fleet
        self._authority = authority
        self._clock = clock
        self._until: dict[str, float] = {}
        self._notified: dict[str, tuple[Expiry, float]] = {}

    async def run(self) -> None:
        async def observe() -> float | None:
            return INTERVAL_S if await self.observe() else None

        await periodically(self._clock, RETRY_S, observe, trouble="could not look at the site's certificates")

    async def observe(self) -> bool:
        """Whether all of them are in time."""
        now, reason = self._clock.now(), ""
        try:
            if self._authority.renew(now):
                log.info("renewed the certificates of engine and authority")
        except Problem as err:
            reason = str(err)
        self._notify("engine", expiry.ENGINE, validity(self._authority.engine_certificate)[1], reason)
        self._notify("authority", expiry.AUTHORITY, validity(self._authority.certificate)[1], reason)
        with self._store.transaction() as tx:
            nodes = members(tx)
        reached = [await self._observe_one(node) for node in nodes]
        return not reason and all(reached)

    async def _observe_one(self, node: Node) -> bool:
        before, reason, now = self._until.get(node.id), "", self._clock.now()
        try:
            async with self._fleet.connect_out_of_time(node) as api:
                until = await renew(api, node, self._authority, now)
        except Problem as err:
            until, reason = before, str(err)
        if until is None:
            return not reason
        self._until[node.id] = until
        if before is not None and until > before and not reason:
            with self._store.transaction() as tx:
                kind = EventType.HOST_CERTIFICATION_ENROLLMENT_FINISHED
                emit(tx, system(now), kind, node=node, until=format_day(until))
        self._notify(node.id, expiry.HOST, until, reason, node)
        return expiry.expiry(until, now) is not Expiry.OVER

    def _notify(
        self, key: str, types: Mapping[Expiry, EventType], until: float, reason: str, node: Node | None = None
    ) -> None:
        """When it has become worse, else once a day."""
        now, found = self._clock.now(), expiry.expiry(until, self._clock.now())
        worst, at = self._notified.get(key, (Expiry.FAR, now))
        if found is Expiry.FAR or (found <= worst and now - at < DAY_S):
            if found is Expiry.FAR:
                self._notified.pop(key, None)
            return
        self._notified[key] = (found, now)
        with self._store.transaction() as tx:
            emit(tx, system(now), types[found], node=node, until=format_day(until), reason=reason)
