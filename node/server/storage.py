"""Gluster, mounts, images and leases over HTTP."""

from falcon.asgi import Request, Response

from node.api.contract import NodeApi
from node.api.messages.gluster import BrickRemoval, BrickRequest, PeerRequest, VolumeRequest
from node.api.messages.images import ImageRef, ImageRequest, ImageResize, SeedRequest
from node.api.messages.leases import LeaseRequest, LeaseTimersRequest, LockspaceRequest
from node.api.messages.mounts import MountRequest
from node.api.refusals import ImageUnknown
from node.server.wire import answer, body, same


class GlusterResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.gluster())


class GlusterStateResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.gluster_state())


class GlusterFactsResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.gluster_facts())


class PeerResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, hostname: str) -> None:
        request = await body(req, PeerRequest)
        same("peer", hostname, request.hostname)
        await self._node.add_peer(request)
        resp.status = 204

    async def on_delete(self, req: Request, resp: Response, hostname: str) -> None:
        await self._node.remove_peer(hostname)
        resp.status = 204


class ClearBrickResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_post(self, req: Request, resp: Response) -> None:
        await self._node.clear_brick(await body(req, BrickRequest))
        resp.status = 204


class RemoveBrickResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_post(self, req: Request, resp: Response) -> None:
        await self._node.remove_brick(await body(req, BrickRemoval))
        resp.status = 204


class VolumeResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, volume: str) -> None:
        request = await body(req, VolumeRequest)
        same("volume", volume, request.name)
        answer(resp, await self._node.make_volume(request))

    async def on_delete(self, req: Request, resp: Response, volume: str) -> None:
        await self._node.remove_volume(volume)
        resp.status = 204


class MountsResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.mounts())


class MountResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, volume: str) -> None:
        request = await body(req, MountRequest)
        same("volume", volume, request.volume)
        answer(resp, await self._node.mount(request))

    async def on_delete(self, req: Request, resp: Response, volume: str) -> None:
        await self._node.unmount(volume)
        resp.status = 204


class ContentsResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, volume: str) -> None:
        answer(resp, await self._node.contents(volume))


class ImageResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        found = await self._node.image(ImageRef(volume=volume, disk_id=disk_id, image_id=image_id))
        if found is None:
            raise ImageUnknown(image=image_id, volume=volume)
        answer(resp, found)

    async def on_put(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        image = ImageRef(volume=volume, disk_id=disk_id, image_id=image_id)
        answer(resp, await self._node.make_image(image, await body(req, ImageRequest)))

    async def on_delete(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        await self._node.remove_image(ImageRef(volume=volume, disk_id=disk_id, image_id=image_id))
        resp.status = 204


class ImageSizeResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        image = ImageRef(volume=volume, disk_id=disk_id, image_id=image_id)
        answer(resp, await self._node.resize_image(image, await body(req, ImageResize)))


class WipeResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_post(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        answer(resp, await self._node.wipe_image(ImageRef(volume=volume, disk_id=disk_id, image_id=image_id)))


class SeedResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        image = ImageRef(volume=volume, disk_id=disk_id, image_id=image_id)
        answer(resp, await self._node.make_seed(image, await body(req, SeedRequest)))


class LockspacesResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.lockspaces())


class LockspaceResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, lockspace: str) -> None:
        request = await body(req, LockspaceRequest)
        same("lockspace", lockspace, request.name)
        answer(resp, await self._node.join_lockspace(request))

    async def on_delete(self, req: Request, resp: Response, lockspace: str) -> None:
        await self._node.leave_lockspace(lockspace)
        resp.status = 204


class LeaseTimersResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.lease_timers())

    async def on_put(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.set_lease_timers(await body(req, LeaseTimersRequest)))


class LeaseResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, volume: str, lockspace: str, resource: str) -> None:
        answer(resp, await self._node.lease(volume, lockspace, resource))

    async def on_put(self, req: Request, resp: Response, volume: str, lockspace: str, resource: str) -> None:
        request = await body(req, LeaseRequest)
        same("lease", f"{volume}/{lockspace}/{resource}", f"{request.volume}/{request.lockspace}/{request.resource}")
        answer(resp, await self._node.make_lease(request))
