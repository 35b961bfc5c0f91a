"""The last step in and the first one out: whether the engine follows a node, and so whether VMs may be put there."""

from dataclasses import replace

from hosted_engine.engine.nodes.joining.base import NodeWork
from hosted_engine.engine.nodes.model import NodeStatus
from node.api.messages.ha import MaintenanceRequest

UP_S = 60.0
ARRIVED = frozenset({NodeStatus.UP, NodeStatus.MAINTENANCE})


class ActivationWork(NodeWork):
    async def activate(self) -> None:
        await self._arrive()

    async def arrive_in_maintenance(self) -> None:
        reason = "it was to come without being activated"
        await self.begin_maintenance(reason)
        await self.arrive_in_its_maintenance(reason)

    async def end_maintenance(self) -> None:
        await self.forget()
        await self.leave_maintenance()

    async def _arrive(self) -> None:
        """What the node says of itself makes it up, as after any other silence."""
        self._connecting()
        self.dependencies.fleet.follow(self.id)

        async def why_not() -> str | None:
            status = self.node().status
            return None if status in ARRIVED else f"it is {status.value}"

        await self.until(f"{self.node().name} is up", why_not, UP_S)

    def _connecting(self) -> None:
        with self.dependencies.store.transaction() as tx:
            node = tx.nodes.get(self.id)
            if node is not None and node.status is NodeStatus.INSTALLING:
                tx.nodes.update(replace(node, status=NodeStatus.CONNECTING, detail=""))

    async def forget(self) -> None:
        """Undo of all that make it arrive: it is on its way in, as before."""
        await self.dependencies.fleet.forget(self.id)
        with self.dependencies.store.transaction() as tx:
            node = tx.nodes.get(self.id)
            if node is not None:
                tx.nodes.update(replace(node, status=NodeStatus.INSTALLING))

    async def leave_maintenance(self) -> None:
        async with self.connect() as api:
            await api.end_maintenance()

    async def begin_maintenance(self, reason: str) -> None:
        async with self.connect() as api:
            await api.begin_maintenance(MaintenanceRequest(reason=reason))

    async def follow_in_maintenance(self, reason: str) -> None:
        """At no moment is it up, when VMs would be put there."""
        with self.dependencies.store.transaction() as tx:
            node = tx.nodes.get(self.id)
            if node is not None and node.status is NodeStatus.INSTALLING:
                tx.nodes.update(replace(node, status=NodeStatus.MAINTENANCE, detail=reason))
        self.dependencies.fleet.follow(self.id)

    async def arrive_in_its_maintenance(self, reason: str) -> None:
        await self.follow_in_maintenance(reason)

        async def why_not() -> str | None:
            heard = self.dependencies.readings.of(self.id).statistics is not None
            return None if heard else "it has said nothing yet"

        await self.until(f"{self.node().name} answers", why_not, UP_S)

    async def stop_following(self) -> None:
        await self.dependencies.fleet.forget(self.id)
