"""Gluster's pool as this node sees it, in the contract's words."""

import asyncio
import logging
from pathlib import PurePosixPath

from gluster.errors import Problem
from gluster.facade import Gluster
from gluster.model import BrickPath, DesiredVolume, HealCount, Pool, Volume, VolumeStatus
from node.api.messages.gluster import (
    BrickRemoval,
    BrickReport,
    BrickRequest,
    GlusterReport,
    PeerReport,
    PeerRequest,
    VolumeReport,
    VolumeRequest,
)
from node.api.refusals import Malformed, token
from node.system.threads import Threads

log = logging.getLogger(__name__)


class GlusterPool:
    """Errors are those of the gluster package; the server words them for callers. Changes wait for each other."""

    def __init__(self, gluster: Gluster, threads: Threads) -> None:
        self._gluster = gluster
        self._threads = threads
        self._changing = asyncio.Lock()

    async def gluster(self) -> GlusterReport:
        return await self._threads(self._report)

    async def add_peer(self, request: PeerRequest) -> None:
        token("peer", request.hostname)
        async with self._changing:
            await self._threads(self._gluster.add_peer, request.hostname)

    async def make_volume(self, request: VolumeRequest) -> VolumeReport:
        desired = desired_volume(request)
        async with self._changing:
            volume = await self._threads(self._gluster.ensure_volume, desired)
        return volume_report(volume, ())

    async def clear_brick(self, request: BrickRequest) -> None:
        path = _brick_path(request.path)
        async with self._changing:
            if await self._threads(self._gluster.clear_brick, str(path)):
                log.warning("cleared %s of the mark that a cut-short volume creation left", path)

    async def remove_peer(self, hostname: str) -> None:
        token("peer", hostname)
        async with self._changing:
            await self._threads(self._gluster.remove_peer, hostname)

    async def give_up_server(self, request: PeerRequest) -> None:
        token("peer", request.hostname)
        async with self._changing:
            await self._threads(self._gluster.give_up_server, request.hostname)
        log.warning("gave up the server %s", request.hostname)

    async def remove_volume(self, volume: str) -> None:
        token("volume", volume)
        async with self._changing:
            await self._threads(self._gluster.remove_volume, volume)

    async def remove_brick(self, request: BrickRemoval) -> None:
        path = _brick_path(request.path)
        async with self._changing:
            if await self._threads(self._gluster.remove_brick, str(path), request.volume_id):
                log.warning("removed the brick %s of the volume with the id %s", path, request.volume_id)

    def _report(self) -> GlusterReport:
        pool = self._gluster.observe()
        return gluster_report(pool, {volume.name: self._heals(volume) for volume in pool.volumes})

    def _heals(self, volume: Volume) -> tuple[HealCount, ...]:
        """Nobody can count while too few bricks answer: unknown then, not zero."""
        if volume.status is not VolumeStatus.STARTED:
            return ()
        try:
            return self._gluster.heal_counts(volume.name)
        except Problem as err:
            log.info("cannot count what waits to be healed on %s: %s", volume.name, err)
            return ()


def _brick_path(text: str) -> PurePosixPath:
    path = PurePosixPath(text)
    if not path.is_absolute() or ".." in path.parts:
        raise Malformed(reason=f"the brick {text!r} is not an absolute path")
    return path


def desired_volume(request: VolumeRequest) -> DesiredVolume:
    token("volume", request.name)
    try:
        bricks = tuple(BrickPath.from_text(text) for text in request.bricks)
    except ValueError as err:
        raise Malformed(reason=str(err)) from err
    return DesiredVolume(
        name=request.name, replica=request.replica, bricks=bricks, group=request.group, options=request.options
    )


def gluster_report(pool: Pool, heals: dict[str, tuple[HealCount, ...]]) -> GlusterReport:
    peers = tuple(
        PeerReport(uuid=peer.uuid, hostname=peer.hostname, connected=peer.connected, state=peer.state.value)
        for peer in pool.peers
    )
    return GlusterReport(
        peers=peers, volumes=tuple(volume_report(volume, heals.get(volume.name, ())) for volume in pool.volumes)
    )


def volume_report(volume: Volume, heals: tuple[HealCount, ...]) -> VolumeReport:
    pending = {count.where: count.pending for count in heals}
    bricks = tuple(
        BrickReport(
            server=brick.where.server,
            path=brick.where.path,
            online=brick.online is True,
            pending_heals=pending.get(brick.where),
        )
        for brick in volume.bricks
    )
    return VolumeReport(
        name=volume.name,
        id=volume.id,
        status=volume.status.value,
        type=volume.type,
        replica=volume.replica,
        bricks=bricks,
        options=dict(volume.options),
    )
