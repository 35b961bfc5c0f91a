"""Which VMs of this node hold leases. Blocks."""

from node.api.messages.vms import VmState
from node.vms.domain_facts import domain_facts
from node.vms.hypervisor import Hypervisor
from node.vms.states import state_of


def lease_holders(hypervisor: Hypervisor) -> tuple[str, ...]:
    """The names of VMs that are active here and have a lease; a paused one takes its lease again."""
    return tuple(
        facts.title
        for domain in hypervisor.domains()
        if state_of(domain.state, domain.reason)[0] is not VmState.DOWN
        and (facts := domain_facts(hypervisor.xml(domain.id))).leases
    )
