"""The seed of a VM's run from its making to its end: the drive is in the domain, its disc in the node's memory."""

from collections.abc import Sequence

from node.api.messages.vms import VmSpec
from node.vms.cdroms import without_seed
from node.vms.hypervisor import Hypervisor
from node.vms.seed_discs import SeedDiscs


class SeedDrives:
    """All of it blocks. Without `discs` no VM is given one."""

    def __init__(self, hypervisor: Hypervisor, discs: SeedDiscs | None) -> None:
        self._hypervisor = hypervisor
        self._discs = discs

    def make(self, spec: VmSpec) -> None:
        """Before it starts; what an earlier run left is gone in any case."""
        self.remove(spec.id)
        if self._discs is not None and spec.seed is not None and spec.resume_from is None:
            self._discs.write(spec.id, spec.seed)

    def take_out(self, vm_id: str) -> None:
        """Before it goes elsewhere: the disc is this node's alone, and its guest has read it."""
        device = without_seed(self._hypervisor.live_xml(vm_id))
        if device is not None:
            self._hypervisor.update_device(vm_id, device, force=True)
        self.remove(vm_id)

    def remove(self, vm_id: str) -> None:
        if self._discs is not None:
            self._discs.remove(vm_id)

    def all(self) -> Sequence[str]:
        """The VMs that have one."""
        return self._discs.all() if self._discs is not None else ()
