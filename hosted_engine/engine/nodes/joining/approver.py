"""Approves machines for which somebody has given an approval beforehand: looks at what waits, again and again.

What was used stands in the store with the machine that used it: an engine that dies in between goes on from there.
"""

import logging

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
from node.periodic import Retries

log = logging.getLogger(__name__)

INTERVAL_S = 2.0
TRIES = 3
PAUSE_S = 60.0  # between two tries: what is in the way may pass


def due(tx: Transaction, retries: Retries, now: float) -> list[Preapproval]:
    """Those whose turn it is, the oldest first; pure."""
    found = []
    for one in to_approve(tx):
        node = tx.nodes.get(one.node_id)
        if node is not None and node.status in OUTSIDE and retries.is_due(one.id, now):
            found.append(one)
    return found


class Approver:
    """An engine that starts anew tries again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._retries = Retries(PAUSE_S, limit=TRIES)

    async def run(self) -> None:
        await self._engine.periodically(INTERVAL_S, self.observe, trouble="machines that wait could not be looked at")

    async def observe(self) -> None:
        """One after the other, as nodes join."""
        with self._engine.store.transaction() as tx:
            approvals = due(tx, self._retries, self._engine.clock())
        for approval in approvals:
            await self._approve(approval)

    async def _approve(self, approval: Preapproval) -> None:
        try:
            command = ApproveNode(id=approval.node_id, cluster_id=approval.cluster_id)
            running = await self._engine.perform(command, SYSTEM)
        except Busy:
            return  # another node comes or goes
        except Refused as err:
            times = self._retries.note(approval.id, self._engine.clock())
            self._report(approval, str(err), first=times == 1)
            return
        self._retries.note(approval.id, self._engine.clock())
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
