"""Turns away a machine that waits for its approval."""

from hosted_engine.engine.command import Command, Context, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.commands.maintenance import node_lock
from hosted_engine.engine.nodes.joining.registrations import end
from hosted_engine.engine.nodes.members import OUTSIDE
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from node.api.messages.registration import RegistrationState


class RejectNode(Command, frozen=True, kw_only=True):
    """The machine is told so when it asks again, and stops asking."""

    id: str

    def check(self, tx: Transaction) -> None:
        node = found(tx.nodes.get(self.id), "host", self.id)
        if node.status not in OUTSIDE:
            reason = f"it is {node.status.value}"
            raise WrongState(action="reject", kind="host", name=node.name, reason=reason, mend="Look at it again")

    def describe(self, tx: Transaction) -> str:
        return f"Removing Host {found(tx.nodes.get(self.id), 'host', self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (node_lock(self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        node = found(tx.nodes.get(self.id), "host", self.id)
        asked = tx.node_registrations.get(self.id)
        if asked is not None:
            end(tx, asked, RegistrationState.REJECTED, context.now)
        else:
            tx.nodes.remove(self.id)
        emit(tx, context, EventType.USER_REMOVE_VDS, node=node)
