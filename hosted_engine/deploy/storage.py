"""Steps that make the storage of a site and remove it: the pool, its volumes and mounts, leases, images."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial

import msgspec

import gluster.tls
from hosted_engine.deploy import desired_state
from hosted_engine.deploy.added import find_added, further
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.decisions import LOCKSPACE
from hosted_engine.deploy.observe import IN_POOL
from hosted_engine.deploy.plan import PlannedStep
from node.api.messages.gluster import BrickRemoval, BrickRequest, PeerRequest, VolumeRequest
from node.api.messages.images import ImageFormat, ImageRef, ImageRequest
from node.api.problems import Refused, RemoteRefused

POOL_S = 60
BRICKS_S = 90
MOUNT_S = 120


class OtherVolume(Refused):
    what = "Volume {volume} was not deleted"
    why = "its bricks are not those of the answers: this site's deploy has not made it"
    mend = "Remove it by hand if nobody needs it, and run this again"


class Storage:
    def __init__(self, context: DeployContext) -> None:
        self._context = context

    async def peer(self, step: PlannedStep) -> None:
        """Both ways, so that each knows the other by its name and not by the address the call came from."""
        lead, *others = step.nodes
        for name in others:
            for one, other in ((lead, name), (name, lead)):
                async with self._context.member(one) as api:
                    await api.add_peer(PeerRequest(hostname=other))
            await self._until(f"{name} is in the storage pool", partial(self._why_no_peers, lead, name), POOL_S)

    async def _why_no_peers(self, lead: str, name: str) -> str | None:
        for one in (lead, name):
            async with self._context.member(one) as api:
                peers = (await api.gluster()).peers
            if not any(peer.connected and peer.state == IN_POOL for peer in peers):
                return f"{one} sees no peer yet"
        return None

    async def detach(self, step: PlannedStep) -> None:
        """Both ways: one server may have forgotten the other alone."""
        lead, *others = step.nodes
        for name in others:
            what = f"{name} is out of the storage pool"
            await self._until(what, partial(self._why_peers_still, lead, name), POOL_S)

    async def _why_peers_still(self, lead: str, name: str) -> str | None:
        for one, other in ((lead, name), (name, lead)):
            known_as = (other, str(self._context.node(other).address.ip))
            async with self._context.member(one) as api:
                listed = [peer.hostname for peer in (await api.gluster()).peers if peer.hostname in known_as]
                try:
                    for hostname in listed:
                        await api.remove_peer(hostname)
                except RemoteRefused as err:  # the other one may be about to forget it by itself
                    return str(err)
        return None

    async def volume(self, step: PlannedStep) -> None:
        name = step.nodes[0]
        async with self._context.member(name) as api:
            found = next((one for one in (await api.gluster()).volumes if one.name == step.volume), None)
            allowed = gluster.tls.allowed(found.options) if found is not None else ()
            added = [node.name for node in await find_added(self._context)]
            answers = self._context.answers
            desired = desired_state.volume(answers, step.volume, further(answers, (*allowed, *added)))
            if found is None:
                await self._clear(desired)
            await api.make_volume(desired)
        what = f"all bricks of volume {step.volume} are online"
        await self._until(what, lambda: self._why_no_bricks(name, step.volume), BRICKS_S)

    async def _clear(self, desired: VolumeRequest) -> None:
        """Gluster marks brick by brick: a creation that was cut short would never be let try again."""
        for text in desired.bricks:
            server, _, path = text.partition(":")
            async with self._context.member(server) as api:
                await api.clear_brick(BrickRequest(path=path))

    async def remove_volume(self, step: PlannedStep) -> None:
        """Its id is noted first: by it the bricks are known as those of this volume, also after it has gone."""
        desired = desired_state.volume(self._context.answers, step.volume)
        async with self._context.member(step.nodes[0]) as api:
            found = next((one for one in (await api.gluster()).volumes if one.name == desired.name), None)
            if found is not None:
                if tuple(f"{brick.server}:{brick.path}" for brick in found.bricks) != desired.bricks:
                    raise OtherVolume(volume=desired.name)
                self._context.folder.note_volume_id(desired.name, found.id)
                await api.remove_volume(desired.name)
        volume_id = self._context.folder.volume_ids().get(desired.name)
        for text in desired.bricks:
            server, _, path = text.partition(":")
            async with self._context.member(server) as api:
                if volume_id is not None:
                    await api.remove_brick(BrickRemoval(path=path, volume_id=volume_id))
                    continue
                with suppress(RemoteRefused):  # a creation that was cut short leaves marks; files are somebody's
                    await api.clear_brick(BrickRequest(path=path))

    async def _why_no_bricks(self, name: str, volume: str) -> str | None:
        """Bricks of a server that is away are not waited for: a formed site is worked on without it."""
        async with self._context.member(name) as api:
            pool = await api.gluster()
        away = {peer.hostname for peer in pool.peers if not peer.connected}
        bricks = [brick for one in pool.volumes if one.name == volume for brick in one.bricks]
        offline = [f"{brick.server}:{brick.path}" for brick in bricks if not brick.online and brick.server not in away]
        return None if bricks and not offline else f"offline: {', '.join(offline) or 'all'}"

    async def mount(self, step: PlannedStep) -> None:
        async def ask(name: str) -> str | None:
            async with self._context.member(name) as api:
                report = await api.mount(
                    desired_state.mount(self._context.answers, self._context.decisions, name, step.volume)
                )
            return None if report.mounted else f"{name}: {report.detail or 'not mounted yet'}"

        await self._until(f"volume {step.volume} is mounted", lambda: _all(ask, step.nodes), MOUNT_S)

    async def unmount(self, step: PlannedStep) -> None:
        for name in step.nodes:
            async with self._context.member(name) as api:
                mounts = [mount.storage_domain for mount in await api.mounts()]
                if domain := self._context.decisions.names_of(mounts).get(step.volume):
                    await api.unmount(domain)

    async def join(self, step: PlannedStep) -> None:
        async def ask(name: str) -> str | None:
            async with self._context.member(name) as api:
                report = await api.join_lockspace(
                    desired_state.lockspace(self._context.answers, self._context.decisions, name)
                )
            return None if report.joined else f"{name}: {report.detail or 'not joined yet'}"

        await self._until(
            "the lockspace is joined", lambda: _all(ask, step.nodes), desired_state.lease_wait_s(self._context.answers)
        )

    async def leave(self, step: PlannedStep) -> None:
        for name in step.nodes:
            async with self._context.member(name) as api:
                await api.leave_lockspace(LOCKSPACE)

    async def lease(self, step: PlannedStep) -> None:
        async with self._context.member(step.nodes[0]) as api:
            await api.make_lease(desired_state.lease(self._context.decisions))

    async def tiny(self, step: PlannedStep) -> None:
        await self._image(step, self._context.decisions.tiny, "tiny")

    async def system(self, step: PlannedStep) -> None:
        await self._image(step, self._context.decisions.system, "engine")

    async def _image(self, step: PlannedStep, image: ImageRef, source: str) -> None:
        async with self._context.member(step.nodes[0]) as api:
            await api.make_image(image, ImageRequest(format=ImageFormat.QCOW2, source=source))

    async def remove_tiny(self, step: PlannedStep) -> None:
        await self._remove_image(step, self._context.decisions.tiny)

    async def remove_system(self, step: PlannedStep) -> None:
        await self._remove_image(step, self._context.decisions.system)

    async def remove_seed(self, step: PlannedStep) -> None:
        await self._remove_image(step, self._context.decisions.seed)

    async def _remove_image(self, step: PlannedStep, image: ImageRef) -> None:
        """Where nobody wants the volume any more the image has gone already: it goes before the mount."""

        async def why_not() -> str | None:
            async with self._context.member(step.nodes[0]) as api:
                names = (image.storage_domain, self._context.decisions.volume_of(image.storage_domain))
                mount = next((one for one in await api.mounts() if one.storage_domain in names), None)
                if mount is None:
                    return None
                if not mount.mounted:
                    return f"storage domain {image.storage_domain} is not mounted: {mount.detail}"
                await api.remove_image(msgspec.structs.replace(image, storage_domain=mount.storage_domain))
                return None

        await self._until(f"storage domain {image.storage_domain} is mounted", why_not, MOUNT_S)

    async def _until(self, what: str, why_not: Callable[[], Awaitable[str | None]], limit_s: float) -> None:
        await self._context.poller.until(what, why_not, limit_s=limit_s)


async def _all(ask: Callable[[str], Awaitable[str | None]], names: Iterable[str]) -> str | None:
    """What any of the nodes still waits for."""
    reasons = await asyncio.gather(*map(ask, names))
    return "; ".join(reason for reason in reasons if reason) or None
