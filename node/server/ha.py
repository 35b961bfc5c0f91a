"""What keeps the engine alive, over HTTP: files on a volume, and the service on this node."""

from falcon.asgi import Request, Response

from node.api.contract import NodeApi
from node.api.messages.ha import EngineVmEdit, MaintenanceRequest, SiteFilesRequest, SiteNodes
from node.server.wire import answer, body


class SiteFilesResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, volume: str) -> None:
        answer(resp, await self._node.site_files(volume))

    async def on_put(self, req: Request, resp: Response, volume: str) -> None:
        answer(resp, await self._node.write_site_files(volume, await body(req, SiteFilesRequest)))


class SiteNodesResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, volume: str) -> None:
        answer(resp, await self._node.site_nodes(volume))

    async def on_put(self, req: Request, resp: Response, volume: str) -> None:
        answer(resp, await self._node.set_site_nodes(volume, await body(req, SiteNodes)))


class EngineVmResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, volume: str) -> None:
        answer(resp, await self._node.engine_vm(volume))

    async def on_put(self, req: Request, resp: Response, volume: str) -> None:
        answer(resp, await self._node.edit_engine_vm(volume, await body(req, EngineVmEdit)))


class HaResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.ha())

    async def on_put(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.keep_engine())

    async def on_delete(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.release_engine())


class MaintenanceResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.begin_maintenance(await body(req, MaintenanceRequest)))

    async def on_delete(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.end_maintenance())
