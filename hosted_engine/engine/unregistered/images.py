"""The steps that look whether the disks of which a storage domain speaks lie on it."""

from dataclasses import replace

import msgspec

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.ovf.model import OvfEntity
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NodeNotUp
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.unregistered.model import Unregistered
from node.api.messages.images import ImageRef
from node.api.problems import Failed
from node.steps import Step


class DiskMissing(Failed):
    what = "Cannot register disk {disk}"
    why = "{reason}"
    mend = "Bring what is missing back, or register its VM without it (allow_partial_import)"


class DiskImages(msgspec.Struct, frozen=True, kw_only=True):
    """A disk and all of its images."""

    id: str
    name: str
    storage_domain_id: str
    image_ids: tuple[str, ...]


def images_of(entity: OvfEntity) -> tuple[DiskImages, ...]:
    return tuple(
        DiskImages(
            id=one.disk.id,
            name=one.disk.name,
            storage_domain_id=one.disk.storage_domain_id,
            image_ids=(one.disk.image_id, *(layer.id for layer in one.layers)),
        )
        for one in entity.disks
    )


def check_images(dependencies: Dependencies, found_id: str, disk: DiskImages, *, partial: bool) -> Step:
    """Where it may be left out, that it has to be is written down in `found_id`."""

    async def do() -> None:
        reason = await _why_missing(dependencies, disk)
        if reason and not partial:
            raise DiskMissing(disk=disk.name, reason=reason)
        with dependencies.store.transaction() as tx:
            _note(tx, found_id, disk.id, missing=bool(reason))

    return Step(f"look:{disk.id}", f"See that the images of disk {disk.name} are there", do)


async def _why_missing(dependencies: Dependencies, disk: DiskImages) -> str:
    """Empty where nothing is."""
    with dependencies.store.transaction() as tx:
        domain = tx.storage_domains.get(disk.storage_domain_id)
    if domain is None or domain.status is not StorageDomainStatus.ACTIVE:
        return f"storage domain {domain.name if domain else disk.storage_domain_id} is not active here"
    try:
        node = await dependencies.fleet.carrier(domain.id)
    except NodeNotUp as err:
        return str(err)
    for image_id in disk.image_ids:
        if await node.image(ImageRef(storage_domain=domain.id, disk_id=disk.id, image_id=image_id)) is None:
            return f"its image {image_id} is not on storage domain {domain.name}"
    return ""


def _note(tx: Transaction, found_id: str, disk_id: str, *, missing: bool) -> None:
    there = tx.of(Unregistered).get(found_id)
    if there is not None:
        others = tuple(one for one in there.missing_disks if one != disk_id)
        tx.of(Unregistered).update(replace(there, missing_disks=(*others, disk_id) if missing else others))
