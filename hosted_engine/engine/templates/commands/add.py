"""Makes a template of a VM that is down: its rows at once, copies of its disks in steps."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.checks import check_new, usable_disk
from hosted_engine.engine.disks.commands.add import begin_disk, finish_disk, take_disk_back
from hosted_engine.engine.disks.images import copy_image, image_key
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.entity.commands import remove_item
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.permissions.grants import copy_permissions
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NameTaken, WrongState, found
from hosted_engine.engine.templates.checks import base_of, check_base
from hosted_engine.engine.templates.model import Template, TemplateStatus
from hosted_engine.engine.vms.checks import check_vm, resting_vm, the_vm
from hosted_engine.engine.vms.copies import NewDisk, bases_of
from hosted_engine.engine.vms.model import VmStatus
from node.steps import Step


class AddTemplate(Command, frozen=True, kw_only=True):
    """`template` is the template as it will be, as JSON has it, `disks` its copies of the VM's. Whoever has a role on
    the VM gets it on the template where `clone_permissions` says so."""

    template: dict[str, Any]
    vm_id: str
    disks: tuple[NewDisk, ...] = ()
    nics: tuple[Nic, ...] = ()
    clone_permissions: bool = False

    @property
    def wanted(self) -> Template:
        return msgspec.convert(self.template, Template)

    @property
    def id(self) -> str:
        return str(self.template["id"])

    @property
    def made(self) -> tuple[Disk, ...]:
        return tuple(new.disk for new in self.disks if new.disk is not None)

    def as_begun(self) -> Template:
        """The template while its disks are made."""
        return replace(self.wanted, status=TemplateStatus.LOCKED if self.made else TemplateStatus.OK)

    def check(self, tx: Transaction) -> None:
        template, vm = self.wanted, resting_vm(tx, self.vm_id, "make a template of")
        check_vm(template)
        check_base(tx, template)
        for other in tx.templates.list(name=template.name):
            if base_of(other) != base_of(template):
                raise NameTaken(name=template.name, kind="template")
        bases = bases_of(tx, vm.id)
        for new in self.disks:
            base = usable_disk(tx, new.base_id, "copy")
            if new.source is None or base.image_id != new.source.image_id:
                raise self._changed(vm.name)
        if set(bases) != {new.base_id for new in self.disks}:
            raise self._changed(vm.name)
        for disk in self.made:
            check_new(tx, disk, "template.vm.disk_attachments.disk")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        """The number of a version is one more than the greatest that there is."""
        wanted = self.wanted
        versions = [one.version_number for one in tx.templates.list(base_template_id=base_of(wanted))]
        return msgspec.structs.replace(self, template=self.template | {"version_number": max(versions, default=0) + 1})

    def describe(self, tx: Transaction) -> str:
        return f"Creating Template {self.wanted.name} from VM {the_vm(tx, self.vm_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        bases = (Lock("disk", new.base_id, shared=True) for new in self.disks)
        own = (Lock("disk", disk.id) for disk in self.made)
        return (
            Lock("VM", self.vm_id),
            Lock("template", self.id),
            *([Lock("template", base_of(self.wanted))] if base_of(self.wanted) != self.id else []),
            *bases,
            *own,
        )

    def creates(self) -> tuple[tuple[str, str], ...]:
        return (("templates", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        template, vm = replace(self.as_begun(), created_at=context.now), the_vm(tx, self.vm_id)
        tx.templates.add(template)
        for disk in self.made:
            begin_disk(tx, disk, context.now)
        for new in self.disks:
            tx.disk_attachments.add(new.attachment)
        for nic in self.nics:
            tx.nics.add(nic)
        if self.made:
            tx.vms.update(replace(vm, status=VmStatus.IMAGE_LOCKED))
        if self.clone_permissions:
            copy_permissions(tx, ("vms", vm.id), ("templates", template.id))
        emit(tx, context, EventType.USER_ADD_VM_TEMPLATE, template=template, vm=vm)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return tuple(copy_image(dependencies, new.disk.id, new.source) for new in self.disks if new.disk and new.source)

    def finish(self, tx: Transaction, context: Context) -> None:
        for disk in self.made:
            finish_disk(tx, disk.id)
        template = replace(found(tx.templates.get(self.id), "template", self.id), status=TemplateStatus.OK)
        tx.templates.update(template)
        vm = self._unlocked(tx)
        emit(tx, context, EventType.USER_ADD_VM_TEMPLATE_FINISHED_SUCCESS, template=template, vm=vm)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """An image that could not be removed stays as an illegal disk of its own, so that somebody can remove it."""
        template = tx.templates.get(self.id)
        for attachment in tx.disk_attachments.list(owner_id=self.id):
            tx.disk_attachments.remove(attachment.id)
        for nic in tx.nics.list(owner_id=self.id):
            tx.nics.remove(nic.id)
        for disk in self.made:
            take_disk_back(tx, disk.id, illegal=image_key(disk.id) in left)
        vm = self._unlocked(tx)
        if template is not None:
            emit(tx, context, EventType.USER_ADD_VM_TEMPLATE_FINISHED_FAILURE, template=template, vm=vm, reason=error)
            remove_item(tx, entity_of("templates"), template)

    def _unlocked(self, tx: Transaction) -> Any:
        vm = the_vm(tx, self.vm_id)
        if vm.status is VmStatus.IMAGE_LOCKED:
            vm = replace(vm, status=VmStatus.DOWN)
            tx.vms.update(vm)
        return vm

    def _changed(self, name: str) -> WrongState:
        return WrongState(
            action="make a template of", kind="VM", name=name, reason="its disks have just changed", mend="Try again"
        )
