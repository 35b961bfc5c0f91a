"""The disks on a storage domain in the API: of its VMs and templates, registered or not, and all of them."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.model import Disk, DiskAttachment
from hosted_engine.engine.entity.declaration import Link, Options
from hosted_engine.engine.entity.reported import AsItWas, Reported, ReportedAction, Shown
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere
from hosted_engine.engine.storage.checks import the_domain
from hosted_engine.engine.storage.leaving import owners_on
from hosted_engine.engine.unregistered.checks import the_found
from hosted_engine.engine.unregistered.disks_api import unregistered_disks
from hosted_engine.engine.unregistered.model import Unregistered, UnregisteredKind, unregistered_id
from hosted_engine.engine.unregistered.notes import entity_in
from hosted_engine.engine.unregistered.register_disk import RegisterDisk

VM, TEMPLATE = UnregisteredKind.VM, UnregisteredKind.TEMPLATE


def _attachments(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    """By the ids of their disks, as those of a VM that is here."""
    if (there := _found(tx, ids, VM)) is None:
        attachments = tx.disk_attachments.list(owner_id=_owner_here(tx, ids, VM))
        return {one.disk_id: AsItWas("disk_attachments", one, frozenset()) for one in attachments}
    path = f"storagedomains/{there.storage_domain_id}/vms"
    return {
        one.disk.id: AsItWas(
            "disk_attachments",
            one.attachment,
            frozenset(),
            {
                "vm": Link("vms", there.entity_id, path),
                "disk": Link("disks", one.disk.id, f"{path}/{there.entity_id}/disks"),
            },
        )
        for one in entity_in(there).disks
    }


def _content(
    kind: UnregisteredKind, tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options
) -> Mapping[str, Shown]:
    there = _found(tx, ids, kind)
    disks = entity_in(there).images.values() if there is not None else _disks_here(tx, _owner_here(tx, ids, kind))
    return {disk.id: AsItWas("disks", disk) for disk in disks}


def _found(tx: Transaction, ids: Mapping[str, str], kind: UnregisteredKind) -> Unregistered | None:
    """None of one that is registered. Raises NotThere without the storage domain."""
    domain = the_domain(tx, ids["storage_domain"])
    if tx.of(Unregistered).get(unregistered_id(domain.id, ids[kind.value])) is None:
        return None
    return the_found(tx, domain.id, ids[kind.value], kind)


def _owner_here(tx: Transaction, ids: Mapping[str, str], kind: UnregisteredKind) -> str:
    """The id of the VM or template, which has to have a disk on the storage domain. Raises NotThere."""
    owner_id = ids[kind.value]
    if not any(one.id == owner_id for one in owners_on(tx, ids["storage_domain"])):
        raise NotThere(kind="VM" if kind is VM else "template", id=owner_id)
    return owner_id


def _disks_here(tx: Transaction, owner_id: str) -> Sequence[Disk]:
    attachments: Sequence[DiskAttachment] = tx.disk_attachments.list(owner_id=owner_id)
    return [*tx.disks.find([one.disk_id for one in attachments]).values()]


def _attached(tx: Transaction, readings: Readings, ids: Mapping[str, str], options: Options) -> Mapping[str, Shown]:
    """Those that are registered, or with `unregistered` those that are not; one by its id may be either."""
    domain = the_domain(tx, ids["storage_domain"])
    if domain.data_center_id != ids["data_center"]:
        raise NotThere(kind="attached storage domain", id=domain.id)
    there = unregistered_disks(tx, domain.id)
    here: dict[str, Shown] = {disk.id: AsItWas("disks", disk) for disk in tx.disks.list(storage_domain_id=domain.id)}
    return there if options.boolean("unregistered") else here | (there if "disk" in ids else {})


def _register(tx: Transaction, ids: Mapping[str, str], given: Mapping[str, Any]) -> Command:
    return RegisterDisk(domain_id=the_domain(tx, ids["storage_domain"]).id, id=ids["disk"])


STORAGE_DOMAIN_CONTENTS = (
    Reported(
        "disk attachment",
        ("StorageDomainVmDiskAttachments", "StorageDomainVmDiskAttachment"),
        frozenset({"storage_domain", "vm"}),
        _attachments,
    ),
    *(
        Reported(
            "disk",
            ("StorageDomainContentDisks", "StorageDomainContentDisk"),
            frozenset({"storage_domain", kind.value}),
            partial(_content, kind),
        )
        for kind in (VM, TEMPLATE)
    ),
    Reported(
        "disk",
        ("AttachedStorageDomainDisks", "AttachedStorageDomainDisk"),
        frozenset({"data_center", "storage_domain"}),
        _attached,
        actions={"register": ReportedAction(_register)},
    ),
)
