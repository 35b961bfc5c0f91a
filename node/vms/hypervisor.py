"""What the node's VMs ask of a hypervisor; libvirt is behind it on a node, memory in tests. Every call blocks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from node.api.problems import Failed


class HypervisorFailed(Failed):
    what = "libvirt did not {act}"
    why = "{reason}"
    mend = "Look into the logs of libvirtd and of the VM (/var/log/libvirt/qemu) on this node"


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain as the hypervisor knows it; `state` and `reason` are libvirt's numbers."""

    id: str
    name: str
    title: str
    state: int
    reason: int
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    libvirt: str
    qemu: str


class Hypervisor(Protocol):
    """Raises HypervisorFailed; for a domain that is not there too, except where None is an answer."""

    def watch(self, changed: Callable[[str], None], again: Callable[[], None]) -> None:
        """From now on call, in any thread, `changed` with the id of a domain that changed, and `again` when the
        hypervisor was away and nobody knows what changed meanwhile."""
        ...

    def domains(self) -> Sequence[Domain]: ...
    def find(self, vm_id: str) -> Domain | None: ...
    def xml(self, vm_id: str) -> str: ...
    def define(self, xml: str) -> None: ...
    def start(self, vm_id: str) -> None: ...
    def shut_down(self, vm_id: str) -> None: ...
    def destroy(self, vm_id: str) -> None: ...
    def resume(self, vm_id: str) -> None: ...
    def undefine(self, vm_id: str) -> None: ...
    def set_time(self, vm_id: str, at: float) -> None:
        """Set the clock of a running guest to the time of day `at`."""
        ...

    def versions(self) -> Versions: ...
