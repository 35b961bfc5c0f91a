"""Images that are open to clients: each with a qemu-nbd in a unit of its own and a ticket of the imageio daemon."""

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath

import msgspec

from node.api.messages.images import ImageFormat, ImageRef, ImageReport
from node.api.messages.transfers import (
    ImageCheck,
    TransferDirection,
    TransferRenewal,
    TransferReport,
    TransferRequest,
)
from node.api.paths import TRANSFER_PORT
from node.api.problems import Failed, Problem
from node.api.refusals import ImageBusy, ImageUnknown, Malformed, TransferUnknown, token
from node.clock import Clock
from node.imageio import Imageio, TicketState
from node.storage import formats, layout
from node.storage.qemu_img import QemuImg
from node.system.files import sync_file
from node.system.threads import Threads
from node.system.transient_units import Units
from node.transfers import export
from node.transfers.checking import Checker
from node.transfers.records import Record, Records
from node.waiting import wait_until

log = logging.getLogger(__name__)

OPEN_S, GREETING_S = 20.0, 1.0  # until qemu-nbd has opened the image
NBD_MAGIC = b"NBDMAGIC"
EXPIRE_EVERY_S = 30.0


class NotOpened(Failed):
    what = "Image {image} was not opened for a transfer"
    why = "{reason}"
    mend = "See whether something else uses it, on this node or another, then try again"


