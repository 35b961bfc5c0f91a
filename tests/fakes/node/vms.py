"""The VMs of one fake node: states, leases on the site, and what a guest does by itself."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import msgspec

from node.api import refusals as r
from node.api.messages.guests import GuestReport
from node.api.messages.images import ImageFormat, ImageRef, ImageReport
from node.api.messages.migration import MigrationReport, MigrationRequest
from node.api.messages.vms import (
    CdRequest,
    ConsoleLog,
    DownReason,
    Graphics,
    SuspendRequest,
    Ticket,
    VmCdrom,
    VmCpus,
    VmDisk,
    VmMemory,
    VmNic,
    VmReport,
    VmSpec,
    VmState,
)
from node.system.time_zones import is_known
from node.vms.consoles import check_ticket
from node.vms.hotplug_plan import PLUGGABLE_BUSES
from node.vms.vm_checks import why_not_possible
from tests.fakes.node.site import FakeSite

DISPLAY_ADDRESS, FIRST_PORT = "192.0.2.10", 5900

Notify = Callable[[VmReport], None]


@dataclass
class _Vm:
    spec: VmSpec
    report: VmReport
    console: str = ""
    boots: int = 0
    ticket: Ticket | None = None
    guest: GuestReport | None = None
    frozen: bool = False
    cpus: int | None = None
    memory_bytes: int | None = None


class FakeVms:
    """`guests_obey`: a guest shuts down at once when asked. `guests_obey = False`: it never does. `storage_domains` are
    those that the node has mounted, `movable` is between which nodes VMs move."""

    def __init__(self, site: FakeSite, now: Callable[[], float], notify: Notify) -> None:
        self.guests_obey = True
        self.guests_let_go = True
        self.host_ids: dict[str, int] = {}
        self.storage_domains: Collection[str] = ()
        self.movable = MigrationReport(members=(), listening=False)
        self._site = site
        self._now = now
        self._notify = notify
        self._vms: dict[str, _Vm] = {}

    # --- what a guest or a test does -----------------------------------------------------------------------------

    def crash(self, vm_id: str) -> VmReport:
        return self._down(self._get(vm_id), DownReason.CRASHED)

    def guest_shuts_down(self, vm_id: str) -> VmReport:
        return self._down(self._get(vm_id), DownReason.SHUTDOWN)

    def vanish(self, vm_id: str) -> None:
        """It is gone, and its node knows nothing of it, as after a new installation."""
        self._release(self._vms.pop(vm_id))

    def write(self, vm_id: str, text: str) -> None:
        self._get(vm_id).console += text

    def spec(self, vm_id: str) -> VmSpec:
        return self._get(vm_id).spec

    def boots(self, vm_id: str) -> int:
        """How often its guest booted."""
        return self._get(vm_id).boots

    def ticket(self, vm_id: str) -> Ticket | None:
        """The last one of this run."""
        return self._get(vm_id).ticket

    def set_guest(self, vm_id: str, report: GuestReport) -> None:
        """Its agent does; one that has ended says so, too."""
        self._get(vm_id).guest = report if report.talks else None

    def guests(self) -> tuple[GuestReport, ...]:
        return tuple(vm.guest for vm in self._vms.values() if vm.guest is not None)

    def is_frozen(self, vm_id: str) -> bool:
        return self._get(vm_id).frozen

    def lose_all(self) -> None:
        """Power is gone: nobody hears of it, and sanlock's leases run out for those who wait."""
        for vm in self._vms.values():
            if _runs(vm):
                self._set(vm, VmState.DOWN, DownReason.LOST)
                self._release(vm)

    # --- what the contract asks ----------------------------------------------------------------------------------

    def vms(self) -> tuple[VmReport, ...]:
        return tuple(vm.report for vm in self._vms.values())

    def vm(self, vm_id: str) -> VmReport | None:
        found = self._vms.get(r.vm_uuid(vm_id))
        return found.report if found else None

    def start_vm(self, spec: VmSpec) -> VmReport:
        known = self._vms.get(r.vm_uuid(spec.id))
        if known is not None and _runs(known):
            return known.report
        if (reason := why_not_possible(spec, knows_time_zone=is_known(spec.time_zone))) is not None:
            raise r.VmNotPossible(vm=spec.name, reason=reason)
        if spec.resume_from is not None and self._site.images.pop(spec.resume_from, None) is None:
            raise r.MemoryUnknown(vm=spec.name)
        vm = known or _Vm(spec, VmReport(id=spec.id, name=spec.name, state=VmState.DOWN, since=self._now()))
        vm.spec = spec
        for disk in vm.spec.disks:
            self._check_there(disk.image)
        self._take(vm)
        self._vms[spec.id] = vm
        vm.boots += spec.resume_from is None
        state = VmState.PAUSED if vm.spec.start_paused else VmState.UP
        self._set(vm, state, DownReason.NONE, pid=4000 + len(self._vms))
        self._notify(vm.report)
        return vm.report

    def suspend_vm(self, vm_id: str, request: SuspendRequest) -> VmReport:
        vm = self._get(vm_id)
        self.need_mounted(request.memory.storage_domain)
        if (vm.report.state, vm.report.reason) == (VmState.DOWN, DownReason.SAVED):
            return vm.report
        if vm.report.state is not VmState.UP:
            raise r.VmNotUp(vm=vm.spec.name, act="suspend", state=vm.report.state)
        self.save_memory(vm_id, request.memory)
        return self._down(vm, DownReason.SAVED)

    def resume_vm(self, vm_id: str) -> VmReport:
        vm = self._get(vm_id)
        match vm.report.state:
            case VmState.UP:
                pass
            case VmState.PAUSED:
                self._set(vm, VmState.UP, DownReason.NONE, pid=vm.report.pid)
                self._notify(vm.report)
            case state:
                raise r.VmNotPaused(vm=vm.spec.name, state=state)
        return vm.report

    def shutdown_vm(self, vm_id: str) -> VmReport:
        vm = self._get(vm_id)
        if not _runs(vm):
            return vm.report
        self._set(vm, VmState.SHUTTING_DOWN, DownReason.NONE, pid=vm.report.pid)
        asked = vm.report
        self._notify(asked)
        if self.guests_obey:
            self._down(vm, DownReason.SHUTDOWN)
        return asked

    def reboot_vm(self, vm_id: str) -> VmReport:
        vm = self._get(vm_id)
        if vm.report.state is not VmState.UP:
            return vm.report
        self._set(vm, VmState.REBOOTING, DownReason.NONE, pid=vm.report.pid)
        asked = vm.report
        self._notify(asked)
        if self.guests_obey:
            self._boot(vm)
        return asked

    def reset_vm(self, vm_id: str) -> VmReport:
        vm = self._get(vm_id)
        if _runs(vm):
            self._boot(vm)
        return vm.report

    def destroy_vm(self, vm_id: str) -> VmReport:
        vm = self._get(vm_id)
        return self._down(vm, DownReason.DESTROYED) if _runs(vm) else vm.report

    def console_log(self, vm_id: str) -> ConsoleLog:
        return ConsoleLog(text=self._get(vm_id).console, truncated=False)

    def set_ticket(self, vm_id: str, ticket: Ticket) -> None:
        check_ticket(ticket)
        vm = self._vms.get(r.vm_uuid(vm_id))
        if vm is None or not _runs(vm):
            raise r.NoGraphics(vm=vm_id, reason="it does not run on this node")
        if ticket.type not in vm.spec.graphics:
            raise r.NoGraphics(vm=vm.spec.name, reason=f"it runs without {ticket.type.upper()}")
        vm.ticket = ticket

    def plug_disk(self, vm_id: str, disk: VmDisk) -> None:
        vm = self._pluggable(vm_id, f"disk {disk.image.disk_id}")
        if any(one.image == disk.image for one in vm.spec.disks):
            return
        if disk.bus not in PLUGGABLE_BUSES:
            reason = f"{disk.bus} disks cannot be plugged into a running VM, only virtio and virtio_scsi ones"
            raise r.NotPluggable(device=f"disk {disk.image.disk_id}", vm=vm.spec.name, reason=reason)
        self._check_there(disk.image)
        vm.spec = msgspec.structs.replace(vm.spec, disks=(*vm.spec.disks, disk))

    def unplug_disk(self, vm_id: str, image: ImageRef) -> None:
        vm = self._pluggable(vm_id, f"disk {image.disk_id}")
        left = tuple(one for one in vm.spec.disks if one.image != image)
        self._let_go(vm, f"disk {image.disk_id}", has=left != vm.spec.disks)
        vm.spec = msgspec.structs.replace(vm.spec, disks=left)

    def set_vm_cpus(self, vm_id: str, cpus: VmCpus) -> None:
        vm = self._pluggable(vm_id, "processors")
        in_socket = vm.spec.cores * vm.spec.threads
        most = max(vm.spec.sockets, vm.spec.cpus_max // in_socket) * in_socket
        if not 1 <= cpus.count <= most:
            reason = f"it was started for no more than {most}, not for {cpus.count}"
            raise r.NotPluggable(device="processors", vm=vm.spec.name, reason=reason)
        if cpus.count < self.cpus_of(vm_id) and not self.guests_let_go:
            raise r.NotPluggable(device="processors", vm=vm.spec.name, reason="its guest does not let go of them")
        vm.cpus = cpus.count

    def set_vm_memory(self, vm_id: str, memory: VmMemory) -> None:
        vm = self._pluggable(vm_id, "memory")
        now, most = self.memory_of(vm_id), vm.spec.memory_max_bytes or vm.spec.memory_bytes
        if memory.size_bytes < now:
            reason = f"it has {now >> 10} KiB, and memory cannot be taken from it while it runs"
            raise r.NotPluggable(device="memory", vm=vm.spec.name, reason=reason)
        if memory.size_bytes > max(now, most):
            reason = f"it was started for no more than {most >> 10} KiB, not for {memory.size_bytes >> 10}"
            raise r.NotPluggable(device="memory", vm=vm.spec.name, reason=reason)
        vm.memory_bytes = memory.size_bytes

    def cpus_of(self, vm_id: str) -> int:
        """Those that it has now."""
        vm = self._get(vm_id)
        return vm.cpus or vm.spec.sockets * vm.spec.cores * vm.spec.threads

    def memory_of(self, vm_id: str) -> int:
        vm = self._get(vm_id)
        return vm.memory_bytes or vm.spec.memory_bytes

    def plug_nic(self, vm_id: str, nic: VmNic) -> None:
        vm = self._pluggable(vm_id, f"NIC {nic.id}")
        others = tuple(one for one in vm.spec.nics if one.id != nic.id)
        for there in vm.spec.nics:
            if there.id == nic.id and (there.mac, there.model) != (nic.mac, nic.model):
                reason = "its address cannot change while it is plugged"
                raise r.NotPluggable(device=f"NIC {nic.id}", vm=vm.spec.name, reason=reason)
        vm.spec = msgspec.structs.replace(vm.spec, nics=(*others, nic))

    def unplug_nic(self, vm_id: str, nic_id: str) -> None:
        vm = self._pluggable(vm_id, f"NIC {nic_id}")
        left = tuple(one for one in vm.spec.nics if one.id != nic_id)
        self._let_go(vm, f"NIC {nic_id}", has=left != vm.spec.nics)
        vm.spec = msgspec.structs.replace(vm.spec, nics=left)

    def _pluggable(self, vm_id: str, device: str) -> _Vm:
        vm = self._vms.get(r.vm_uuid(vm_id))
        if vm is None or not _runs(vm):
            raise r.NotPluggable(device=device, vm=vm_id, reason="it does not run on this node")
        if vm.report.state not in (VmState.UP, VmState.PAUSED):
            raise r.NotPluggable(device=device, vm=vm.spec.name, reason=f"it is {vm.report.state}")
        return vm

    def _let_go(self, vm: _Vm, device: str, *, has: bool) -> None:
        if has and not self.guests_let_go:
            raise r.NotUnplugged(vm=vm.spec.name, device=device, seconds=60, reason="")

    def freeze_vm(self, vm_id: str) -> int:
        vm = self._freezable(vm_id)
        if vm.guest is None:
            raise r.NotFrozen(vm=vm.spec.name, reason="QEMU guest agent is not connected")
        vm.frozen = True
        return len(vm.guest.filesystems)

    def _freezable(self, vm_id: str) -> _Vm:
        vm = self._vms.get(r.vm_uuid(vm_id))
        if vm is None or not _runs(vm):
            raise r.NotFrozen(vm=vm_id, reason="it does not run on this node")
        if vm.report.state is not VmState.UP:
            raise r.NotFrozen(vm=vm.spec.name, reason=f"it is {vm.report.state}")
        return vm

    def thaw_vm(self, vm_id: str) -> int:
        vm = self._freezable(vm_id)
        was, vm.frozen = vm.frozen, False
        return len(vm.guest.filesystems) if was and vm.guest else 0

    def change_cd(self, vm_id: str, request: CdRequest) -> None:
        vm = self._get(vm_id)
        if not _runs(vm):
            raise r.NoCdrom(vm=vm.spec.name, reason=f"it is {VmState.DOWN}")
        if vm.spec.cdrom is None:
            raise r.NoCdrom(vm=vm.spec.name, reason="it runs without a drive")
        vm.spec = msgspec.structs.replace(vm.spec, cdrom=VmCdrom(disc=request.disc))

    def migration(self) -> MigrationReport:
        return self.movable

    def allow_migration(self, request: MigrationRequest) -> MigrationReport:
        return self.allow(request.members)

    def allow(self, members: tuple[str, ...]) -> MigrationReport:
        self.movable = MigrationReport(members=tuple(sorted(set(members))), listening=bool(members))
        return self.movable

    def runs_on(self, image: ImageRef) -> str | None:
        """The name of a running VM that has `image` among its disks."""
        for vm in self._vms.values():
            if _runs(vm) and any(disk.image == image for disk in vm.spec.disks):
                return vm.spec.name
        return None

    def running_spec(self, vm_id: str) -> VmSpec:
        vm = self._get(vm_id)
        if not _runs(vm):
            raise r.VmUnknown(vm=vm_id)
        return vm.spec

    def need_mounted(self, storage_domain: str) -> None:
        if storage_domain not in self.storage_domains:
            raise r.NotMounted(storage_domain=storage_domain, reason="it is not mounted")

    def save_memory(self, vm_id: str, memory: ImageRef) -> None:
        size = self._get(vm_id).spec.memory_bytes
        self._site.images[memory] = ImageReport(
            image=memory, format=ImageFormat.RAW, virtual_size_bytes=size, actual_size_bytes=size
        )

    def move_disks(self, new: Mapping[ImageRef, ImageRef]) -> None:
        """Running VMs write to other images from now on."""
        for vm in self._vms.values():
            disks = (msgspec.structs.replace(one, image=new.get(one.image, one.image)) for one in vm.spec.disks)
            vm.spec = msgspec.structs.replace(vm.spec, disks=tuple(disks))

    def runs_from(self, storage_domain: str) -> bool:
        return any(
            _runs(vm) and any(d.image.storage_domain == storage_domain for d in vm.spec.disks)
            for vm in self._vms.values()
        )

    def has_lease(self, lockspace: str) -> bool:
        return any(_runs(vm) and any(one.lockspace == lockspace for one in vm.spec.leases) for vm in self._vms.values())

    def memory_bytes(self) -> int:
        return sum(vm.spec.memory_bytes for vm in self._vms.values() if _runs(vm))

    def running(self) -> int:
        return sum(_runs(vm) for vm in self._vms.values())

    # --- inside --------------------------------------------------------------------------------------------------

    def _get(self, vm_id: str) -> _Vm:
        found = self._vms.get(r.vm_uuid(vm_id))
        if found is None:
            raise r.VmUnknown(vm=vm_id)
        return found

    def _check_there(self, image: ImageRef) -> None:
        if image.storage_domain not in self.storage_domains:
            raise r.NotMounted(storage_domain=image.storage_domain, reason="it is not mounted")
        if image not in self._site.images:
            raise r.ImageUnknown(image=image.image_id, storage_domain=image.storage_domain)

    def _take(self, vm: _Vm) -> None:
        for lease in vm.spec.leases:
            key = (lease.lockspace, lease.resource)
            own = self.host_ids.get(lease.lockspace)
            if own is None:
                raise r.LockspaceUnknown(lockspace=lease.lockspace)
            if key not in self._site.leases:
                raise r.NotStartable(vm=vm.spec.name, reason=f"lease {lease.resource} does not exist")
            if (holder := self._site.leases[key]) is not None:
                raise r.LeaseHeld(vm=vm.spec.name, resource=lease.resource, holder=holder)
        for lease in vm.spec.leases:
            self._site.leases[lease.lockspace, lease.resource] = self.host_ids[lease.lockspace]

    def _release(self, vm: _Vm) -> None:
        for lease in vm.spec.leases:
            self._site.leases[lease.lockspace, lease.resource] = None

    def _boot(self, vm: _Vm) -> None:
        vm.boots += 1
        self._set(vm, VmState.UP, DownReason.NONE, pid=vm.report.pid)
        self._notify(vm.report)

    def _down(self, vm: _Vm, reason: DownReason) -> VmReport:
        self._release(vm)
        self._set(vm, VmState.DOWN, reason)
        self._notify(vm.report)
        return vm.report

    def _set(self, vm: _Vm, state: VmState, reason: DownReason, *, pid: int | None = None) -> None:
        if state is VmState.DOWN:
            vm.ticket, vm.guest, vm.frozen = None, None, False
        vm.report = VmReport(
            id=vm.spec.id,
            name=vm.spec.name,
            state=state,
            reason=reason,
            since=self._now(),
            pid=pid,
            graphics=self._graphics(vm) if state is not VmState.DOWN else (),
        )

    def _graphics(self, vm: _Vm) -> tuple[Graphics, ...]:
        """By the order in which VMs were defined, as libvirt counts ports up."""
        port = FIRST_PORT + list(self._vms).index(vm.spec.id)
        return tuple(Graphics(type=one, address=DISPLAY_ADDRESS, port=port) for one in vm.spec.graphics)


def _runs(vm: _Vm) -> bool:
    return vm.report.state is not VmState.DOWN
