"""Lets people at the screens of VMs: whoever has a ticket, for as long as it is valid."""

from node.api.messages.vms import TICKET_CHARACTERS, GraphicsType, Ticket
from node.api.refusals import Malformed, NoGraphics, vm_uuid
from node.clock import Clock
from node.system.threads import Threads
from node.vms.graphics import with_ticket
from node.vms.hypervisor import Hypervisor

LONGEST_S = 30 * 24 * 3600  # a ticket that is valid for ever is a password


class Consoles:
    def __init__(self, hypervisor: Hypervisor, threads: Threads, clock: Clock) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._clock = clock

    async def set_ticket(self, vm_id: str, ticket: Ticket) -> None:
        """Raises NoGraphics, Malformed."""
        check_ticket(ticket)
        await self._threads(self._set, vm_uuid(vm_id), ticket)

    def _set(self, vm_id: str, ticket: Ticket) -> None:
        domain = self._hypervisor.find(vm_id)
        if domain is None:
            raise NoGraphics(vm=vm_id, reason="it does not run on this node")
        xml = self._hypervisor.live_xml(vm_id)
        device = with_ticket(xml, ticket.type, ticket.value, self._clock.now() + ticket.valid_s)
        if device is None:
            raise NoGraphics(vm=domain.title, reason=f"it runs without {ticket.type.upper()}")
        self._hypervisor.update_device(vm_id, device)


def check_ticket(ticket: Ticket) -> None:
    """Raises Malformed, which does not repeat the value."""
    if ticket.type is GraphicsType.VNC and not 0 < len(ticket.value) <= TICKET_CHARACTERS:
        raise Malformed(reason=f"a ticket for VNC has 1 to {TICKET_CHARACTERS} characters")
    if not (ticket.value.isascii() and ticket.value.isprintable()):
        raise Malformed(reason="a ticket has characters that cannot be typed on every keyboard")
    if not 0 < ticket.valid_s <= LONGEST_S:
        raise Malformed(reason=f"a ticket is valid for 1 to {LONGEST_S} seconds, not {ticket.valid_s}")
