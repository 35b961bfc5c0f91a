"""Steps that make the storage of a site and remove it: the pool, its volumes and mounts, leases, images."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial

import msgspec

import gluster.tls
from hosted_engine.deploy import wishes
from hosted_engine.deploy.added import find_added, further
from hosted_engine.deploy.decisions import LOCKSPACE
from hosted_engine.deploy.observe import IN_POOL
from hosted_engine.deploy.plan import Todo
from hosted_engine.deploy.work import Work
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
    def __init__(self, work: Work) -> None:
        self._work = work

    async def peer(self, todo: Todo) -> None:
        """Both ways, so that each knows the other by its name and not by the address the call came from."""
        lead, *others = todo.nodes
        for name in others:
            for one, other in ((lead, name), (name, lead)):
                async with self._work.member(one) as api:
                    await api.add_peer(PeerRequest(hostname=other))
            await self._until(f"{name} is in the storage pool", partial(self._why_no_peers, lead, name), POOL_S)

    async def _why_no_peers(self, lead: str, name: str) -> str | None:
        for one in (lead, name):
            async with self._work.member(one) as api:
                peers = (await api.gluster()).peers
            if not any(peer.connected and peer.state == IN_POOL for peer in peers):
                return f"{one} sees no peer yet"
        return None

    async def detach(self, todo: Todo) -> None:
        """Both ways: one server may have forgotten the other alone."""
        lead, *others = todo.nodes
        for name in others:
            what = f"{name} is out of the storage pool"
            await self._until(what, partial(self._why_peers_still, lead, name), POOL_S)

    async def _why_peers_still(self, lead: str, name: str) -> str | None:
        for one, other in ((lead, name), (name, lead)):
            known_as = (other, str(self._work.node(other).address.ip))
            async with self._work.member(one) as api:
                listed = [peer.hostname for peer in (await api.gluster()).peers if peer.hostname in known_as]
                try:
                    for hostname in listed:
                        await api.remove_peer(hostname)
                except RemoteRefused as err:  # the other one may be about to forget it by itself
                    return str(err)
        return None

    async def volume(self, todo: Todo) -> None:
        name = todo.nodes[0]
        async with self._work.member(name) as api:
            found = next((one for one in (await api.gluster()).volumes if one.name == todo.volume), None)
            allowed = gluster.tls.allowed(found.options) if found is not None else ()
            added = [node.name for node in await find_added(self._work)]
            answers = self._work.answers
            wish = wishes.volume(answers, todo.volume, further(answers, (*allowed, *added)))
            if found is None:
                await self._clear(wish)
            await api.make_volume(wish)
        what = f"all bricks of volume {todo.volume} are online"
        await self._until(what, lambda: self._why_no_bricks(name, todo.volume), BRICKS_S)

    async def _clear(self, wish: VolumeRequest) -> None:
        """Gluster marks brick by brick: a creation that was cut short would never be let try again."""
        for text in wish.bricks:
            server, _, path = text.partition(":")
            async with self._work.member(server) as api:
                await api.clear_brick(BrickRequest(path=path))

    async def remove_volume(self, todo: Todo) -> None:
        """Its id is noted first: by it the bricks are known as those of this volume, also after it has gone."""
        wish = wishes.volume(self._work.answers, todo.volume)
        async with self._work.member(todo.nodes[0]) as api:
            found = next((one for one in (await api.gluster()).volumes if one.name == wish.name), None)
            if found is not None:
                if tuple(f"{brick.server}:{brick.path}" for brick in found.bricks) != wish.bricks:
                    raise OtherVolume(volume=wish.name)
                self._work.folder.note_volume_id(wish.name, found.id)
                await api.remove_volume(wish.name)
        volume_id = self._work.folder.volume_ids().get(wish.name)
        for text in wish.bricks:
            server, _, path = text.partition(":")
            async with self._work.member(server) as api:
                if volume_id is not None:
                    await api.remove_brick(BrickRemoval(path=path, volume_id=volume_id))
                    continue
                with suppress(RemoteRefused):  # a creation that was cut short leaves marks; files are somebody's
                    await api.clear_brick(BrickRequest(path=path))

    async def _why_no_bricks(self, name: str, volume: str) -> str | None:
        """Bricks of a server that is away are not waited for: a formed site is worked on without it."""
        async with self._work.member(name) as api:
            pool = await api.gluster()
        away = {peer.hostname for peer in pool.peers if not peer.connected}
        bricks = [brick for one in pool.volumes if one.name == volume for brick in one.bricks]
        offline = [f"{brick.server}:{brick.path}" for brick in bricks if not brick.online and brick.server not in away]
        return None if bricks and not offline else f"offline: {', '.join(offline) or 'all'}"

    async def mount(self, todo: Todo) -> None:
        async def ask(name: str) -> str | None:
            async with self._work.member(name) as api:
                report = await api.mount(wishes.mount(self._work.answers, self._work.decisions, name, todo.volume))
            return None if report.mounted else f"{name}: {report.detail or 'not mounted yet'}"

        await self._until(f"volume {todo.volume} is mounted", lambda: _all(ask, todo.nodes), MOUNT_S)

    async def unmount(self, todo: Todo) -> None:
        for name in todo.nodes:
            async with self._work.member(name) as api:
                mounts = [mount.storage_domain for mount in await api.mounts()]
                if domain := self._work.decisions.names_of(mounts).get(todo.volume):
                    await api.unmount(domain)

    async def join(self, todo: Todo) -> None:
        async def ask(name: str) -> str | None:
            async with self._work.member(name) as api:
                report = await api.join_lockspace(wishes.lockspace(self._work.answers, self._work.decisions, name))
            return None if report.joined else f"{name}: {report.detail or 'not joined yet'}"

        await self._until(
            "the lockspace is joined", lambda: _all(ask, todo.nodes), wishes.lease_wait_s(self._work.answers)
        )

    async def leave(self, todo: Todo) -> None:
        for name in todo.nodes:
            async with self._work.member(name) as api:
                await api.leave_lockspace(LOCKSPACE)

    async def lease(self, todo: Todo) -> None:
        async with self._work.member(todo.nodes[0]) as api:
            await api.make_lease(wishes.lease(self._work.decisions))

    async def tiny(self, todo: Todo) -> None:
        await self._image(todo, self._work.decisions.tiny, "tiny")

    async def system(self, todo: Todo) -> None:
        await self._image(todo, self._work.decisions.system, "engine")

    async def _image(self, todo: Todo, image: ImageRef, source: str) -> None:
        async with self._work.member(todo.nodes[0]) as api:
            await api.make_image(image, ImageRequest(format=ImageFormat.QCOW2, source=source))

    async def remove_tiny(self, todo: Todo) -> None:
        await self._remove_image(todo, self._work.decisions.tiny)

    async def remove_system(self, todo: Todo) -> None:
        await self._remove_image(todo, self._work.decisions.system)

    async def remove_seed(self, todo: Todo) -> None:
        await self._remove_image(todo, self._work.decisions.seed)

    async def _remove_image(self, todo: Todo, image: ImageRef) -> None:
        """Where nobody wishes for the volume any more the image has gone already: it goes before the mount."""

        async def why_not() -> str | None:
            async with self._work.member(todo.nodes[0]) as api:
                names = (image.storage_domain, self._work.decisions.volume_of(image.storage_domain))
                mount = next((one for one in await api.mounts() if one.storage_domain in names), None)
                if mount is None:
                    return None
                if not mount.mounted:
                    return f"storage domain {image.storage_domain} is not mounted: {mount.detail}"
                await api.remove_image(msgspec.structs.replace(image, storage_domain=mount.storage_domain))
                return None

        await self._until(f"storage domain {image.storage_domain} is mounted", why_not, MOUNT_S)

    async def _until(self, what: str, why_not: Callable[[], Awaitable[str | None]], limit_s: float) -> None:
        await self._work.poller.until(what, why_not, limit_s=limit_s)


async def _all(ask: Callable[[str], Awaitable[str | None]], names: Iterable[str]) -> str | None:
    """What any of the nodes still waits for."""
    reasons = await asyncio.gather(*map(ask, names))
    return "; ".join(reason for reason in reasons if reason) or None
