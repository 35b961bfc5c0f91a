"""Which VMs of this node hold leases. Blocks."""

from node.vms.domain_facts import domain_facts
from node.vms.hypervisor import Hypervisor


def lease_holders(hypervisor: Hypervisor) -> tuple[str, ...]:
    """The names of VMs that are active here and have a lease; a paused one takes its lease again."""
    return tuple(
        facts.title for domain in hypervisor.domains() if (facts := domain_facts(hypervisor.xml(domain.id))).leases
    )
