"""The disks and NICs that come into being with a VM: copies of its template's, and what the body asks for beside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import msgspec

from hosted_engine.engine.disks.attachments import check_attachable, check_attachment, why_not_interface
from hosted_engine.engine.disks.checks import check_new, domain_for_disks
from hosted_engine.engine.disks.entity import DISK_ATTACHMENTS, DISKS
from hosted_engine.engine.disks.model import DiskAttachment, attachment_id
from hosted_engine.engine.entity.declaration import Values
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.instancetypes.model import InstanceTypeNic
from hosted_engine.engine.macpools.pool import pool_of
from hosted_engine.engine.networks.model import Nic, NicBase
from hosted_engine.engine.networks.nic_entity import NICS
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported, found
from hosted_engine.engine.vms.copies import Base, NewDisk, full_copy, thin_copy
from hosted_engine.engine.vms.model import Vm


class NewNic(msgspec.Struct, frozen=True, kw_only=True):
    """Without a MAC address one is chosen."""

    nic: Nic
    place: str = ""


def new_disks(
    tx: Transaction,
    vm: Vm,
    attributes: Sequence[Values],
    bases: Mapping[str, Base],
    *,
    full: bool = False,
    storage_domain_id: str | None = None,
) -> tuple[NewDisk, ...]:
    """Copies of the `bases`, and what the body asks for beside: `said` of a base is of its copy. Full copies go to that
    storage domain where one is named."""
    places = dict(_placed("disk_attachments.disk_attachment", attributes))
    of_copies = {_identity(how): place for place, how in places.items() if _identity(how) in bases}
    disks = []
    for base_id, base in bases.items():
        place, name = of_copies.get(base_id, ""), f"{vm.name}_{base.disk.name}"
        how = places.get(place, {})
        if full:
            disks.append(full_copy(base, vm.id, name, how, place, storage_domain_id))
        else:
            disks.append(thin_copy(base, vm.id, name, how, place))
    for place, how in places.items():
        if place not in of_copies.values():
            disks.append(_disk(tx, vm, how, place, f"{vm.name}_Disk{len(disks) + 1}"))
    return tuple(disks)


def new_nics(tx: Transaction, vm: Vm, attributes: Sequence[Values]) -> tuple[NewNic, ...]:
    """Beside what the body says: as its instance type has them where that has some, and else as the template has."""
    of_type: Sequence[NicBase] = tx.of(InstanceTypeNic).list(instance_type_id=vm.instance_type_id)
    copies = [nic_like(nic, vm.id) for nic in of_type or tx.nics.list(owner_id=made_of(vm))]
    asked = [
        NewNic(nic=NICS.make(tx, {**how, "owner_id": vm.id}), place=place)
        for place, how in _placed("nics.nic", attributes)
    ]
    return (*[NewNic(nic=nic) for nic in copies], *asked)


def check_disks(tx: Transaction, vm: Vm, disks: Sequence[NewDisk]) -> None:
    """Each beside those before it."""
    attachments = [new.attachment for new in disks]
    names = {new.disk.id: new.disk.name for new in disks if new.disk is not None}
    for number, new in enumerate(disks):
        place, before = new.place or "vm.disk_attachments", attachments[:number]
        if new.attachment.disk_id in {other.disk_id for other in before}:
            raise BadValue(value=new.attachment.disk_id, field=f"{place}.disk", reason="it stands there twice")
        if new.disk is None:
            check_attachable(tx, new.attachment.disk_id, vm.id)
        elif new.disk.template_disk_id is None:
            check_new(tx, new.disk, f"{place}.disk")
        else:
            domain_for_disks(tx, new.disk.storage_domain_id)
        check_attachment(tx, vm, new.attachment, before, root=place, names=names)


def check_nics(tx: Transaction, vm: Vm, nics: Sequence[NewNic]) -> None:
    pool = pool_of(tx, vm.cluster_id)
    for number, new in enumerate(nics):
        others = [other.nic for other in nics[:number]]
        if any(other.name == new.nic.name for other in others):
            raise BadValue(value=new.nic.name, field=f"{new.place}.name", reason="another NIC of the VM has it")
        if new.nic.mac and not pool.allow_duplicates and any(other.mac == new.nic.mac for other in others):
            raise BadValue(value=new.nic.mac, field=f"{new.place}.mac.address", reason="another NIC of the VM has it")
        NICS.check_references(tx, new.nic)
        NICS.check_make(tx, new.nic, vm.cluster_id, f"VM {vm.name}", root=new.place)


def check_chipset(tx: Transaction, vm: Vm) -> None:
    """Raises BadValue where a disk is attached in a way that the VM's chipset does not have."""
    for attachment in tx.disk_attachments.list(owner_id=vm.id):
        if reason := why_not_interface(vm, attachment.interface):
            disk = found(tx.disks.get(attachment.disk_id), "disk", attachment.disk_id)
            value, field = vm.custom_machine, "vm.custom_emulated_machine"
            if not value:
                value, field = vm.bios_type.value, "vm.bios.type"
            raise BadValue(value=value, field=field, reason=f"its disk {disk.name}: {reason}")