class Transfers:
    """`need` raises NotMounted for a volume; `running_on` names the running VM that uses a file. `sockets` is where the
    units make theirs."""

    def __init__(
        self,
        imageio: Imageio,
        units: Units,
        qemu_img: QemuImg,
        records: Records,
        checker: Checker,
        threads: Threads,
        *,
        volumes: Path,
        need: Callable[[str], Awaitable[None]],
        running_on: Callable[[str], Awaitable[str | None]],
        clock: Clock,
        sockets: PurePosixPath = export.FOLDER,
        port: int = TRANSFER_PORT,
    ) -> None:
        self._imageio = imageio
        self._units = units
        self._qemu_img = qemu_img
        self._records = records
        self._checker = checker
        self._threads = threads
        self._volumes = PurePosixPath(volumes)
        self._need = need
        self._running_on = running_on
        self._clock = clock
        self._sockets = sockets
        self._port = port
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def transfers(self) -> tuple[TransferReport, ...]:
        reports = [await self.transfer(record.request.id) for record in self._records.all()]
        return tuple(report for report in reports if report is not None)

    async def transfer(self, transfer_id: str) -> TransferReport | None:
        record = self._records.find(transfer_id)
        if record is None or not await self._is_exported(record):
            return None
        state = await self._imageio.find(record.request.ticket)
        return None if state is None else self._report(record, state)

    async def open_transfer(self, request: TransferRequest) -> TransferReport:
        token("transfer id", request.id)
        path = PurePosixPath(layout.image(self._volumes, request.image))
        await self._need(request.image.storage_domain)
        async with self._locks[request.id]:
            before = self._records.find(request.id)
            if before is not None and before.request != request:
                await self._close(before)
            if (vm := await self._running_on(str(path))) is not None:
                raise ImageBusy(image=request.image.image_id, vm=vm)
            image_format, size = await self._threads(self._measure, request, Path(path))
            record = Record(request=request, path=str(path), size_bytes=size, until=self._until(request.timeout_s))
            self._records.write(record)
            try:
                return await self._open(record, image_format)
            except BaseException:
                await self._close(record)
                raise

    async def renew_transfer(self, transfer_id: str, renewal: TransferRenewal) -> TransferReport:
        async with self._locks[transfer_id]:
            record = self._records.find(transfer_id)
            if record is None or not await self._imageio.extend(record.request.ticket, renewal.timeout_s):
                raise TransferUnknown(id=transfer_id)
            self._records.write(msgspec.structs.replace(record, until=self._until(renewal.timeout_s)))
        report = await self.transfer(transfer_id)
        if report is None:
            raise TransferUnknown(id=transfer_id)
        return report

    async def close_transfer(self, transfer_id: str) -> None:
        async with self._locks[transfer_id]:
            record = self._records.find(transfer_id)
            if record is not None:
                await self._close(record)
        self._locks.pop(transfer_id, None)

    async def check_image(self, image: ImageRef, check: ImageCheck) -> ImageReport:
        path = PurePosixPath(layout.image(self._volumes, image))
        await self._need(image.storage_domain)
        if (vm := await self._running_on(str(path))) is not None:
            raise ImageBusy(image=image.image_id, vm=vm)
        return await self._threads(self._checker.check, image, Path(path), check)

    async def run(self) -> None:
        """Close, now and then, what nobody uses or renews any more: an engine that is gone closes nothing."""
        while True:
            await self._clock.sleep(EXPIRE_EVERY_S)
            await self.close_forgotten()

    async def close_forgotten(self) -> None:
        for record in self._records.all():
            try:
                if await self._is_forgotten(record):
                    log.info("transfer %s is closed: nobody uses or renews it", record.request.id)
                    await self.close_transfer(record.request.id)
            except Problem as err:
                log.warning("transfer %s: %s", record.request.id, err)

    async def _is_forgotten(self, record: Record) -> bool:
        """A client's requests keep a ticket alive as well."""
        if record.closed:
            return True
        if self._clock.monotonic() < record.until:
            return False
        state = await self._imageio.find(record.request.ticket)
        return state is None or (not state.active and state.idle_time >= record.request.timeout_s)

    async def _open(self, record: Record, image_format: ImageFormat) -> TransferReport:
        request, socket = record.request, export.socket(self._sockets, record.request.id)
        if not await self._is_exported(record):
            argv = export.command(request, record.path, image_format, record.size_bytes, str(socket))
            writes = request.direction is TransferDirection.UPLOAD
            said = export.properties(request.id, PurePosixPath(record.path), writes=writes)
            await self._threads(self._units.start, export.unit(request.id), argv, said)
            await self._await_export(request, str(socket))
        state = await self._imageio.find(request.ticket)
        if state is None:
            await self._imageio.put(export.ticket(request, socket, record.size_bytes))
            state = await self._imageio.find(request.ticket)
        if state is None:
            raise NotOpened(image=request.image.image_id, reason="the transfer daemon has lost its ticket at once")
        return self._report(record, state)

    async def _await_export(self, request: TransferRequest, socket: str) -> None:
        unit = export.unit(request.id)

        async def greets() -> bool | None:
            if await _greets(socket):
                return True
            if not await self._threads(self._units.is_running, unit):
                reason = await self._threads(self._units.last_log_line, unit)
                raise NotOpened(image=request.image.image_id, reason=reason or "qemu-nbd ended without a word")
            return None

        if await wait_until(greets, self._clock, within_s=OPEN_S, every_s=0.05) is None:
            raise NotOpened(image=request.image.image_id, reason=f"qemu-nbd was not ready within {OPEN_S:g} s")

    async def _close(self, record: Record) -> None:
        """A ticket on which a client holds opens nothing any more; it is removed when he lets go, at the latest after
        his time of inactivity."""
        request = record.request
        is_removed = await self._imageio.remove(request.ticket)
        await self._threads(self._units.stop, export.unit(request.id))
        path = Path(record.path)
        if request.direction is TransferDirection.UPLOAD and path.exists():
            await self._threads(sync_file, path)
        if is_removed or await self._imageio.remove(request.ticket):
            self._records.remove(request.id)
        else:
            self._records.write(msgspec.structs.replace(record, closed=True))

    async def _is_exported(self, record: Record) -> bool:
        return await self._threads(self._units.is_running, export.unit(record.request.id))

    def _measure(self, request: TransferRequest, path: Path) -> tuple[ImageFormat, int]:
        """The image's format, and how much of it there is to transfer. The file of an upload gets room to be written
        to: an export cannot grow."""
        if not path.exists():
            raise ImageUnknown(image=request.image.image_id, storage_domain=request.image.storage_domain)
        image_format = formats.noted(path)
        if image_format is None:
            raise formats.FormatUnknown(image=request.image.image_id)
        if request.format is ImageFormat.RAW:
            return image_format, self._qemu_img.info(str(path), image_format).virtual_size_bytes
        if request.format is not image_format:
            raise Malformed(reason=f"the image is {image_format}, and cannot be transferred as {request.format}")
        if request.direction is TransferDirection.DOWNLOAD:
            return image_format, path.stat().st_size
        if request.size_bytes is None:
            raise Malformed(reason="how large the uploaded file is at most has to be said")
        size = export.whole_blocks(max(request.size_bytes, path.stat().st_size))
        os.truncate(path, size)
        return image_format, size

    def _report(self, record: Record, state: TicketState) -> TransferReport:
        return TransferReport(
            id=record.request.id,
            ticket=record.request.ticket,
            port=self._port,
            size_bytes=record.size_bytes,
            transferred_bytes=state.transferred,
            active=state.active,
            idle_s=state.idle_time,
        )

    def _until(self, timeout_s: int) -> float:
        return self._clock.monotonic() + timeout_s


async def _greets(socket: str) -> bool:
    """It has a socket before it has opened the image, and greets whoever connects after that."""
    try:
        async with asyncio.timeout(GREETING_S):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                return await reader.readexactly(len(NBD_MAGIC)) == NBD_MAGIC
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError):
        return False
