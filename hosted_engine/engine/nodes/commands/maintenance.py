"""Takes a node into maintenance and back: the node is told, and what it says from then on decides its status."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.checks import check_activable, check_deactivable, check_engine_survives, check_quorum
from hosted_engine.engine.nodes.maintenance import follow
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from node.api.contract import NodeApi
from node.api.messages.ha import HaReport, MaintenanceRequest
from node.steps import Step


def node_lock(node_id: str) -> Lock:
    return Lock("host", node_id)


class _Maintenance(Command, frozen=True, kw_only=True):
    failed: ClassVar[EventType]

    id: str

    def locks(self) -> tuple[Lock, ...]:
        return (node_lock(self.id),)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        emit(tx, context, self.failed, node=self._node(tx), reason=error)

    def _node(self, tx: Transaction) -> Node:
        return found(tx.nodes.get(self.id), "host", self.id)

    def _notify(
        self, dependencies: Dependencies, ask: Callable[[NodeApi], Awaitable[HaReport]]
    ) -> Callable[[], Awaitable[None]]:
        async def notify() -> None:
            report = await ask(await dependencies.fleet.node(self.id))
            dependencies.readings.note_ha(self.id, report)
            with dependencies.store.transaction() as tx:
                follow(tx, self.id, report, dependencies.clock())

        return notify


class DeactivateNode(_Maintenance, frozen=True, kw_only=True):
    """`force` takes it into maintenance although a volume could not be written without its bricks. `was` is the status
    before."""

    failed: ClassVar[EventType] = EventType.VDS_MAINTENANCE_FAILED

    reason: str = ""
    force: bool = False
    was: NodeStatus = NodeStatus.UP

    def check(self, tx: Transaction) -> None:
        check_deactivable(tx, self._node(tx))

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        node = self._node(tx)
        check_engine_survives(tx, node, readings)
        if not self.force:
            check_quorum(node, readings.storage)
        return msgspec.structs.replace(self, was=node.status)

    def describe(self, tx: Transaction) -> str:
        return f"Moving Host {self._node(tx).name} to Maintenance"

    def begin(self, tx: Transaction, context: Context) -> None:
        """From here on it gets no VMs."""
        tx.nodes.update(replace(self._node(tx), status=NodeStatus.PREPARING_FOR_MAINTENANCE))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        request = MaintenanceRequest(reason=self.reason)
        do = self._notify(dependencies, lambda node: node.begin_maintenance(request))
        undo = self._notify(dependencies, lambda node: node.end_maintenance())
        return (Step("maintenance", "Tell the host to take no VMs", do, undo),)

    def finish(self, tx: Transaction, context: Context) -> None:
        type_ = EventType.USER_VDS_MAINTENANCE if self.reason else EventType.USER_VDS_MAINTENANCE_WITHOUT_REASON
        emit(tx, context, type_, node=self._node(tx), reason=self.reason)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """Where nobody knows what the node has heard, its next word decides."""
        node = self._node(tx)
        if node.status is NodeStatus.PREPARING_FOR_MAINTENANCE:  # else the connection was lost meanwhile
            tx.nodes.update(replace(node, status=self.was))
        super().roll_back(tx, context, error, left)


class ActivateNode(_Maintenance, frozen=True, kw_only=True):
    """Also while it still prepares for its maintenance."""

    forward_only: ClassVar[bool] = True
    failed: ClassVar[EventType] = EventType.VDS_ACTIVATE_FAILED

    def check(self, tx: Transaction) -> None:
        check_activable(self._node(tx))

    def describe(self, tx: Transaction) -> str:
        return f"Activating Host {self._node(tx).name}"

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        do = self._notify(dependencies, lambda node: node.end_maintenance())
        return (Step("activate", "Tell the host to take VMs again", do),)

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.VDS_ACTIVATE, node=self._node(tx))
