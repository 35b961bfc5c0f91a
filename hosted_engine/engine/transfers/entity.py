"""Image transfers in the API."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.command import Command, Lock
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.entity.declaration import READ, Action, Entity, Options, Place, Values
from hosted_engine.engine.entity.field import Field, Settable
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, found
from hosted_engine.engine.transfers.commands.actions import (
    CancelTransfer,
    ExtendTransfer,
    FinalizeTransfer,
    PauseTransfer,
    ResumeTransfer,
)
from hosted_engine.engine.transfers.commands.transfer import TransferImage
from hosted_engine.engine.transfers.decide import image_url
from hosted_engine.engine.transfers.model import ImageTransfer, TransferPhase


class ImageTransferEntity(Entity[ImageTransfer]):
    def make(self, tx: Transaction, given: Values) -> ImageTransfer:
        """Older clients name the image instead of its disk."""
        disk = self._disk(tx, given)
        return super().make(tx, {"format": disk.format, **given, "disk_id": disk.id})

    def _disk(self, tx: Transaction, given: Values) -> Disk:
        identity, image_id = given.get("disk_id"), given.get("image_id")
        if image_id is not None:
            owners = [disk.id for disk in tx.disks.list(image_id=image_id)]
            if not owners or identity not in (None, *owners):
                reason = "it is the image of another disk" if owners else "no disk has it"
                raise BadValue(value=image_id, field="image_transfer.image", reason=reason)
            (identity,) = owners
        if identity is None:
            reason = "a disk or an image has to be named"
            raise BadValue(value="nothing", field="image_transfer.disk", reason=reason)
        return found(tx.disks.get(identity), "disk", identity)

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, ImageTransfer]:
        transfer = self.make(tx, given)
        return TransferImage.of(transfer), transfer

    def show(self, item: ImageTransfer, gathered: Any) -> Mapping[str, Any]:
        """Where its client finds it while it is open; the ticket is in the URL."""
        is_open = item.ready and item.phase is TransferPhase.TRANSFERRING
        return {
            "transfer_url": image_url(item.host_url, item.ticket) if is_open else None,
            "proxy_url": image_url(item.proxy_url, item.ticket) if is_open and item.proxy_url else None,
        }

    def event_values(self, tx: Transaction, item: ImageTransfer) -> Mapping[str, str]:
        disk = tx.disks.get(item.disk_id)
        name = item.disk_name or (disk.name if disk else item.disk_id)
        about = {"storage_domain_id": disk.storage_domain_id} if disk else {}
        return {"name": name, "disk_id": item.disk_id, **about}

    def locks(self, item: ImageTransfer) -> tuple[Lock, ...]:
        return (Lock("image transfer", item.id),)


IMAGE_TRANSFERS = ImageTransferEntity(
    ImageTransfer,
    "image_transfers",
    kind="image transfer",
    type="ImageTransfer",
    path="imagetransfers",
    places=(Place(("ImageTransfers", "ImageTransfer"), methods=READ | {"add"}),),
    order=("created_at", "id"),
    indexes=(("phase",),),
    inputs={"image_id": Field("image.id", settable=Settable.ON_ADD)},
    actions={
        "cancel": Action(lambda tx, transfer, attributes: CancelTransfer(id=transfer.id)),
        "extend": Action(lambda tx, transfer, attributes: ExtendTransfer(id=transfer.id)),
        "finalize": Action(lambda tx, transfer, attributes: FinalizeTransfer(id=transfer.id)),
        "pause": Action(lambda tx, transfer, attributes: PauseTransfer(id=transfer.id)),
        "resume": Action(lambda tx, transfer, attributes: ResumeTransfer(id=transfer.id)),
    },
)
