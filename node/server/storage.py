"""Gluster, mounts, images and leases over HTTP."""

from falcon.asgi import Request, Response

from node.api import messages as m
from node.api.contract import NodeApi
from node.api.refusals import ImageUnknown
from node.server.wire import answer, body, same


class GlusterResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.gluster())


class PeerResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, hostname: str) -> None:
        request = await body(req, m.PeerRequest)
        same("peer", hostname, request.hostname)
        await self._node.add_peer(request)
        resp.status = 204


class ClearBrickResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_post(self, req: Request, resp: Response) -> None:
        await self._node.clear_brick(await body(req, m.BrickRequest))
        resp.status = 204


class VolumeResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, volume: str) -> None:
        request = await body(req, m.VolumeRequest)
        same("volume", volume, request.name)
        answer(resp, await self._node.make_volume(request))


class MountsResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.mounts())


class MountResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, volume: str) -> None:
        request = await body(req, m.MountRequest)
        same("volume", volume, request.volume)
        answer(resp, await self._node.mount(request))

    async def on_delete(self, req: Request, resp: Response, volume: str) -> None:
        await self._node.unmount(volume)
        resp.status = 204


class ImageResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        found = await self._node.image(m.ImageRef(volume=volume, disk_id=disk_id, image_id=image_id))
        if found is None:
            raise ImageUnknown(image=image_id, volume=volume)
        answer(resp, found)

    async def on_put(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        image = m.ImageRef(volume=volume, disk_id=disk_id, image_id=image_id)
        answer(resp, await self._node.make_image(image, await body(req, m.ImageRequest)))

    async def on_delete(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        await self._node.remove_image(m.ImageRef(volume=volume, disk_id=disk_id, image_id=image_id))
        resp.status = 204


class SeedResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, volume: str, disk_id: str, image_id: str) -> None:
        image = m.ImageRef(volume=volume, disk_id=disk_id, image_id=image_id)
        answer(resp, await self._node.make_seed(image, await body(req, m.SeedRequest)))


class LockspacesResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.lockspaces())


class LockspaceResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, lockspace: str) -> None:
        request = await body(req, m.LockspaceRequest)
        same("lockspace", lockspace, request.name)
        answer(resp, await self._node.join_lockspace(request))


class LeaseResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, volume: str, lockspace: str, resource: str) -> None:
        answer(resp, await self._node.lease(volume, lockspace, resource))

    async def on_put(self, req: Request, resp: Response, volume: str, lockspace: str, resource: str) -> None:
        request = await body(req, m.LeaseRequest)
        same("lease", f"{volume}/{lockspace}/{resource}", f"{request.volume}/{request.lockspace}/{request.resource}")
        answer(resp, await self._node.make_lease(request))
