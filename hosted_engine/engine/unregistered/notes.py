"""Keeps in the store what was found on a storage domain, as long as the domain is attached. Pure."""

from collections.abc import Collection, Iterable

import msgspec

from hosted_engine.engine.disks.model import Disk, DiskContentType, DiskFormat
from hosted_engine.engine.ovf.model import OvfEntity, OvfUnreadable
from hosted_engine.engine.ovf.read import read_ovf
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.unregistered.model import Unregistered, UnregisteredKind, unregistered_id
from node.api.messages.images import ImageFormat
from node.api.messages.storage_domains import DiskMetadata, OvfFile, OvfStore, StorageDomainMetadata


def note_found(tx: Transaction, domain_id: str, metadata: StorageDomainMetadata | None, store: OvfStore) -> None:
    """Instead of what was noted before: that of which the engine has nothing."""
    forget_found(tx, domain_id)
    known = {*tx.vms.find([file.id for file in store.files]), *tx.templates.find([file.id for file in store.files])}
    of_owners: set[str] = set()
    for file in store.files:
        if file.id not in known:
            found, disk_ids = _of_file(domain_id, file)
            of_owners.update(disk_ids)
            tx.of(Unregistered).add(found)
    disks = metadata.disks if metadata is not None else ()
    here = tx.disks.find([disk.id for disk in disks])
    tx.of(Unregistered).add_all(
        [_of_disk(domain_id, disk) for disk in disks if disk.id not in of_owners and disk.id not in here]
    )


def forget_found(tx: Transaction, domain_id: str) -> None:
    for found in tx.of(Unregistered).list(storage_domain_id=domain_id):
        tx.of(Unregistered).remove(found.id)


def disks_found(tx: Transaction, domain_id: str) -> list[DiskMetadata]:
    """Those that belong to no VM and no template."""
    found = tx.of(Unregistered).list(storage_domain_id=domain_id, kind=UnregisteredKind.DISK)
    return [disk_of(one) for one in found]


def ovfs_found(tx: Transaction, domain_id: str) -> dict[str, str]:
    """As they were found, by the ids of their VMs and templates."""
    found: Iterable[Unregistered] = tx.of(Unregistered).list(storage_domain_id=domain_id)
    return {one.entity_id: one.data for one in found if one.kind is not UnregisteredKind.DISK}


def entity_in(found: Unregistered) -> OvfEntity:
    """Raises OvfUnreadable."""
    return read_ovf(found.data, found.storage_domain_id, found.entity_id)


def disk_of(found: Unregistered) -> DiskMetadata:
    return msgspec.json.decode(found.data, type=DiskMetadata)


def as_disk(found: Unregistered) -> Disk:
    """As it will be when it is registered."""
    metadata = disk_of(found)
    return Disk(
        id=metadata.id,
        name=metadata.name,
        storage_domain_id=found.storage_domain_id,
        image_id=metadata.image_id,
        provisioned_size_bytes=metadata.size_bytes,
        description=metadata.description,
        format=DiskFormat.RAW if metadata.format is ImageFormat.RAW else DiskFormat.COW,
        sparse=metadata.sparse,
        template_disk_id=metadata.template_disk_id or None,
        content_type=DiskContentType(metadata.content_type),
    )


def forget_entity(tx: Transaction, entity_id: str) -> None:
    """It is the engine's, on whatever storage domains it was found."""
    for found in tx.of(Unregistered).list(entity_id=entity_id):
        tx.of(Unregistered).remove(found.id)


def _of_file(domain_id: str, file: OvfFile) -> tuple[Unregistered, Collection[str]]:
    """And the ids of its disks."""
    try:
        entity = read_ovf(file.text, domain_id, file.id)
    except OvfUnreadable:
        return _found(domain_id, file.id, UnregisteredKind.UNREADABLE, file.id, file.text), ()
    kind = UnregisteredKind.TEMPLATE if isinstance(entity.item, Template) else UnregisteredKind.VM
    return _found(domain_id, file.id, kind, entity.item.name, file.text), entity.images.keys()


def _of_disk(domain_id: str, disk: DiskMetadata) -> Unregistered:
    return _found(domain_id, disk.id, UnregisteredKind.DISK, disk.name, msgspec.json.encode(disk).decode())


def _found(domain_id: str, entity_id: str, kind: UnregisteredKind, name: str, data: str) -> Unregistered:
    return Unregistered(
        id=unregistered_id(domain_id, entity_id),
        storage_domain_id=domain_id,
        entity_id=entity_id,
        kind=kind,
        name=name,
        data=data,
    )
