"""What goes with a storage domain that is detached: the VMs, templates and disks that lie on it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.entity.commands import check_removable, remove_item
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.permissions.creators import forget
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import listed
from hosted_engine.engine.snapshots.model import MemoryVolume, Snapshot
from hosted_engine.engine.storage.checks import refused
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.templates.checks import base_of
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.unregistered.notes import forget_found
from hosted_engine.engine.vms.checks import resting_vm
from hosted_engine.engine.vms.model import Vm

Owner = Vm | Template


def owners_on(tx: Transaction, domain_id: str) -> list[Owner]:
    """The VMs and templates with a disk on it."""
    disk_ids = [disk.id for disk in tx.disks.list(storage_domain_id=domain_id)]
    ids = {one.owner_id for one in tx.disk_attachments.list(disk_id=disk_ids)} if disk_ids else set()
    return [*tx.vms.find(ids).values(), *tx.templates.find(ids).values()]


def check_leaving(tx: Transaction, domain: StorageDomain) -> None:
    """They can go as a whole, and nothing that stays needs them. Raises Refused."""
    owners = owners_on(tx, domain.id)
    ids = {owner.id for owner in owners}
    for owner in owners:
        if isinstance(owner, Vm):
            resting_vm(tx, owner.id, "detach")
            check_removable(tx, entity_of("vms"), owner)
    if volumes := tx.of(MemoryVolume).list(storage_domain_id=domain.id):
        snapshots = tx.of(Snapshot).find({volume.snapshot_id for volume in volumes})
        names = sorted({one.name for one in tx.vms.find({one.vm_id for one in snapshots.values()}).values()})
        reason = f"it has memories of snapshots of these VMs: {listed(names)}" if names else "a memory is being removed"
        raise refused(domain, "detach", reason, "Remove those snapshots first, or try again in a moment")
    for reason, held in (
        ("other disks of these VMs and templates lie elsewhere", _also_elsewhere(tx, domain, owners)),
        ("these VMs and templates are protected from removal", [one for one in owners if one.delete_protected]),
        ("these VMs belong to pools", [one for one in owners if isinstance(one, Vm) and one.vm_pool_id]),
        ("these templates on it are used by others", _needed_elsewhere(tx, owners, ids)),
    ):
        if names := sorted({one.name for one in held}):
            mend = "Move their disks away, remove them, or change what the reason names, first"
            raise refused(domain, "detach", f"{reason}: {listed(names)}", mend)


def _also_elsewhere(tx: Transaction, domain: StorageDomain, owners: Sequence[Owner]) -> list[Owner]:
    held = []
    for owner in owners:
        disks = tx.disks.find([one.disk_id for one in tx.disk_attachments.list(owner_id=owner.id)])
        if any(disk.storage_domain_id != domain.id for disk in disks.values()):
            held.append(owner)
    return held


def _needed_elsewhere(tx: Transaction, owners: Sequence[Owner], leaving: set[str]) -> list[Owner]:
    """Templates of VMs, and first versions of templates, that stay."""
    held: list[Owner] = []
    for template in owners:
        if isinstance(template, Template):
            others: Iterable[Owner] = chain(
                tx.vms.list(template_id=template.id), tx.templates.list(base_template_id=template.id)
            )
            held.extend(template for other in others if other.id not in leaving and other.id != template.id)
    return held


def forget_what_lies_on(tx: Transaction, domain_id: str) -> None:
    """The rows alone; in an order in which none names one that is gone."""
    owners = owners_on(tx, domain_id)
    disks = tx.disks.list(storage_domain_id=domain_id)
    for owner in owners:
        for attachment in tx.disk_attachments.list(owner_id=owner.id):
            tx.disk_attachments.remove(attachment.id)
        for nic in tx.nics.list(owner_id=owner.id):
            tx.nics.remove(nic.id)
    for vm in (owner for owner in owners if isinstance(owner, Vm)):
        remove_item(tx, entity_of("vms"), vm)
    versions = [owner for owner in owners if isinstance(owner, Template)]
    for template in sorted(versions, key=lambda one: base_of(one) == one.id):
        remove_item(tx, entity_of("templates"), template)
    _forget_disks(tx, disks)
    forget(tx, [("disks", disk.id) for disk in disks])
    forget_found(tx, domain_id)


def _forget_disks(tx: Transaction, disks: Sequence[Disk]) -> None:
    for disk in sorted(disks, key=lambda one: one.template_disk_id is None):
        for image in tx.disk_images.list(disk_id=disk.id):
            tx.disk_images.remove(image.id)
        for vm in tx.vms.list(cd_disk_id=disk.id):
            tx.vms.update(replace(vm, cd_disk_id=None))
        for template in tx.templates.list(cd_disk_id=disk.id):
            tx.templates.update(replace(template, cd_disk_id=None))
        tx.disks.remove(disk.id)
