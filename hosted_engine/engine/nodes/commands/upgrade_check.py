"""Asks a host whether a version of Trivet waits on it to be started."""

from collections.abc import Collection
from dataclasses import replace

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.commands.maintenance import node_lock
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from node.steps import Step

CAN_BE_ASKED = frozenset({NodeStatus.UP, NodeStatus.MAINTENANCE})


class CheckForUpgrade(Command, frozen=True, kw_only=True):
    id: str

    def check(self, tx: Transaction) -> None:
        node = self._node(tx)
        if node.status not in CAN_BE_ASKED:
            reason = f"Host is {node.status.value}, and has to be Up or in Maintenance mode"
            mend = "Bring the host back first"
            raise WrongState(action="check for upgrades of", kind="host", name=node.name, reason=reason, mend=mend)

    def describe(self, tx: Transaction) -> str:
        return f"Checking for available updates on Host {self._node(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (node_lock(self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.HOST_AVAILABLE_UPDATES_STARTED, node=self._node(tx))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def ask() -> None:
            capabilities = await (await dependencies.fleet.node(self.id)).capabilities()
            with dependencies.store.transaction() as tx:
                tx.nodes.update(replace(self._node(tx), capabilities=capabilities))

        async def leave() -> None:
            """What the host has said is so."""

        return (Step("facts", "Ask the host", ask, leave),)

    def finish(self, tx: Transaction, context: Context) -> None:
        node = self._node(tx)
        emit(tx, context, EventType.HOST_AVAILABLE_UPDATES_FINISHED, node=node, message=format_versions(node))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        emit(tx, context, EventType.HOST_AVAILABLE_UPDATES_FAILED, node=self._node(tx), reason=error)

    def _node(self, tx: Transaction) -> Node:
        return found(tx.nodes.get(self.id), "host", self.id)


def format_versions(node: Node) -> str:
    """What it runs, and what waits there; pure."""
    if node.capabilities is None:
        return "nobody knows what it runs"
    running, waiting = node.capabilities.version, node.capabilities.waiting_version
    return f"{running} runs, {waiting} is written and waits for a reboot" if waiting else f"{running} runs, none waits"
