"""Disks and their attachments in the API."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hosted_engine.engine.command import Command, Lock
from hosted_engine.engine.disks.attachments import (
    check_attachable,
    check_attachment,
    check_hot_interface,
    check_pluggable,
)
from hosted_engine.engine.disks.checks import check_changed, check_new, check_unused, good_disk_id
from hosted_engine.engine.disks.commands.add import AddDisk, AddDiskToVm
from hosted_engine.engine.disks.commands.copy import CopyDisk
from hosted_engine.engine.disks.commands.move import MoveDisk
from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.commands.sparsify import SparsifyDisk
from hosted_engine.engine.disks.commands.update import UpdateDisk
from hosted_engine.engine.disks.layers import why_layered
from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskFormat, DiskStatus, attachment_id
from hosted_engine.engine.entity.commands import AddEntity
from hosted_engine.engine.entity.declaration import READ, Action, Entity, Link, Options, Place, Values, View, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Field, Part, Reference, Settable
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found
from hosted_engine.engine.search.terms import Count, Either, Of, Shown, path
from hosted_engine.engine.unregistered.disks_api import UNREGISTERED_DISKS
from hosted_engine.engine.vms.checks import changeable_vm, resting_vm, the_vm
from hosted_engine.engine.vms.commands.hotplug import DEVICES, HotAdd, HotRemove, HotUpdate, refuse_started, runs
from hosted_engine.engine.vms.model import Vm
from hosted_engine.engine.vms.spec import disk_spec
from node.api.contract import NodeApi
from node.api.messages.vms import VmDisk


class DiskEntity(Entity[Disk]):
    def make(self, tx: Transaction, given: Values) -> Disk:
        own = {"id": good_disk_id(given["wanted_id"])} if given.get("wanted_id") else {}
        return super().make(tx, {**given, **own})

    def defaults(self, tx: Transaction, given: Values) -> Values:
        return {"image_id": new_id(), "status": DiskStatus.LOCKED}

    def check(self, tx: Transaction, item: Disk, before: Disk | None) -> None:
        if before is None:
            check_new(tx, item)
            return
        check_changed(tx, item, before)
        if any(getattr(item, name) != getattr(before, name) for name, c in self.columns.items() if not c.field.live):
            check_unused(tx, item)

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Disk]:
        disk = self.make(tx, given)
        return AddDisk(disk=disk), disk

    def update(self, tx: Transaction, before: Disk, given: Values, options: Options) -> tuple[Command, Disk]:
        disk = self.change(tx, before, given)
        if disk.provisioned_size_bytes != before.provisioned_size_bytes:
            return UpdateDisk.of(before, disk), disk
        return super().update(tx, before, given, options)

    def remove(self, tx: Transaction, item: Disk, options: Options, *, place: int = 0) -> Command:
        return RemoveDisk(id=item.id)

    def event_values(self, tx: Transaction, item: Disk) -> Mapping[str, str]:
        return {"disk_id": item.id}

    def show(self, item: Disk, gathered: Any) -> Mapping[str, Any]:
        return {
            "qcow_version": "qcow2_v3" if item.format is DiskFormat.COW else None,
        }


def _move(tx: Transaction, item: Disk, given: Values) -> Command:
    return MoveDisk(id=item.id, storage_domain_id=_domain(given))


def _copy(tx: Transaction, item: Disk, given: Values) -> Command:
    """On another storage domain it has the same name, as in oVirt."""
    name = DISKS.normal({"name": given.get("name") or item.name}, "action.disk")["name"]
    copy = replace(
        item,
        id=new_id(),
        image_id=new_id(),
        name=name,
        storage_domain_id=_domain(given),
        template_disk_id=None,
        shareable=False,
        status=DiskStatus.LOCKED,
    )
    return CopyDisk(source_id=item.id, disk=copy)


def _domain(given: Values) -> str:
    if "storage_domain_id" not in given:
        reason = "it says where the disk is to lie"
        raise BadValue(value="nothing", field="action.storage_domain", reason=reason)
    return str(given["storage_domain_id"])


USERS = path("disk_attachments.disk_id", "owner_id->vms")

DISKS = DiskEntity(
    Disk,
    "disks",
    kind="disk",
    type="Disk",
    path="disks",
    places=(
        Place(
            ("StorageDomainDisks", "StorageDomainDisk"),
            within={"storage_domain": Within("storage_domains", "storage_domain_id")},
            instead={"unregistered": UNREGISTERED_DISKS},
        ),
        Place(("Disks", "Disk")),
    ),
    events=Events(update=EventKind("USER_UPDATE_DISK", "Disk {name} was updated by {user}.")),
    actions={
        "sparsify": Action(lambda tx, item, given: SparsifyDisk(id=item.id), place=1),
        "move": Action(_move, inputs={"storage_domain_id": Reference("storage_domain", to="storage_domains")}, place=1),
        "copy": Action(
            _copy,
            inputs={
                "storage_domain_id": Reference("storage_domain", to="storage_domains"),
                "name": Field("disk.name", also=("disk.alias",)),
            },
            place=1,
        ),
    },
    shown={"backup": "none", "storage_type": "image"},
    searches={
        "allocation_policy": Either("sparse", true="sparse", false="preallocated"),
        "datacenter": Of(path("storage_domain_id"), "datacenter"),
        "disk_type": Shown("storage_type"),
        "number_of_vms": Count(USERS),
        "vm_names": Of(USERS, "name"),
    },
    related={"datacenter": path("storage_domain_id", "data_center_id"), "vms": USERS},
    inputs={"wanted_id": Field("id", settable=Settable.ON_ADD)},
)


class DiskAttachmentEntity(Entity[DiskAttachment]):
    """A disk with an id is attached as it is; any other one is made."""

    def make(self, tx: Transaction, given: Values) -> DiskAttachment:
        return super().make(tx, {**given, "id": attachment_id(given["owner_id"], given["disk_id"])})

    def check(self, tx: Transaction, item: DiskAttachment, before: DiskAttachment | None) -> None:
        if before is None:
            vm = check_pluggable(tx, item.owner_id, active=item.active)
            check_attachable(tx, item.disk_id, vm.id)
            check_hot_interface(vm, item)
        elif replace(before, active=item.active) == item:
            vm = check_pluggable(tx, item.owner_id, active=True)
            check_hot_interface(vm, replace(item, active=True))
        else:
            vm = changeable_vm(tx, item.owner_id, "change a disk of")
            if before.active or item.active:
                resting_vm(tx, vm.id, "change a plugged disk of")
        check_attachment(tx, vm, item, tx.disk_attachments.list(owner_id=vm.id))

    def check_alone(
        self, tx: Transaction, item: DiskAttachment, before: DiskAttachment | None, *, stays: bool = True
    ) -> None:
        was, now = before is not None and before.active, stays and item.active
        if was is not now:
            refuse_started(tx, item.owner_id, "plug a disk into or out of")

    def check_removable(self, tx: Transaction, item: DiskAttachment) -> None:
        vm = check_pluggable(tx, item.owner_id, active=item.active)
        if (layered := why_layered(tx, item.disk_id, f"snapshots of VM {vm.name}")) is not None:
            name, (reason, mend) = self.part(tx, item, "disk").name, layered
            raise WrongState(action="detach", kind="disk", name=name, reason=reason, mend=mend)
        check_hot_interface(vm, item)

    def add(
        self, tx: Transaction, given: Values, options: Options, *, place: int = 0
    ) -> tuple[Command, DiskAttachment]:
        """oVirt plugs a disk that was there only when asked to."""
        said = given["disk"]
        if identity := said.get("id"):
            disk = found(tx.disks.get(identity), "disk", identity)
            DISKS.check_same(tx, disk, said, f"{self.element}.disk")
            item = self.make(tx, {"active": False, **given, "disk_id": disk.id})
            hot = item.active and runs(tx, item.owner_id)
            return (HotAdd if hot else AddEntity).of(self, item, place=place), item
        vm = the_vm(tx, given["owner_id"])
        number = tx.disk_attachments.count(owner_id=vm.id) + 1
        disk = DISKS.make(tx, {"name": f"{vm.name}_Disk{number}", **said})
        item = self.make(tx, {**given, "disk_id": disk.id})
        return AddDiskToVm(disk=disk, attachment=item), item

    def update(
        self, tx: Transaction, before: DiskAttachment, given: Values, options: Options
    ) -> tuple[Command, DiskAttachment]:
        """With what is said of the disk itself."""
        item, was = self.change(tx, before, given), self.part(tx, before, "disk")
        disk = DISKS.change(tx, was, {**given.get("disk", {}), "id": was.id})
        if disk != was:
            return UpdateDisk.of(was, disk, (before, item)), item
        if item.active is not before.active and runs(tx, item.owner_id):
            return HotUpdate.of(self, before, item), item
        return super().update(tx, before, given, options)

    def remove(self, tx: Transaction, item: DiskAttachment, options: Options, *, place: int = 0) -> Command:
        if options.boolean("detach_only") is False:
            return RemoveDisk(id=item.disk_id)
        if item.active and runs(tx, item.owner_id):
            return HotRemove.of(self, item, place=place)
        return super().remove(tx, item, options, place=place)

    def part(self, tx: Transaction, item: DiskAttachment, name: str) -> Disk:
        return found(tx.disks.get(item.disk_id), "disk", item.disk_id)

    def parts(self, tx: Transaction, item: DiskAttachment, command: Command, given: Values) -> Mapping[str, Any]:
        if "disk" not in given:
            return {}
        if isinstance(command, AddDiskToVm):
            return {"disk": (DISKS, command.disk)}
        disk = self.part(tx, item, "disk")
        return {"disk": (DISKS, DISKS.change(tx, disk, {**given["disk"], "id": disk.id}))}

    def locks(self, item: DiskAttachment) -> tuple[Lock, ...]:
        return (Lock("VM", item.owner_id), Lock("disk", item.disk_id))

    def event_values(self, tx: Transaction, item: DiskAttachment) -> Mapping[str, str]:
        vm, disk = the_vm(tx, item.owner_id), self.part(tx, item, "disk")
        about = {"vm_id": vm.id, "cluster_id": vm.cluster_id, "storage_domain_id": disk.storage_domain_id}
        return {"name": disk.name, "vm": vm.name, **about}

    def describe(self, tx: Transaction, item: DiskAttachment, doing: str) -> str:
        verb, joint = {"Adding": ("Attaching", "to"), "Removing": ("Detaching", "from")}.get(doing, (doing, "of"))
        return f"{verb} Disk {self.part(tx, item, 'disk').name} {joint} VM {the_vm(tx, item.owner_id).name}"

    def gather(self, view: View, items: Sequence[DiskAttachment]) -> Any:
        """Those owners that are templates."""
        return set(view.tx.templates.find([item.owner_id for item in items]))

    def show(self, item: DiskAttachment, gathered: Any) -> Mapping[str, Any]:
        name, table = ("template", "templates") if item.owner_id in gathered else ("vm", "vms")
        return {"disk": Link("disks", item.disk_id), name: Link(table, item.owner_id)}


DISK_ATTACHMENTS = DiskAttachmentEntity(
    DiskAttachment,
    "disk_attachments",
    kind="disk attachment",
    type="DiskAttachment",
    places=(
        Place(("DiskAttachments", "DiskAttachment"), within={"vm": Within("vms", "owner_id")}, key="disk_id"),
        Place(
            ("TemplateDiskAttachments", "TemplateDiskAttachment"),
            within={"template": Within("templates", "owner_id")},
            key="disk_id",
            methods=READ,
        ),
    ),
    order="id",
    unique=(("owner_id", "disk_id"),),
    events=Events(
        EventKind("USER_ATTACH_DISK_TO_VM", "Disk {name} was successfully attached to VM {vm} by {user}."),
        EventKind("USER_UPDATE_VM_DISK", "VM {vm} {name} disk was updated by {user}."),
        EventKind("USER_DETACH_DISK_FROM_VM", "Disk {name} was successfully detached from VM {vm} by {user}."),
    ),
    shown={"pass_discard": False, "uses_scsi_reservation": False},
    inputs={"disk": Part("disk", of="disks", required=True, completed=("name",), existing=True)},
)


class _PluggedDisk:
    plugged, not_plugged = EventType.USER_HOTPLUG_DISK, EventType.USER_FAILED_HOTPLUG_DISK
    unplugged, not_unplugged = EventType.USER_HOTUNPLUG_DISK, EventType.USER_FAILED_HOTUNPLUG_DISK

    def is_plugged(self, item: DiskAttachment) -> bool:
        return item.active

    def request(self, tx: Transaction, vm: Vm, item: DiskAttachment) -> VmDisk:
        return disk_spec(tx, vm, item, found(tx.disks.get(item.disk_id), "disk", item.disk_id))

    async def plug(self, node: NodeApi, vm_id: str, request: VmDisk) -> None:
        await node.plug_disk(vm_id, request)

    async def unplug(self, node: NodeApi, vm_id: str, request: VmDisk) -> None:
        await node.unplug_disk(vm_id, request.image)


DEVICES["disk_attachments"] = _PluggedDisk()
