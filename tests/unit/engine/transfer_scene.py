"""Transfers of images, begun over fake nodes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.model import Disk, DiskStatus
from hosted_engine.engine.tasks.runner import Running
from hosted_engine.engine.transfers.entity import IMAGE_TRANSFERS
from hosted_engine.engine.transfers.model import ImageTransfer, TransferPhase
from node.api.messages.transfers import TransferDirection
from tests.fakes.engine import World, fake_nodes
from tests.fakes.node.fake import FakeNode
from tests.unit.engine.scenes import adding, done, new_disk

UPLOAD, DOWNLOAD = TransferDirection.UPLOAD, TransferDirection.DOWNLOAD

P = TransferPhase


@dataclass
class Scene:
    """A transfer that has begun; its client is busy until a test says otherwise."""

    world: World
    running: Running
    transfer_id: str

    @property
    def transfer(self) -> ImageTransfer:
        with self.world.store.transaction() as tx:
            transfer = tx.of(ImageTransfer).get(self.transfer_id)
        assert transfer is not None
        return transfer

    @property
    def disk(self) -> Disk | None:
        disk_id = self.transfer.disk_id
        with self.world.store.transaction() as tx:
            return tx.disks.get(disk_id)

    @property
    def node(self) -> FakeNode:
        return self.world.nodes[self.transfer.node_id or ""]

    @property
    def open(self) -> list[str]:
        return [name for node in self.world.nodes.values() for name in node.opened.open]

    async def act(self, command: type[Command]) -> None:
        await done(self.world, command(id=self.transfer_id))

    async def until(self, *phases: TransferPhase) -> None:
        async with asyncio.timeout(20):
            while self.transfer.phase not in phases:  # noqa: ASYNC110 - the engine tells nobody of it
                await asyncio.sleep(0)

    async def until_true(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():  # noqa: ASYNC110
                await asyncio.sleep(0)

    def be_busy(self, busy: bool) -> None:
        self.node.opened.open[self.transfer_id].active = busy


def a_world() -> World:
    """Whose nodes have its time."""
    box: list[World] = []
    nodes = fake_nodes(now=lambda: box[0].now if box else 0.0)
    box.append(World(nodes=nodes))
    return box[0]


async def begun(direction: TransferDirection, world: World | None = None, **more: Any) -> Scene:
    world = world or a_world()
    disk = new_disk(world)
    await done(world, disk)
    command = adding(world, IMAGE_TRANSFERS, disk_id=disk.id, direction=direction, **more)
    running = await world.engine.perform(command, world.caller)
    scene = Scene(world, running, command.id)
    await scene.until(P.TRANSFERRING)
    scene.be_busy(True)
    return scene


def status_of(scene: Scene) -> DiskStatus | None:
    return scene.disk.status if scene.disk else None
