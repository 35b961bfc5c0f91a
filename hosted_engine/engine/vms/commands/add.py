"""Creates a VM from a template: its rows at once, its disks as thin overlays of the template's in steps."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Lock, Means
from hosted_engine.engine.disks.checks import domain_for_disks
from hosted_engine.engine.disks.images import image_key, make_image
from hosted_engine.engine.disks.model import Disk, DiskFormat, DiskStatus, attachment_id
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.networks.macs import choose_mac
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found
from hosted_engine.engine.templates.model import Template, TemplateStatus
from hosted_engine.engine.vms.checks import check_make, check_name_free
from hosted_engine.engine.vms.model import Vm, VmStatus
from node.steps import Step


class DiskCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A disk of the template and the ids of the new VM's own."""

    template_disk_id: str
    id: str
    image_id: str


class NicCopy(msgspec.Struct, frozen=True, kw_only=True):
    template_nic_id: str
    id: str
    mac: str


class AddVm(Command, frozen=True, kw_only=True):
    """`vm` is the VM as it will be, as JSON has it. The disks lie beside the template's; `storage_domain_id` can only
    say the same. `clone` asks for full copies of the disks, which nodes cannot make yet."""

    vm: dict[str, Any]
    storage_domain_id: str | None = None
    clone: bool = False
    disks: tuple[DiskCopy, ...] = ()
    nics: tuple[NicCopy, ...] = ()

    @classmethod
    def of(cls, vm: Vm, *, clone: bool = False, storage_domain_id: str | None = None) -> Self:
        return cls(vm=msgspec.to_builtins(vm), clone=clone, storage_domain_id=storage_domain_id)

    @property
    def wanted(self) -> Vm:
        return msgspec.convert(self.vm, Vm)

    @property
    def id(self) -> str:
        return self.wanted.id

    def as_begun(self, tx: Transaction) -> Vm:
        """The VM while its disks are made."""
        has_disks = tx.disk_attachments.count(owner_id=self.wanted.template_id)
        return replace(self.wanted, status=VmStatus.IMAGE_LOCKED if has_disks else VmStatus.DOWN)

    def check(self, tx: Transaction) -> None:
        vm = self.wanted
        check_name_free(tx, vm.name, vm.id)
        found(tx.clusters.get(vm.cluster_id), "cluster", vm.cluster_id)
        template = self._template(tx)
        if template.status is not TemplateStatus.OK:
            raise WrongState(
                action="use",
                kind="template",
                name=template.name,
                reason=f"it is {template.status.value}",
                mend="Try again when it is ok",
            )
        check_make(vm)
        for attachment in tx.disk_attachments.list(owner_id=template.id):
            if self.clone:
                reason = "full copies of a template's disks are not there yet, only thin ones"
                raise BadValue(value="true", field="clone", reason=reason)
            base = found(tx.disks.get(attachment.disk_id), "disk", attachment.disk_id)
            domain_for_disks(tx, base.storage_domain_id)
            if self.storage_domain_id not in (None, base.storage_domain_id):
                raise BadValue(
                    value=self.storage_domain_id,
                    field="storage domain",
                    reason="a thin disk has to lie beside the template's disk that it stands on",
                )

    def settle(self, tx: Transaction, readings: Readings) -> Self:
        disks = tuple(
            DiskCopy(template_disk_id=attachment.disk_id, id=new_id(), image_id=new_id())
            for attachment in tx.disk_attachments.list(owner_id=self.wanted.template_id)
        )
        taken = {nic.mac for nic in tx.nics.list()}
        nics = []
        for nic in tx.nics.list(owner_id=self.wanted.template_id):
            mac = choose_mac(taken)
            taken.add(mac)
            nics.append(NicCopy(template_nic_id=nic.id, id=new_id(), mac=mac))
        return msgspec.structs.replace(self, disks=disks, nics=tuple(nics))

    def describe(self, tx: Transaction) -> str:
        return f"Creating VM {self.wanted.name} from Template {self._template(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        bases = (Lock("disk", copy.template_disk_id, shared=True) for copy in self.disks)
        own = (Lock("disk", copy.id) for copy in self.disks)
        return (Lock("VM", self.id), Lock("template", self.wanted.template_id, shared=True), *bases, *own)

    def creates(self) -> tuple[tuple[str, str], ...]:
        return (("vms", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = replace(self.as_begun(tx), created_at=context.now)
        tx.vms.add(vm)
        bases = {a.disk_id: a for a in tx.disk_attachments.list(owner_id=self.wanted.template_id)}
        for copy in self.disks:
            tx.disks.add(self._disk(tx, copy, context.now))
            owned = replace(
                bases[copy.template_disk_id],
                id=attachment_id(self.id, copy.id),
                owner_id=self.id,
                disk_id=copy.id,
                read_only=False,
            )
            tx.disk_attachments.add(owned)
        for nic_copy in self.nics:
            nic = found(tx.nics.get(nic_copy.template_nic_id), "NIC", nic_copy.template_nic_id)
            tx.nics.add(replace(nic, id=nic_copy.id, owner_id=self.id, mac=nic_copy.mac))
        if self.disks:
            emit(tx, context, EventType.USER_ADD_VM_STARTED, vm=vm)

    def plan(self, means: Means) -> tuple[Step, ...]:
        return tuple(make_image(means, copy.id) for copy in self.disks)

    def finish(self, tx: Transaction, context: Context) -> None:
        for copy in self.disks:
            disk = found(tx.disks.get(copy.id), "disk", copy.id)
            tx.disks.update(replace(disk, status=DiskStatus.OK))
        vm = found(tx.vms.get(self.id), "VM", self.id)
        tx.vms.update(replace(vm, status=VmStatus.DOWN))
        emit(tx, context, EventType.USER_ADD_VM_FINISHED_SUCCESS if self.disks else EventType.USER_ADD_VM, vm=vm)

    def take_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """An image that could not be removed stays as an illegal disk of its own, so that somebody can remove it."""
        vm = tx.vms.get(self.id)
        for attachment in tx.disk_attachments.list(owner_id=self.id):
            tx.disk_attachments.remove(attachment.id)
        for nic in tx.nics.list(owner_id=self.id):
            tx.nics.remove(nic.id)
        for copy in self.disks:
            disk = tx.disks.get(copy.id)
            if disk is not None and image_key(copy.id) in left:
                tx.disks.update(replace(disk, status=DiskStatus.ILLEGAL))
            elif disk is not None:
                tx.disks.remove(disk.id)
        if vm is not None:
            tx.vms.remove(vm.id)
            emit(tx, context, EventType.USER_ADD_VM_FINISHED_FAILURE, vm=vm, reason=error)

    def _template(self, tx: Transaction) -> Template:
        return found(tx.templates.get(self.wanted.template_id), "template", self.wanted.template_id)

    def _disk(self, tx: Transaction, copy: DiskCopy, now: float) -> Disk:
        base = found(tx.disks.get(copy.template_disk_id), "disk", copy.template_disk_id)
        return Disk(
            id=copy.id,
            name=f"{self.wanted.name}_{base.name}",
            storage_domain_id=base.storage_domain_id,
            image_id=copy.image_id,
            provisioned_size_bytes=base.provisioned_size_bytes,
            format=DiskFormat.COW,
            status=DiskStatus.LOCKED,
            template_disk_id=base.id,
            created_at=now,
        )
