"""Transfers the image of a disk: opened, watched until somebody ends it, closed, looked at, and done or cleaned up."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.images import remove_image
from hosted_engine.engine.disks.model import Disk, DiskStatus
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.permissions.creators import forget
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.transfers.checks import check_transfer, choose_node
from hosted_engine.engine.transfers.decide import last_phase
from hosted_engine.engine.transfers.events import CLEANED_UP, FAILED, INITIATED, SUCCEEDED, emit_transfer
from hosted_engine.engine.transfers.model import CANCELLED, ImageTransfer, TransferPhase
from hosted_engine.engine.transfers.opening import close_image, open_image, read, the_transfer
from hosted_engine.engine.transfers.session import Session
from node.api.messages.transfers import ImageCheck, TransferDirection
from node.api.problems import Problem, RemoteRefused
from node.steps import Step


class TransferImage(Command, frozen=True, kw_only=True):
    """`item` is the transfer as it begins, as JSON has it; the disk is this command's alone until it has ended. Its
    phase, which users and the system change meanwhile, says what its steps do."""

    is_awaited: ClassVar[bool] = False

    item: dict[str, Any]

    @classmethod
    def of(cls, transfer: ImageTransfer) -> Self:
        return cls(item=msgspec.to_builtins(transfer))

    @property
    def transfer(self) -> ImageTransfer:
        return msgspec.convert(self.item, ImageTransfer)

    @property
    def id(self) -> str:
        return self.transfer.id

    def check(self, tx: Transaction) -> None:
        check_transfer(tx, self.transfer)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        transfer = self.transfer
        disk = found(tx.disks.get(transfer.disk_id), "disk", transfer.disk_id)
        node_id = choose_node(tx, readings, transfer)
        return self.of(replace(transfer, node_id=node_id, ticket=new_id(), disk_name=disk.name))

    def describe(self, tx: Transaction) -> str:
        doing = "Uploading" if self.transfer.direction is TransferDirection.UPLOAD else "Downloading"
        return f"{doing} Disk {found(tx.disks.get(self.transfer.disk_id), 'disk', self.transfer.disk_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("disk", self.transfer.disk_id),)

    def creates(self) -> tuple[tuple[str, str], ...]:
        return ()

    def begin(self, tx: Transaction, context: Context) -> None:
        transfer = replace(self.transfer, created_at=context.now)
        _set_disk(tx, transfer, DiskStatus.LOCKED)
        tx.of(ImageTransfer).add(transfer)
        emit_transfer(tx, context, INITIATED, transfer)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def open_() -> None:
            await open_image(dependencies, self.id)

        async def close() -> None:
            await close_image(dependencies, self.id)

        async def close_if_there() -> None:
            """A cancelled one does not wait for a host that is gone, which closes by itself what nobody renews."""
            try:
                await close()
            except Problem as err:
                if read(dependencies, self.id).phase not in CANCELLED:
                    raise
                self._note(dependencies, str(err))

        async def check() -> None:
            transfer = read(dependencies, self.id)
            if transfer.direction is TransferDirection.UPLOAD and transfer.phase is TransferPhase.FINALIZING_SUCCESS:
                await self._check(dependencies, transfer)

        async def clean_up() -> None:
            transfer = read(dependencies, self.id)
            if transfer.direction is TransferDirection.UPLOAD and transfer.phase in CANCELLED:
                await remove_image(dependencies, transfer.disk_id).do()

        return (
            Step("open", "Open the image on a host", open_, close),
            Step("transfer", "Transfer the image", Session(dependencies, self.id).run),
            Step("close", "Close the image", close_if_there),
            Step("check", "Look at the uploaded image", check),
            Step("clean-up", "Remove what a cancelled upload has left", clean_up),
        )

    async def _check(self, dependencies: Dependencies, transfer: ImageTransfer) -> None:
        """What a node refuses to give to a VM ends the transfer, not its steps."""
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(transfer.disk_id), "disk", transfer.disk_id)
            base = tx.disks.get(disk.template_disk_id) if disk.template_disk_id else None
            image, backing = disk.image, base.image if base else None
        wanted = ImageCheck(format=disk.format.image_format, size_bytes=disk.provisioned_size_bytes, backing=backing)
        node = await dependencies.fleet.carrier(image.storage_domain)
        try:
            report = await node.check_image(image, wanted)
        except RemoteRefused as err:
            with dependencies.store.transaction() as tx:
                failed = replace(the_transfer(tx, self.id), phase=TransferPhase.FINALIZING_FAILURE, error=err.text.why)
                tx.of(ImageTransfer).update(failed)
            return
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(transfer.disk_id), "disk", transfer.disk_id)
            tx.disks.update(replace(disk, actual_size_bytes=report.actual_size_bytes))

    def _note(self, dependencies: Dependencies, error: str) -> None:
        with dependencies.store.transaction() as tx:
            tx.of(ImageTransfer).update(replace(the_transfer(tx, self.id), error=error))

    def finish(self, tx: Transaction, context: Context) -> None:
        transfer = the_transfer(tx, self.id)
        phase, is_upload = last_phase(transfer.phase), transfer.direction is TransferDirection.UPLOAD
        failed = phase is TransferPhase.FINISHED_FAILURE
        _set_disk(tx, transfer, DiskStatus.ILLEGAL if failed and is_upload else DiskStatus.OK)
        if tx.disks.get(transfer.disk_id) is None:
            forget(tx, [("disks", transfer.disk_id)])
        self._end(tx, context, transfer, phase)
        kind = {
            TransferPhase.FINISHED_SUCCESS: SUCCEEDED,
            TransferPhase.FINISHED_FAILURE: FAILED,
        }.get(phase, CLEANED_UP)
        emit_transfer(tx, context, kind, transfer, reason=transfer.error)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """What was never open is as it was; what a client wrote, and nobody has looked at, is nothing for a VM."""
        transfer = the_transfer(tx, self.id)
        untouched = transfer.phase is TransferPhase.INITIALIZING or transfer.direction is TransferDirection.DOWNLOAD
        _set_disk(tx, transfer, DiskStatus.OK if untouched else DiskStatus.ILLEGAL)
        self._end(tx, context, transfer, TransferPhase.FINISHED_FAILURE, error)
        emit_transfer(tx, context, FAILED, transfer, reason=error)

    def _end(
        self, tx: Transaction, context: Context, transfer: ImageTransfer, phase: TransferPhase, error: str = ""
    ) -> None:
        ended = replace(
            transfer, phase=phase, ended_at=context.now, active=False, ready=False, error=error or transfer.error
        )
        tx.of(ImageTransfer).update(ended)


def _set_disk(tx: Transaction, transfer: ImageTransfer, status: DiskStatus) -> None:
    """A cancelled upload has none any more."""
    disk: Disk | None = tx.disks.get(transfer.disk_id)
    if disk is not None:
        tx.disks.update(replace(disk, status=status))
