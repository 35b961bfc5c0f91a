"""Transfers of images: a node opens an image to a client, tells how far it is, and closes it again."""

from node.api.messages.images import ImageRef, ImageReport
from node.api.messages.transfers import ImageCheck, TransferRenewal, TransferReport, TransferRequest
from node.api.operation import DELETE, GET, LONG_S, POST, PUT, Operations, operation
from node.api.operations.storage import IMAGE
from node.api.refusals import TransferUnknown


class TransferOperations(Operations):
    """Transfers of images"""

    @operation(GET, "/transfers", since=3)
    async def transfers(self) -> tuple[TransferReport, ...]:
        """What is open now."""

    @operation(PUT, "/transfers/{request.id}", timeout_s=120, since=3)
    async def open_transfer(self, request: TransferRequest) -> TransferReport:
        """Open an image, or find that it is open so already; one that is open with another ticket is closed first.
        ImageBusy while a VM of this node runs on it."""

    @operation(GET, "/transfers/{transfer_id}", since=3, missing=lambda transfer_id: TransferUnknown(id=transfer_id))
    async def transfer(self, transfer_id: str) -> TransferReport | None:
        """How far it is. None where it is not open, or not for anybody: its ticket went with a daemon that was started
        anew."""

    @operation(POST, "/transfers/{transfer_id}/renew", since=3)
    async def renew_transfer(self, transfer_id: str, renewal: TransferRenewal) -> TransferReport:
        """A transfer that is neither used nor renewed is closed by the node itself. TransferUnknown: it is not open."""

    @operation(DELETE, "/transfers/{transfer_id}", timeout_s=180, since=3)
    async def close_transfer(self, transfer_id: str) -> None:
        """No client has access from then on, nothing of it is left on the node, and what was written is on the
        volume."""

    @operation(POST, IMAGE + "/check", timeout_s=LONG_S, since=3)
    async def check_image(self, image: ImageRef, check: ImageCheck) -> ImageReport:
        """Look at an image that a client has written, where it can do no harm. ImageRejected: no VM may have it."""
