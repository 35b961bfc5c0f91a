"""What a storage domain is to say of itself: whose it is, its disks, and VMs and templates with disks on it. Pure."""

from collections.abc import Mapping
from hashlib import sha256

from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.ovf.collect import entities_on
from hosted_engine.engine.ovf.write import ovf_of
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.unregistered.notes import disks_found, ovfs_found
from node.api.messages.storage_domains import DiskMetadata, OvfFile, OvfStoreUpdate, StorageDomainMetadata

AT_ONCE = 200  # files that a node is handed in one call


def metadata_of(tx: Transaction, domain: StorageDomain, data_center_id: str | None) -> StorageDomainMetadata:
    """With the disks that it has now, those of another engine among them."""
    disks = [_disk(disk) for disk in tx.disks.list(storage_domain_id=domain.id)]
    return StorageDomainMetadata(
        id=domain.id,
        name=domain.name,
        type=domain.type.value,
        data_center_id=data_center_id or "",
        disks=tuple(sorted((*disks, *disks_found(tx, domain.id)), key=lambda disk: disk.id)),
    )


def ovfs_of(tx: Transaction, domain_id: str) -> dict[str, str]:
    """OVFs by ids. Those of another engine stay as they were found."""
    return ovfs_found(tx, domain_id) | {entity.id: ovf_of(entity) for entity in entities_on(tx, domain_id)}


def digests(texts: Mapping[str, str]) -> dict[str, str]:
    return {identity: sha256(text.encode()).hexdigest() for identity, text in texts.items()}


def updates(texts: Mapping[str, str], written: Mapping[str, str]) -> list[OvfStoreUpdate]:
    """The requests after which exactly `texts` are there, where those with the digests `written` were before; none
    where nothing differs."""
    wanted = digests(texts)
    differing = [OvfFile(id=one, text=text) for one, text in texts.items() if written.get(one) != wanted[one]]
    if not differing and wanted.keys() == written.keys():
        return []
    ids = tuple(texts)
    parts = [tuple(differing[n : n + AT_ONCE]) for n in range(0, len(differing), AT_ONCE)] or [()]
    return [OvfStoreUpdate(files=part, ids=ids) for part in parts]


def _disk(disk: Disk) -> DiskMetadata:
    return DiskMetadata(
        id=disk.id,
        image_id=disk.image_id,
        name=disk.name,
        format=disk.format.image_format,
        size_bytes=disk.provisioned_size_bytes,
        sparse=disk.sparse,
        description=disk.description,
        template_disk_id=disk.template_disk_id or "",
        content_type=disk.content_type.value,
    )
