"""What the node's VMs ask of a hypervisor; libvirt is behind it on a node, memory in tests. Every call blocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from node.api.messages.ha import Shape
from node.api.messages.vms import Graphics
from node.api.problems import Failed
from node.vms.ends import End
from node.vms.migration import MigrationLimits, MigrationProgress


class HypervisorFailed(Failed):
    what = "libvirt did not {act}"
    why = "{reason}"
    mend = "Look into the logs of libvirtd and of the VM (/var/log/libvirt/qemu) on this node"


class Move(StrEnum):
    """A live migration that is under way, in libvirt's words."""

    NONE = "none"
    OUT = "migration out"
    IN = "migration in"


class DomainAction(StrEnum):
    """What is done to a domain that runs, by the names that libvirt's methods have."""

    SHUT_DOWN = "shutdown"
    DESTROY = "destroy"
    RESUME = "resume"
    RESET = "reset"
    REBOOT = "reboot"

    @property
    def description(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain as it runs; `state` and `reason` are libvirt's numbers. `move`: it is on its way to or from another
    node. `balloon_kib` is what is left to it of the memory. `guest_agent`: one in the guest has opened its channel.
    `no_space`: what paused it was that its storage is full."""

    id: str
    name: str
    title: str
    state: int
    reason: int
    pid: int | None = None
    move: Move = Move.NONE
    memory_kib: int = 0
    balloon_kib: int = 0
    vcpus: int = 0
    graphics: tuple[Graphics, ...] = ()
    guest_agent: bool = False
    no_space: bool = False

    @property
    def shape(self) -> Shape:
        """libvirt gives a VM whole MiB."""
        return Shape(memory_mib=-(-self.memory_kib // 1024), vcpus=self.vcpus)


@dataclass(frozen=True, slots=True)
class Versions:
    libvirt: str
    qemu: str


class Hypervisor(Protocol):
    """Domains are transient: what is there runs. Raises HypervisorFailed; for a domain that is not there too, except
    where None is an answer."""

    def watch(self, changed: Callable[[str], None], again: Callable[[], None]) -> None:
        """From now on call, in any thread, `changed` with the id of a domain that changed, and `again` when the
        hypervisor was away and nobody knows what changed meanwhile."""
        ...

    def domains(self) -> Sequence[Domain]: ...
    def find(self, vm_id: str) -> Domain | None: ...
    def xml(self, vm_id: str) -> str: ...
    def live_xml(self, vm_id: str) -> str:
        """As it runs, with its secrets."""
        ...

    def update_device(self, vm_id: str, xml: str, *, force: bool = False) -> None:
        """Change a device of a running domain to what `xml` says of it, for this run; with `force` whether its guest
        holds on to it or not."""
        ...

    def watch_errors(self, vm_id: str) -> None:
        """Find out for what its storage has paused it: nobody may have listened when it did. It asks QEMU."""
        ...

    def attach_device(self, vm_id: str, xml: str) -> None:
        """Into a running domain, for this run."""
        ...

    def detach_device(self, vm_id: str, xml: str) -> None:
        """Ask the guest to let go of it. It is gone when `live_xml` has it no more."""
        ...

    def set_cpus(self, vm_id: str, count: int) -> None:
        """Plug processors into a running domain, or ask its guest to let go of some."""
        ...

    def snapshot(self, vm_id: str, xml: str, *, quiesce: bool, memory: bool = False) -> None:
        """Let the disks that `xml` names be written to the files that it names, all at one moment; all of them or none.
        `quiesce`: with the file systems of the guest flushed and held still by its agent. With `memory`, which
        goes into the file that `xml` names, the domain stands still until that is written."""
        ...

    def commit(self, vm_id: str, target: str, *, base: str, top: str, active: bool) -> None:
        """Begin to write what the images of a disk down to `top` have into `base` (`vda[3]`). With `active` the disk
        goes on with both until `pivot`."""
        ...

    def block_job(self, vm_id: str, target: str) -> tuple[int, int] | None:
        """How far the work on the images of a disk is, and of how much; None where there is none."""
        ...

    def pivot(self, vm_id: str, target: str) -> None:
        """The disk is written to the image alone into which it was committed."""
        ...

    def start(self, xml: str, *, paused: bool = False) -> None:
        """`paused`: the guest stands still until `resume`. It runs, or it never was there."""
        ...

    def save(self, vm_id: str, path: str) -> None:
        """End a running domain with its memory in the file at `path`; after HypervisorFailed it runs on."""
        ...

    def saved_xml(self, path: str) -> str:
        """The domain whose memory is in the file at `path`."""
        ...

    def restore(self, path: str, xml: str, *, paused: bool = False) -> None:
        """Start that domain as `start` does, from its memory; `xml` is `saved_xml`, with its disks elsewhere, say."""
        ...

    def end(self, vm_id: str, name: str) -> End | None:
        """How the last run of a domain ended that is not there any more; None where nobody knows."""
        ...

    def defined(self) -> Sequence[str]:
        """The VMs that an earlier release of Trivet left defined, whether they run or not."""
        ...

    def undefine(self, vm_id: str) -> None:
        """Its definition goes; it runs on if it runs, and is gone when it ends."""
        ...

    def act(self, vm_id: str, action: DomainAction) -> None: ...
    def rebooted_at(self, vm_id: str) -> float | None:
        """When its guest began to boot again in the same process, by the monotonic clock; as far as it was watched."""
        ...

    def migrate(self, vm_id: str, address: str, limits: MigrationLimits) -> None:
        """Move the running domain to the node at `address`; returns when it runs there and is not
        known here any more. After HypervisorFailed it is here as before, or where `find` says. libvirt does it: it
        goes on when the caller dies."""
        ...

    def migration(self, vm_id: str) -> MigrationProgress | None:
        """None while the domain is not on its way to another node."""
        ...

    def allow_downtime(self, vm_id: str, milliseconds: int) -> None:
        """For how long the domain that is leaving may stand still."""
        ...

    def cancel_migration(self, vm_id: str) -> None:
        """`migrate` fails then, and the domain stays."""
        ...

    def set_time(self, vm_id: str, at: float) -> None:
        """Set the clock of a running guest to the time of day `at`."""
        ...

    def watch_guests(self, agent: Callable[[str], None], resumed: Callable[[str], None]) -> None:
        """From now on call, in any thread, `agent` with the id of a domain whose guest's agent has come or gone, and
        `resumed` with that of one that goes on after it stood still."""
        ...

    def guest_info(self, vm_id: str) -> tuple[str, Mapping[str, Any]]:
        """The version of its guest's agent, and what that says, as libvirt has it. A guest that does not answer takes
        seconds and no more."""
        ...

    def freeze(self, vm_id: str) -> int:
        """Let the guest's file systems stand still; how many do."""
        ...

    def thaw(self, vm_id: str) -> int:
        """Let them go on; how many do."""
        ...

    def unused_memory(self, vm_id: str) -> int | None:
        """KiB that the guest could give back; None where it does not report any."""
        ...

    def set_balloon(self, vm_id: str, kib: int) -> None:
        """What is to be left to a running domain; its guest sees to it."""
        ...

    def versions(self) -> Versions: ...
