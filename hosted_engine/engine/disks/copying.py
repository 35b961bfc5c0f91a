"""Which disks can be copied to another storage domain, and the step that does it to an image."""

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.disks.checks import belongs_to_template, check_unused, domain_for_disks, usable_disk
from hosted_engine.engine.disks.images import image_key, note_progress
from hosted_engine.engine.disks.layers import why_layered
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from node.api.messages.images import ImageCopy, ImageRef
from node.steps import Step


def check_copyable(tx: Transaction, disk_id: str, action: str) -> Disk:
    """Nobody writes to it, and what it stands on is all there. Raises WrongState."""
    disk = usable_disk(tx, disk_id, action)
    domain_for_disks(tx, disk.storage_domain_id)
    check_unused(tx, disk)
    is_replaced = action in ("move", "sparsify")
    bound = why_layered(tx, disk.id, "snapshots of its VM") or (_why_bound(tx, disk) if is_replaced else None)
    if bound is not None:
        reason, mend = bound
        raise WrongState(action=action, kind="disk", name=disk.name, reason=reason, mend=mend)
    return disk


def _why_bound(tx: Transaction, disk: Disk) -> tuple[str, str] | None:
    """Why it has to stay where it is, and what helps."""
    reason = None
    if disk.template_disk_id is not None:
        reason = "it is a thin copy of a template's disk, which stays where it is"
    elif belongs_to_template(tx, disk.id):
        reason = "it belongs to a template"
    elif tx.disks.count(template_disk_id=disk.id):
        reason = "thin disks of VMs stand on it"
    return (reason, "Copy it instead") if reason else None


def room_for(tx: Transaction, disk: Disk, domain_id: str) -> None:
    """What it takes now has to fit, and all that it can hold where it is preallocated. Raises WrongState."""
    domain = domain_for_disks(tx, domain_id)
    needed = disk.actual_size_bytes if disk.sparse else disk.provisioned_size_bytes
    if domain.free_bytes is not None and domain.free_bytes < needed:
        raise WrongState(
            action="put a disk on",
            kind="storage domain",
            name=domain.name,
            reason=f"it has {domain.free_bytes} bytes free, {needed} are needed",
            mend="Make room on it, or choose another",
        )
    check_same_hosts(tx, disk, domain_id)


def check_same_hosts(tx: Transaction, disk: Disk, domain_id: str) -> None:
    """A host has to have both storage domains. Raises WrongState."""
    there, here = (
        found(tx.storage_domains.get(one), "storage domain", one) for one in (domain_id, disk.storage_domain_id)
    )
    if there.data_center_id != here.data_center_id:
        reason = f"storage domain {there.name} is in another data center than {here.name}"
        raise WrongState(
            action="copy", kind="disk", name=disk.name, reason=reason, mend="Choose one of the same data center"
        )


def copy_between(dependencies: Dependencies, disk_id: str, source: ImageRef, image: ImageRef) -> Step:
    """The image of the disk as it is, at another place. One node does it, asked call by call how far it is."""
    key = image_key(disk_id)

    async def do() -> None:
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(disk_id), "disk", disk_id)
        request = ImageCopy(
            source=source,
            source_format=disk.format.image_format,
            format=disk.format.image_format,
            size_bytes=disk.provisioned_size_bytes,
            preallocated=not disk.sparse,
        )
        node = await dependencies.fleet.carrier(image.storage_domain)
        progress = await node.copy_image(image, request)
        while progress.image is None:
            note_progress(dependencies, key, progress)
            progress = await node.copy_image(image, request)

    async def undo() -> None:
        node = await dependencies.fleet.carrier(image.storage_domain)
        await node.remove_image(image)

    return Step(key, "Copy the image of the disk", do, undo)
