"""Lets somebody at the screen of a running VM. A ticket is a secret: it goes to the node and to who asked, and is kept
nowhere, so that it is no command, which would be written down."""

from dataclasses import dataclass, field

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found
from hosted_engine.engine.users.model import Caller
from hosted_engine.engine.vms.checks import running_vm
from hosted_engine.engine.vms.model import Vm
from hosted_engine.engine.vms.statuses import VmAction
from node.api.messages.vms import TICKET_CHARACTERS, GraphicsType, Ticket
from node.api.problems import Problem
from node.api.tickets import new_ticket_value

EXPIRY_S = 7200  # oVirt's, where nobody says it
LONGEST_S = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Opened:
    """The VM, the node on which it is seen, and what opens its screen for `expiry_s`."""

    vm: Vm
    node: Node
    value: str = field(repr=False)
    expiry_s: int


async def open_screen(
    dependencies: Dependencies, caller: Caller, vm_id: str, *, value: str | None = None, expiry_s: int | None = None
) -> Opened:
    """Raises BadValue, WrongState, and what the node says."""
    opened = _what_to_open(dependencies, vm_id, value, expiry_s)
    ticket = Ticket(type=GraphicsType.VNC, value=opened.value, valid_s=opened.expiry_s)
    try:
        await (await dependencies.fleet.node(opened.node.id)).set_ticket(vm_id, ticket)
    except Problem:
        _note(dependencies, caller, opened, EventType.VM_SET_TICKET_FAILED)
        raise
    _note(dependencies, caller, opened, EventType.VM_SET_TICKET)
    return opened


def _what_to_open(dependencies: Dependencies, vm_id: str, value: str | None, expiry_s: int | None) -> Opened:
    value = new_ticket_value() if value is None else value
    if not (0 < len(value) <= TICKET_CHARACTERS and value.isascii() and value.isprintable()):
        reason = f"a VNC password has 1 to {TICKET_CHARACTERS} characters of ASCII"
        raise BadValue(value="what was sent", field="action.ticket.value", reason=reason)
    expiry_s = EXPIRY_S if expiry_s is None else expiry_s
    if not 0 < expiry_s <= LONGEST_S:
        reason = f"a ticket is valid for 1 to {LONGEST_S} seconds"
        raise BadValue(value=expiry_s, field="action.ticket.expiry", reason=reason)
    with dependencies.store.transaction() as tx:
        vm = vm_with_screen(tx, vm_id)
        return Opened(vm, found(tx.nodes.get(vm.node_id or ""), "host", vm.node_id or ""), value, expiry_s)


def vm_with_screen(tx: Transaction, vm_id: str) -> Vm:
    """The VM, when its screen can be seen now. Raises WrongState."""
    vm = running_vm(tx, vm_id, VmAction.TICKET, "open the console of")
    if vm.display_port is None:
        mend = "Give it a graphics console and start it anew"
        raise WrongState(action="open the console of", kind="VM", name=vm.name, reason="it runs without one", mend=mend)
    return vm


def _note(dependencies: Dependencies, caller: Caller, opened: Opened, type_: EventType) -> None:
    now = dependencies.clock()
    context = Context(caller=caller, job_id="", correlation_id=caller.correlation_id, now=now)
    with dependencies.store.transaction() as tx:
        emit(tx, context, type_, vm=opened.vm, node=opened.node)
