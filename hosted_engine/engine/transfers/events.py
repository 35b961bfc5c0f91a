"""What is written down of transfers; names and codes are oVirt's."""

from typing import TYPE_CHECKING, cast

from hosted_engine.engine.command import Context
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.transfers.model import ImageTransfer

if TYPE_CHECKING:
    from hosted_engine.engine.entity.declaration import Entity

INITIATED = EventKind("TRANSFER_IMAGE_INITIATED", "Image {type} with disk {name} was initiated by {user}.")
SUCCEEDED = EventKind("TRANSFER_IMAGE_SUCCEEDED", "Image {type} with disk {name} succeeded.")
FAILED = EventKind("TRANSFER_IMAGE_FAILED", "Image {type} with disk {name} failed: {reason}")
CANCELLED = EventKind("TRANSFER_IMAGE_CANCELLED", "Image {type} with disk {name} was cancelled by {user}.")
CLEANED_UP = EventKind(
    "TRANSFER_IMAGE_CLEANED_UP", "Image {type} with disk {name} was cancelled, and cleaned up after."
)
CANCELED_ON_TIMEOUT = EventKind(
    "TRANSFER_IMAGE_CANCELED_ON_TIMEOUT",
    "Image {type} with disk {name} was cancelled by the system: no client was active for {seconds} s.",
)
PAUSED_ON_TIMEOUT = EventKind(
    "TRANSFER_IMAGE_PAUSED_ON_TIMEOUT",
    "Image {type} with disk {name} was paused by the system: no client was active for {seconds} s.",
)
PAUSED_BY_USER = EventKind("TRANSFER_IMAGE_PAUSED_BY_USER", "Image {type} with disk {name} was paused by {user}.")
RESUMED_BY_USER = EventKind("TRANSFER_IMAGE_RESUMED_BY_USER", "Image {type} with disk {name} was resumed by {user}.")
MISSING_HOST = EventKind(
    "TRANSFER_IMAGE_STOPPED_BY_SYSTEM_MISSING_HOST",
    "Image {type} with disk {name} was paused by the system, for its host is out of reach: {reason}",
)
NO_TICKET = EventKind(
    "TRANSFER_IMAGE_STOPPED_BY_SYSTEM_FAILED_TO_ADD_TICKET_TO_DAEMON",
    "Image {type} with disk {name} was paused by the system, for its host could not open the image: {reason}",
)
NO_PROXY = EventKind(
    "TRANSFER_FAILED_TO_ADD_TICKET_TO_PROXY",
    "Image {type} with disk {name} is possible through its host alone, the engine's proxy cannot take it: {reason}",
)


def emit_transfer(tx: Transaction, context: Context, kind: EventKind, transfer: ImageTransfer, **more: str) -> None:
    words = {
        "type": transfer.direction.value.capitalize(),
        "seconds": str(transfer.inactivity_timeout_s),
        **more,
    }
    emit_of(tx, context, kind, cast("Entity[ImageTransfer]", entity_of("image_transfers")), transfer, **words)
