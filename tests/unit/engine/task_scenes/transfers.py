"""What is cut off in the middle: Transfers of images."""

from dataclasses import replace

from hosted_engine.engine.command import Command
from hosted_engine.engine.transfers.entity import IMAGE_TRANSFERS
from hosted_engine.engine.transfers.model import ImageTransfer, TransferPhase
from hosted_engine.engine.transfers.opening import the_transfer
from node.api.messages.transfers import TransferDirection
from tests.fakes.engine import World
from tests.unit.engine.scenes import (
    adding,
    done,
    new_disk,
)


async def transferred(world: World, direction: TransferDirection, phase: TransferPhase) -> Command:
    """Its user lets it go to `phase` when somebody has looked at it twice."""
    disk = new_disk(world)
    await done(world, disk)
    looks: list[str] = []

    def user(transfer_id: str) -> None:
        looks.append(transfer_id)
        if len(looks) != 2:
            return
        with world.store.transaction() as tx:
            tx.of(ImageTransfer).update(replace(the_transfer(tx, transfer_id), phase=phase))

    for node in world.nodes.values():
        node.opened.asked = user
    command: Command = adding(world, IMAGE_TRANSFERS, disk_id=disk.id, direction=direction)
    return command


async def upload(world: World) -> Command:
    return await transferred(world, TransferDirection.UPLOAD, TransferPhase.FINALIZING_SUCCESS)


async def upload_that_is_rejected(world: World) -> Command:
    for node in world.nodes.values():
        node.opened.rejects = "it has a backing file"
    return await upload(world)


async def cancelled_upload(world: World) -> Command:
    return await transferred(world, TransferDirection.UPLOAD, TransferPhase.CANCELLED_USER)


async def download(world: World) -> Command:
    return await transferred(world, TransferDirection.DOWNLOAD, TransferPhase.FINALIZING_SUCCESS)


async def cancelled_download(world: World) -> Command:
    return await transferred(world, TransferDirection.DOWNLOAD, TransferPhase.CANCELLED_SYSTEM)
