"""Creates a VM from a template: its rows at once, its disks as thin overlays of the template's in steps."""

from collections.abc import Collection
from dataclasses import replace
from typing import Self, TypeVar

import msgspec

from hosted_engine.engine.command import Context, Lock, Means, good_name
from hosted_engine.engine.disks.checks import domain_for_disks
from hosted_engine.engine.disks.images import image_key, make_image
from hosted_engine.engine.disks.model import Disk, DiskFormat, DiskStatus, attachment_id
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID, new_id
from hosted_engine.engine.networks.macs import choose_mac
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found
from hosted_engine.engine.templates.model import Template, TemplateStatus
from hosted_engine.engine.vms.checks import check_make, check_name_free
from hosted_engine.engine.vms.commands.wish import VmWish
from hosted_engine.engine.vms.model import Vm, VmStatus
from node.steps import Step

MAX_MEMORY_FACTOR = 4  # oVirt's default for the memory that hot plug may reach


class DiskCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A disk of the template and the ids of the new VM's own."""

    template_disk_id: str
    id: str
    image_id: str


class NicCopy(msgspec.Struct, frozen=True, kw_only=True):
    template_nic_id: str
    id: str
    mac: str


class AddVm(VmWish, frozen=True, kw_only=True):
    """The disks lie beside the template's; `storage_domain_id`
    can only say the same. `clone` asks for full copies of the disks, which nodes cannot make yet."""

    name: str
    cluster_id: str
    template_id: str = BLANK_TEMPLATE_ID
    storage_domain_id: str | None = None
    clone: bool = False
    id: str = msgspec.field(default_factory=new_id)
    disks: tuple[DiskCopy, ...] = ()
    nics: tuple[NicCopy, ...] = ()

    def check(self, tx: Transaction) -> None:
        name = good_name(self.name, kind="VM")
        check_name_free(tx, name, self.id)
        found(tx.clusters.get(self.cluster_id), "cluster", self.cluster_id)
        template = self._template(tx)
        if template.status is not TemplateStatus.OK:
            raise WrongState(
                action="use",
                kind="template",
                name=template.name,
                reason=f"it is {template.status.value}",
                mend="Try again when it is ok",
            )
        check_make(self._vm(template, 0.0))
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
            for attachment in tx.disk_attachments.list(owner_id=self.template_id)
        )
        taken = {nic.mac for nic in tx.nics.list()}
        nics = []
        for nic in tx.nics.list(owner_id=self.template_id):
            mac = choose_mac(taken)
            taken.add(mac)
            nics.append(NicCopy(template_nic_id=nic.id, id=new_id(), mac=mac))
        return msgspec.structs.replace(self, name=good_name(self.name, kind="VM"), disks=disks, nics=tuple(nics))

    def describe(self, tx: Transaction) -> str:
        return f"Creating VM {self.name} from Template {self._template(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        bases = (Lock("disk", copy.template_disk_id, shared=True) for copy in self.disks)
        own = (Lock("disk", copy.id) for copy in self.disks)
        return (Lock("VM", self.id), Lock("template", self.template_id, shared=True), *bases, *own)

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = self._vm(self._template(tx), context.now)
        tx.vms.add(vm)
        bases = {a.disk_id: a for a in tx.disk_attachments.list(owner_id=self.template_id)}
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
        return found(tx.templates.get(self.template_id), "template", self.template_id)

    def _disk(self, tx: Transaction, copy: DiskCopy, now: float) -> Disk:
        base = found(tx.disks.get(copy.template_disk_id), "disk", copy.template_disk_id)
        return Disk(
            id=copy.id,
            name=f"{self.name}_{base.name}",
            storage_domain_id=base.storage_domain_id,
            image_id=copy.image_id,
            provisioned_size_bytes=base.provisioned_size_bytes,
            format=DiskFormat.COW,
            status=DiskStatus.LOCKED,
            template_disk_id=base.id,
            created_at=now,
        )

    def _vm(self, template: Template, now: float) -> Vm:
        memory, guaranteed, most = self._memory(template)
        return Vm(
            id=self.id,
            name=self.name,
            cluster_id=self.cluster_id,
            template_id=template.id,
            memory_bytes=memory,
            memory_guaranteed_bytes=guaranteed,
            memory_max_bytes=most,
            description=_or(self.description, template.description if template.id != BLANK_TEMPLATE_ID else ""),
            comment=_or(self.comment, ""),
            status=VmStatus.IMAGE_LOCKED if self.disks else VmStatus.DOWN,
            sockets=_or(self.sockets, template.sockets),
            cores=_or(self.cores, template.cores),
            threads=_or(self.threads, template.threads),
            type=_or(self.type, template.type),
            os_type=_or(self.os_type, template.os_type),
            bios_type=_or(self.bios_type, template.bios_type),
            boot_devices=_or(self.boot_devices, template.boot_devices),
            delete_protected=_or(self.delete_protected, template.delete_protected),
            stateless=_or(self.stateless, template.stateless),
            high_availability=_or(self.high_availability, template.high_availability),
            high_availability_priority=_or(self.high_availability_priority, template.high_availability_priority),
            time_zone=_or(self.time_zone, template.time_zone),
            created_at=now,
        )

    def _memory(self, template: Template) -> tuple[int, int, int]:
        """Memory, guaranteed, maximum: what is not given follows from the memory where that was given."""
        if self.memory_bytes is None:
            memory, guaranteed, most = (
                template.memory_bytes,
                template.memory_guaranteed_bytes,
                template.memory_max_bytes,
            )
        else:
            memory = guaranteed = self.memory_bytes
            most = memory * MAX_MEMORY_FACTOR
        return memory, _or(self.memory_guaranteed_bytes, guaranteed), _or(self.memory_max_bytes, most)


T = TypeVar("T")


def _or(given: T | None, default: T) -> T:
    return default if given is None else given
