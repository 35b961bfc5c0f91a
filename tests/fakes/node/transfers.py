"""Transfers of a fake node: what is open, with which tickets; `contents` is what clients have written."""

from collections.abc import Callable
from dataclasses import dataclass, field

from node.api import refusals as r
from node.api.messages.images import ImageFormat, ImageRef, ImageReport
from node.api.messages.transfers import (
    ImageCheck,
    TransferDirection,
    TransferRenewal,
    TransferReport,
    TransferRequest,
)
from node.api.paths import TRANSFER_PORT
from tests.fakes.node.site import FakeSite
from tests.fakes.node.vms import FakeVms


@dataclass
class _Open:
    request: TransferRequest
    size_bytes: int
    until: float
    transferred_bytes: int = 0
    last_used: float = 0.0
    active: bool = False


@dataclass
class FakeTransfers:
    """A client is whoever calls `client_transfers`; `asked` is called whenever somebody asks how far a transfer is.
    `rejects` says why images that are looked at are refused."""

    site: FakeSite
    vms: FakeVms
    now: Callable[[], float]
    mounted: Callable[[ImageRef], ImageRef] = field(default=lambda image: image)
    open: dict[str, _Open] = field(default_factory=dict)
    rejects: str = ""
    asked: Callable[[str], None] = field(default=lambda _: None)
    opened: int = 0
    checked: list[tuple[ImageRef, ImageCheck]] = field(default_factory=list)

    def transfers(self) -> tuple[TransferReport, ...]:
        return tuple(self._report(one) for one in self.open.values())

    def open_transfer(self, request: TransferRequest) -> TransferReport:
        r.token("transfer id", request.id)
        image = self.site.images.get(self.mounted(request.image))
        if image is None:
            raise r.ImageUnknown(image=request.image.image_id, storage_domain=request.image.storage_domain)
        if (vm := self.vms.runs_on(request.image)) is not None:
            raise r.ImageBusy(image=request.image.image_id, vm=vm)
        found = self.open.get(request.id)
        if found is None or found.request != request:
            now, size = self.now(), self._size(request, image)
            found = self.open[request.id] = _Open(request, size, now + request.timeout_s, last_used=now)
            self.opened += 1
        return self._report(found)

    def transfer(self, transfer_id: str) -> TransferReport | None:
        self.asked(transfer_id)
        found = self.open.get(transfer_id)
        return self._report(found) if found is not None else None

    def renew_transfer(self, transfer_id: str, renewal: TransferRenewal) -> TransferReport:
        if transfer_id not in self.open:
            raise r.TransferUnknown(id=transfer_id)
        self.open[transfer_id].until = self.now() + renewal.timeout_s
        return self._report(self.open[transfer_id])

    def close_transfer(self, transfer_id: str) -> None:
        self.open.pop(transfer_id, None)

    def check_image(self, image: ImageRef, check: ImageCheck) -> ImageReport:
        found = self.site.images.get(self.mounted(image))
        if found is None:
            raise r.ImageUnknown(image=image.image_id, storage_domain=image.storage_domain)
        self.checked.append((image, check))
        if self.rejects:
            raise r.ImageRejected(image=image.image_id, reason=self.rejects)
        return found

    def client_transfers(self, transfer_id: str, size_bytes: int) -> None:
        """A client writes or reads so much."""
        one = self.open[transfer_id]
        one.transferred_bytes += size_bytes
        one.last_used = self.now()

    def lose_all(self) -> None:
        """As with the machine's power."""
        self.open.clear()

    def _size(self, request: TransferRequest, image: ImageReport) -> int:
        if request.format is ImageFormat.RAW:
            return image.virtual_size_bytes
        if request.format is not image.format:
            raise r.Malformed(reason=f"the image is {image.format}")
        if request.direction is TransferDirection.DOWNLOAD:
            return image.actual_size_bytes
        if request.size_bytes is None:
            raise r.Malformed(reason="how large the uploaded file is at most has to be said")
        return request.size_bytes

    def _report(self, one: _Open) -> TransferReport:
        return TransferReport(
            id=one.request.id,
            ticket=one.request.ticket,
            port=TRANSFER_PORT,
            size_bytes=one.size_bytes,
            transferred_bytes=one.transferred_bytes,
            active=one.active,
            idle_s=int(self.now() - one.last_used),
        )
