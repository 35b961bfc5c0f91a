"""Creates a VM from a template, with what was asked for beside: its rows at once, the images of its disks in steps."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.checks import usable_disk
from hosted_engine.engine.disks.commands.add import begin_disk, finish_disk, take_disk_back
from hosted_engine.engine.disks.images import copy_image, image_key, make_image
from hosted_engine.engine.disks.layers import layer_in
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.entity.commands import remove_item
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.macpools.pool import free_macs, pool_of
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.permissions.grants import copy_permissions
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotSupported, WrongState, found
from hosted_engine.engine.snapshots.checks import check_whole, the_snapshot, usable_snapshot
from hosted_engine.engine.snapshots.commands.on_vm import READERS
from hosted_engine.engine.snapshots.model import Snapshot, active_of
from hosted_engine.engine.templates.model import Template, TemplateStatus
from hosted_engine.engine.vms.checks import check_name_free, check_runs_vms, check_vm, resting_vm, the_vm
from hosted_engine.engine.vms.copies import NewDisk, bases_of
from hosted_engine.engine.vms.devices import NewNic, check_disks, check_nics, made_of
from hosted_engine.engine.vms.model import Vm, VmStatus
from node.steps import Step


class AddVm(Command, frozen=True, kw_only=True):
    """`vm` is the VM as it will be, as JSON has it; `disks` are its copies of those of its template, or of the VM
    `source_vm_id`, now or at a snapshot, and what was asked for beside. `active_id` is the id of the snapshot that
    stands for it as it is. Thin copies lie beside those: `storage_domain_id` can only say the
    same. Permissions on the template come with it where `clone_permissions` says so."""

    vm: dict[str, Any]
    disks: tuple[NewDisk, ...] = ()
    nics: tuple[NewNic, ...] = ()
    storage_domain_id: str | None = None
    source_vm_id: str = ""
    snapshot_id: str = ""
    clone_permissions: bool = False
    active_id: str = msgspec.field(default_factory=new_id)

    @classmethod
    def of(
        cls,
        vm: Vm,
        *,
        disks: tuple[NewDisk, ...] = (),
        nics: tuple[NewNic, ...] = (),
        storage_domain_id: str | None = None,
        source_vm_id: str = "",
        snapshot_id: str = "",
        clone_permissions: bool = False,
    ) -> Self:
        return cls(
            vm=msgspec.to_builtins(vm),
            disks=disks,
            nics=nics,
            storage_domain_id=storage_domain_id,
            source_vm_id=source_vm_id,
            snapshot_id=snapshot_id,
            clone_permissions=clone_permissions,
        )

    @property
    def wanted(self) -> Vm:
        return msgspec.convert(self.vm, Vm)

    @property
    def id(self) -> str:
        return str(self.vm["id"])

    @property
    def made(self) -> tuple[Disk, ...]:
        """The disks that are made with the VM."""
        return tuple(new.disk for new in self.disks if new.disk is not None)

    def as_begun(self) -> Vm:
        """The VM while its disks are made."""
        return replace(self.wanted, status=VmStatus.IMAGE_LOCKED if self.made else VmStatus.DOWN)

    def check(self, tx: Transaction) -> None:
        vm = self.wanted
        check_name_free(tx, vm.name, vm.id)
        check_runs_vms(found(tx.clusters.get(vm.cluster_id), "cluster", vm.cluster_id))
        if self.snapshot_id:
            self._check_snapshot(tx)
        elif self.source_vm_id:
            resting_vm(tx, self.source_vm_id, "clone")
            self._check_bases(tx, self.source_vm_id, "VM", the_vm(tx, self.source_vm_id).name)
        else:
            self._check_template(tx)
        check_vm(vm)
        check_disks(tx, vm, self.disks)
        check_nics(tx, vm, self.nics)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        """MAC addresses for the NICs that have none."""
        given = [new.nic.mac for new in self.nics if new.nic.mac]
        return self.with_macs(
            iter(free_macs(tx, pool_of(tx, self.wanted.cluster_id), len(self.without_mac), besides=given))
        )

    @property
    def without_mac(self) -> tuple[NewNic, ...]:
        return tuple(new for new in self.nics if not new.nic.mac)

    def with_macs(self, free: Iterator[str]) -> Self:
        """Each NIC that has no address gets the next one."""
        nics = [
            new if new.nic.mac else msgspec.structs.replace(new, nic=replace(new.nic, mac=next(free)))
            for new in self.nics
        ]
        return msgspec.structs.replace(self, nics=tuple(nics))

    def describe(self, tx: Transaction) -> str:
        if self.snapshot_id:
            return f"Creating VM {self.wanted.name} from Snapshot {the_snapshot(tx, self.snapshot_id).description}"
        if self.source_vm_id:
            return f"Cloning VM {the_vm(tx, self.source_vm_id).name} to {self.wanted.name}"
        return f"Creating VM {self.wanted.name} from Template {self._template(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        bases = tuple(Lock("disk", new.base_id, shared=True) for new in self.disks if new.base_id)
        own = (Lock("disk", new.attachment.disk_id) for new in self.disks)
        source = (Lock("VM", self.source_vm_id),) if self.source_vm_id else ()
        if self.snapshot_id:  # what it holds is written no more: the VM may run, and come and go
            source, bases = (Lock(READERS, self.source_vm_id, shared=True),), ()
        return (Lock("VM", self.id), *source, Lock("template", made_of(self.wanted), shared=True), *bases, *own)

    def creates(self) -> tuple[tuple[str, str], ...]:
        return (("vms", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = replace(self.as_begun(), created_at=context.now)
        tx.vms.add(vm)
        tx.of(Snapshot).add(active_of(vm.id, self.active_id, context.now))
        for disk in self.made:
            begin_disk(tx, disk, context.now)
        for new in self.disks:
            tx.disk_attachments.add(new.attachment)
        for new_nic in self.nics:
            tx.nics.add(new_nic.nic)
        if self.clone_permissions:
            copy_permissions(tx, ("templates", made_of(vm)), ("vms", vm.id))
        if self.made:
            self._set_source(tx, VmStatus.IMAGE_LOCKED)
            emit(tx, context, EventType.USER_ADD_VM_STARTED, vm=vm)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return tuple(
            copy_image(dependencies, new.disk.id, new.source) if new.source else make_image(dependencies, new.disk.id)
            for new in self.disks
            if new.disk is not None
        )

    def finish(self, tx: Transaction, context: Context) -> None:
        for disk in self.made:
            finish_disk(tx, disk.id)
        vm = the_vm(tx, self.id)
        tx.vms.update(replace(vm, status=VmStatus.DOWN))
        self._set_source(tx, VmStatus.DOWN)
        emit(tx, context, EventType.USER_ADD_VM_FINISHED_SUCCESS if self.made else EventType.USER_ADD_VM, vm=vm)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """An image that could not be removed stays as an illegal disk of its own, so that somebody can remove it."""
        vm = tx.vms.get(self.id)
        for attachment in tx.disk_attachments.list(owner_id=self.id):
            tx.disk_attachments.remove(attachment.id)
        for nic in tx.nics.list(owner_id=self.id):
            tx.nics.remove(nic.id)
        for disk in self.made:
            take_disk_back(tx, disk.id, illegal=image_key(disk.id) in left)
        self._set_source(tx, VmStatus.DOWN)
        if vm is not None:
            remove_item(tx, entity_of("vms"), vm)
            emit(tx, context, EventType.USER_ADD_VM_FINISHED_FAILURE, vm=vm, reason=error)

    def _template(self, tx: Transaction) -> Template:
        template_id = made_of(self.wanted)
        return found(tx.templates.get(template_id), "template", template_id)

    def _set_source(self, tx: Transaction, status: VmStatus) -> None:
        """Nothing may change what is copied meanwhile."""
        if self.source_vm_id and not self.snapshot_id:
            tx.vms.update(replace(the_vm(tx, self.source_vm_id), status=status))

    def _check_template(self, tx: Transaction) -> None:
        template = self._template(tx)
        if template.status is not TemplateStatus.OK:
            raise _not_usable("template", template.name, f"it is {template.status.value}")
        self._check_bases(tx, template.id, "template", template.name)
        for disk in self.made:
            if disk.template_disk_id and self.storage_domain_id not in (None, disk.storage_domain_id):
                reason = "a thin disk has to lie beside the template's disk that it stands on"
                raise NotSupported(value=self.storage_domain_id, field="vm.storage_domain", reason=reason)

    def _check_snapshot(self, tx: Transaction) -> None:
        snapshot = usable_snapshot(tx, self.snapshot_id, "clone")
        check_whole(tx, snapshot, "clone")
        for new in self.disks:
            if new.source is not None and layer_in(tx, new.base_id, snapshot.id) != tx.disk_images.get(
                new.source.image_id
            ):
                raise _not_usable("snapshot", snapshot.description, "its disks have just changed")

    def _check_bases(self, tx: Transaction, owner_id: str, kind: str, name: str) -> None:
        bases = bases_of(tx, owner_id)
        if set(bases) != {new.base_id for new in self.disks if new.base_id}:
            raise _not_usable(kind, name, "its disks have just changed")
        for new in self.disks:
            if new.source is not None:
                base = usable_disk(tx, new.base_id, "copy")
                if base.image_id != new.source.image_id:
                    raise _not_usable(kind, name, "its disks have just changed")


def _not_usable(kind: str, name: str, reason: str) -> WrongState:
    return WrongState(action="use", kind=kind, name=name, reason=reason, mend="Try again when it is ok")
