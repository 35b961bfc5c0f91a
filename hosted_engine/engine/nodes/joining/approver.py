"""Approves machines for which somebody has given an approval beforehand: looks at what waits, again and again.

What was used stands in the store with the machine that used it: an engine that dies in between goes on from there.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.joining.preapprovals import Preapproval, to_approve
from hosted_engine.engine.nodes.members import OUTSIDE
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import Busy
from hosted_engine.engine.users.model import SYSTEM
from hosted_engine.engine.vms.lifecycle import system
from node.api.problems import Problem, Refused

log = logging.getLogger(__name__)

INTERVAL_S = 2.0
TRIES = 3
PAUSE_S = 60.0  # between two tries: what is in the way may pass


@dataclass(frozen=True, slots=True)
class Tried:
    """How often an approval was tried, and when last."""

    times: int
    last: float


def due(tx: Transaction, tried: Mapping[str, Tried], now: float) -> list[Preapproval]:
    """Those whose turn it is, the oldest first; pure."""
    found = []
    for one in to_approve(tx):
        node, before = tx.nodes.get(one.node_id), tried.get(one.id)
        if node is None or node.status not in OUTSIDE:
            continue
        if before is None or (before.times < TRIES and now - before.last >= PAUSE_S):
            found.append(one)
    return found


class Approver:
    """What was tried is in memory: an engine that starts anew tries again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tried: dict[str, Tried] = {}

    async def run(self) -> None:
        while True:
            try:
                await self.observe()
            except Exception:
                log.exception("machines that wait could not be looked at; the next look comes")
            await asyncio.sleep(INTERVAL_S)

    async def observe(self) -> None:
        """One after the other, as nodes join."""
        with self._engine.store.transaction() as tx:
            approvals = due(tx, self._tried, self._engine.clock())
        for approval in approvals:
            await self._approve(approval)

    async def _approve(self, approval: Preapproval) -> None:
        before = self._tried.get(approval.id, Tried(0, 0.0))
        try:
            command = ApproveNode(id=approval.node_id, cluster_id=approval.cluster_id)
            running = await self._engine.perform(command, SYSTEM)
        except Busy:
            return  # another node comes or goes
        except Refused as err:
            self._tried[approval.id] = Tried(before.times + 1, self._engine.clock())
            self._report(approval, str(err), first=before.times == 0)
            return
        self._tried[approval.id] = Tried(before.times + 1, self._engine.clock())
        try:
            await running.wait()
        except Problem as err:
            log.warning("%s", err)  # the command has said so in an event, and in the host's detail

    def _report(self, approval: Preapproval, reason: str, *, first: bool) -> None:
        log.warning("%s", reason)
        if not first:
            return
        now = self._engine.clock()
        with self._engine.store.transaction() as tx:
            node = tx.nodes.get(approval.node_id)
            emit(tx, system(now), EventType.VDS_APPROVE_FAILED, node=node, reason=reason)
