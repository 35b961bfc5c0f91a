"""Between which nodes VMs may move, over HTTP."""

from falcon.asgi import Request, Response

from node.api.contract import NodeApi
from node.api.messages.migration import MigrationRequest
from node.server.wire import answer, body


class MigrationResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.migration())

    async def on_put(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.allow_migration(await body(req, MigrationRequest)))
