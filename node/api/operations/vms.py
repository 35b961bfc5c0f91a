"""Virtual machines, and between which nodes they move."""

from node.api.messages.images import ImageRef
from node.api.messages.migration import MigrationReport, MigrationRequest
from node.api.messages.vms import (
    CdRequest,
    ConsoleLog,
    MemoryLink,
    MemorySnapshotRequest,
    SnapshotReport,
    SnapshotRequest,
    SuspendRequest,
    Ticket,
    VmCpus,
    VmDisk,
    VmMemory,
    VmNic,
    VmReport,
    VmSpec,
)
from node.api.operation import DELETE, GET, POST, PUT, Operations, operation
from node.api.refusals import VmUnknown


class VmOperations(Operations):
    """Virtual machines"""

    @operation(GET, "/migration")
    async def migration(self) -> MigrationReport:
        """Between which nodes VMs move."""

    @operation(PUT, "/migration", timeout_s=300)
    async def allow_migration(self, request: MigrationRequest) -> MigrationReport:
        """VMs move between these nodes, and no others, while they run, until the node leaves the site. Where that is a
        change, libvirt is started anew."""

    @operation(GET, "/vms")
    async def vms(self) -> tuple[VmReport, ...]:
        """Those that run here, and how those ended that ran here in the last week."""

    @operation(GET, "/vms/{vm_id}", missing=lambda vm_id: VmUnknown(vm=vm_id))
    async def vm(self, vm_id: str) -> VmReport | None:
        """A VM that runs here, or how it ended when it ran here in the last week."""

    @operation(POST, "/vms/{spec.id}/start", timeout_s=180, strict=True, since=3)
    async def start_vm(self, spec: VmSpec) -> VmReport:
        """It is up then, or paused where `spec` says so; one that runs already stays as it is. Every setting of `spec`
        is carried out, or the VM is refused: VmNotPossible, SettingsUnknown. LeaseHeld: it runs elsewhere.
        NotStartable: something that it needs is missing."""

    @operation(POST, "/vms/{vm_id}/resume", timeout_s=60, since=2)
    async def resume_vm(self, vm_id: str) -> VmReport:
        """Let a paused VM go on, whatever paused it; one that runs stays as it is."""

    @operation(POST, "/vms/{vm_id}/shutdown")
    async def shutdown_vm(self, vm_id: str) -> VmReport:
        """Press its power button; the guest decides. Shutting down for two minutes, up again after them."""

    @operation(POST, "/vms/{vm_id}/suspend", timeout_s=3600, since=3)
    async def suspend_vm(self, vm_id: str, request: SuspendRequest) -> VmReport:
        """Save its memory and end it; `start_vm` lets it go on from there, on any node. It runs on where that fails.
        VmNotUp: it does not run."""

    @operation(POST, "/vms/{vm_id}/reboot", since=2)
    async def reboot_vm(self, vm_id: str) -> VmReport:
        """Ask its guest to boot again; rebooting until it does, or for a minute. One that is not up stays as it is."""

    @operation(POST, "/vms/{vm_id}/reset", since=2)
    async def reset_vm(self, vm_id: str) -> VmReport:
        """Press its reset button: it boots again at once. One that is down stays so."""

    @operation(POST, "/vms/{vm_id}/destroy", timeout_s=60)
    async def destroy_vm(self, vm_id: str) -> VmReport:
        """Cut its power."""

    @operation(POST, "/vms/{vm_id}/snapshot", timeout_s=180, since=3)
    async def snapshot_vm(self, vm_id: str, request: SnapshotRequest) -> SnapshotReport:
        """Let the disks of a running VM be written to new images that are there. Disks that are so already stay."""

    @operation(POST, "/vms/{vm_id}/memory-snapshot", timeout_s=3600, since=5)
    async def snapshot_vm_with_memory(self, vm_id: str, request: MemorySnapshotRequest) -> None:
        """As `snapshot_vm`, with its memory; it stands still until that is written, and goes on as it was. Where that
        fails it does so, too, on the images before. VmNotUp: it neither runs nor is paused."""

    @operation(
        POST,
        "/storagedomains/{image.storage_domain}/disks/{image.disk_id}/memory/{image.image_id}/link",
        timeout_s=120,
        since=5,
    )
    async def link_memory(self, image: ImageRef, request: MemoryLink) -> None:
        """Give a memory of a VM one more name, on the same storage domain: what is removed or resumed from by one name
        is there by the other. MemoryUnknown: it is there by neither."""

    @operation(GET, "/vms/{vm_id}/images", since=3)
    async def vm_images(self, vm_id: str) -> tuple[ImageRef, ...]:
        """The images that a running VM writes to."""

    @operation(PUT, "/vms/{vm_id}/cdrom", since=3)
    async def change_cd(self, vm_id: str, request: CdRequest) -> None:
        """Put another disc into the drive of a running VM, or none, whether its guest holds on to the one before or
        not. NoCdrom: it does not run, or has no drive."""

    @operation(GET, "/vms/{vm_id}/console")
    async def console_log(self, vm_id: str) -> ConsoleLog:
        """The end of what its guest wrote to the serial console."""

    @operation(POST, "/vms/{vm_id}/disks", timeout_s=120, since=3, strict=True)
    async def plug_disk(self, vm_id: str, disk: VmDisk) -> None:
        """Into a running VM; one that it has stays so. NotPluggable, and what a start says that is missing."""

    @operation(
        DELETE,
        "/vms/{vm_id}/disks/{image.storage_domain}/{image.disk_id}/{image.image_id}",
        timeout_s=120,
        since=3,
    )
    async def unplug_disk(self, vm_id: str, image: ImageRef) -> None:
        """Out of a running VM; returns when its guest has let go of it. NotUnplugged: it has it still."""

    @operation(PUT, "/vms/{vm_id}/nics/{nic.id}", timeout_s=60, since=3, strict=True)
    async def plug_nic(self, vm_id: str, nic: VmNic) -> None:
        """Into a running VM; of one that it has, the network and the link become as they are said. NotPluggable."""

    @operation(DELETE, "/vms/{vm_id}/nics/{nic_id}", timeout_s=120, since=3)
    async def unplug_nic(self, vm_id: str, nic_id: str) -> None:
        """As unplug_disk."""

    @operation(PUT, "/vms/{vm_id}/cpus", timeout_s=60, since=3)
    async def set_vm_cpus(self, vm_id: str, cpus: VmCpus) -> None:
        """Plug processors into a running VM, or those that were plugged in out of it; as many as it has change nothing.
        NotPluggable: it was started for fewer, or its guest does not let go of them."""

    @operation(PUT, "/vms/{vm_id}/memory", timeout_s=60, since=3)
    async def set_vm_memory(self, vm_id: str, memory: VmMemory) -> None:
        """Plug memory into a running VM; as much as it has changes nothing. NotPluggable: it was started for less, or
        would have less than now."""

    @operation(POST, "/vms/{vm_id}/freeze", timeout_s=120, since=3)
    async def freeze_vm(self, vm_id: str) -> int:
        """Let the file systems of its guest stand still, and count them. They go on by themselves after two minutes.
        NotFrozen: its guest's agent does not do it, and nothing stands still."""

    @operation(POST, "/vms/{vm_id}/thaw", timeout_s=120, since=3)
    async def thaw_vm(self, vm_id: str) -> int:
        """Let them go on, and count them: none where none stood still."""

    @operation(PUT, "/vms/{vm_id}/ticket", since=3)
    async def set_ticket(self, vm_id: str, ticket: Ticket) -> None:
        """Nobody sees the screen of a VM without a ticket, nor with an earlier one. NoGraphics: it does not run, or has
        no such screen."""
