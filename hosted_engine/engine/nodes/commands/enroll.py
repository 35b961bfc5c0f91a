"""Gives a host in maintenance a new certificate, whenever its administrator likes."""

from collections.abc import Collection

from hosted_engine.engine.certificates.expiry import format_day
from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.commands.maintenance import node_lock
from hosted_engine.engine.nodes.joining.identity import IdentityWork
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.vms.lifecycle import system
from node.steps import Step


class EnrollCertificate(Command, frozen=True, kw_only=True):
    """It counts from the node's next connections on; what stands goes on. Undone by nobody: the old one is as good."""

    id: str

    def check(self, tx: Transaction) -> None:
        node = self._node(tx)
        if node.status is not NodeStatus.MAINTENANCE:
            mend = "Deactivate it first; certificates are renewed by themselves in time"
            reason = f"Host is {node.status.value}, and has to be in Maintenance mode"
            raise WrongState(action="enroll the certificate of", kind="host", name=node.name, reason=reason, mend=mend)

    def describe(self, tx: Transaction) -> str:
        return f"Enrolling certificate for Host {self._node(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (node_lock(self.id),)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def enroll() -> None:
            until = await IdentityWork(dependencies, self.id).renew()
            with dependencies.store.transaction() as tx:
                shown = format_day(until) if until is not None else "then"
                emit(
                    tx,
                    system(dependencies.clock()),
                    EventType.HOST_CERTIFICATION_ENROLLMENT_FINISHED,
                    node=self._node(tx),
                    until=shown,
                )

        async def leave() -> None:
            """A certificate that was handed over stays valid."""

        return (Step("certificate", "Hand the host a new certificate", enroll, leave),)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        emit(tx, context, EventType.HOST_CERTIFICATION_ENROLLMENT_FAILED, node=self._node(tx), reason=error)

    def _node(self, tx: Transaction) -> Node:
        return found(tx.nodes.get(self.id), "host", self.id)