def check_devices(tx: Transaction, vm: Vm, given: Values) -> Values:
    """What is given of a VM that is there, without its disks and NICs. Raises NotSupported or BadValue where they are
    not so already: clients send back what they have read, and what they made the VM of."""
    for place, how in _placed("disk_attachments.disk_attachment", given.get("disk_attachments", ())):
        _check_disk(tx, vm, how, place)
    for place, how in _placed("nics.nic", given.get("nics", ())):
        _check_nic(tx, vm, how, place)
    return {name: value for name, value in given.items() if name not in ("disk_attachments", "nics")}


def parts_of(
    tx: Transaction, vm: Vm, given: Values, disks: Sequence[NewDisk] = (), nics: Sequence[NewNic] = ()
) -> Mapping[str, Any]:
    """What is shown of them, by place: of a copy what its template has, as whoever asks for it has read that."""
    parts: dict[str, Any] = {}
    made = {new.place: new for new in disks if not new.base_id}
    for place, how in _placed("disk_attachments.disk_attachment", given.get("disk_attachments", ())):
        new = made.get(place)
        attachment = new.attachment if new is not None else _as_read(tx, vm, how)
        if attachment is not None:
            disk = new.disk if new is not None and new.disk is not None else tx.disks.get(attachment.disk_id)
            below = place.removeprefix("vm.")
            parts |= {below: (DISK_ATTACHMENTS, attachment), f"{below}.disk": (DISKS, disk)}
    made_nics = {new.place: new.nic for new in nics}
    for place, how in _placed("nics.nic", given.get("nics", ())):
        nic = made_nics.get(place) or _nic(tx, vm, how)
        parts |= {place.removeprefix("vm."): (NICS, nic)} if nic is not None else {}
    return parts


def _placed(below: str, attributes: Iterable[Values]) -> Iterator[tuple[str, Values]]:
    return ((f"vm.{below}[{number}]", how) for number, how in enumerate(attributes, 1))


def nic_like(nic: NicBase, owner_id: str) -> Nic:
    """Without an address."""
    same = {f.name: getattr(nic, f.name) for f in fields(NicBase) if f.name != "id"}
    return Nic(id=new_id(), owner_id=owner_id, **same)


def made_of(vm: Vm) -> str:
    """The template that it was made from."""
    return vm.original_template_id or vm.template_id


def _identity(how: Values) -> str:
    return str(how.get("disk", {}).get("id") or "")


def _disk(tx: Transaction, vm: Vm, how: Values, place: str, name: str) -> NewDisk:
    attributes, identity = how["disk"], _identity(how)
    if not identity:
        disk = DISKS.make(tx, {"name": name, **attributes})
        attachment = DISK_ATTACHMENTS.make(tx, {**how, "owner_id": vm.id, "disk_id": disk.id})
        return NewDisk(attachment=attachment, disk=disk, place=place)
    DISKS.check_same(tx, found(tx.disks.get(identity), "disk", identity), attributes, f"{place}.disk")
    attachment = DISK_ATTACHMENTS.make(tx, {**how, "owner_id": vm.id, "disk_id": identity})
    return NewDisk(attachment=attachment, place=place)


def _check_disk(tx: Transaction, vm: Vm, how: Values, place: str) -> None:
    attachment = _attachment(tx, vm, _identity(how))
    if attachment is None:
        reason = "the disks of a VM that is there are attached at /vms/ID/diskattachments"
        raise NotSupported(value=_identity(how) or "a new disk", field=place, reason=reason)
    disk, read = found(tx.disks.get(attachment.disk_id), "disk", attachment.disk_id), _as_read(tx, vm, how)
    attributes: Values = {name: value for name, value in how.get("disk", {}).items() if name != "id"}
    if read is not None and read.owner_id != vm.id:
        how = _beside(read, how)
        attributes = _beside(found(tx.disks.get(read.disk_id), "disk", read.disk_id), attributes)
    DISK_ATTACHMENTS.check_same(tx, attachment, how, place)
    DISKS.check_same(tx, disk, attributes, f"{place}.disk")


def _check_nic(tx: Transaction, vm: Vm, how: Values, place: str) -> None:
    nic = _nic(tx, vm, how)
    if nic is None:
        reason = "the NICs of a VM that is there are added at /vms/ID/nics"
        raise NotSupported(value=how.get("name", "a NIC"), field=place, reason=reason)
    NICS.check_same(tx, nic, how, place)


def _attachment(tx: Transaction, vm: Vm, identity: str) -> DiskAttachment | None:
    """That of the disk, or of the VM's copy of it."""
    copies = (disk.id for disk in tx.disks.list(template_disk_id=identity)) if identity else ()
    candidates = (tx.disk_attachments.get(attachment_id(vm.id, one)) for one in (identity, *copies))
    return next((attachment for attachment in candidates if attachment is not None), None)


def _as_read(tx: Transaction, vm: Vm, how: Values) -> DiskAttachment | None:
    """The attachment that is meant: the VM's own, or its template's."""
    owners = (vm.id, made_of(vm))
    candidates = (tx.disk_attachments.get(attachment_id(owner, _identity(how))) for owner in owners)
    return next((attachment for attachment in candidates if attachment is not None), None)


def _beside(item: Any, attributes: Values) -> Values:
    """What else is said than what the item has."""
    return {name: value for name, value in attributes.items() if getattr(item, name, None) != value}


def _nic(tx: Transaction, vm: Vm, how: Values) -> Nic | None:
    return next((nic for nic in tx.nics.list(owner_id=vm.id, name=how.get("name", ""))), None)
