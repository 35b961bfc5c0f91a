"""Identity, capabilities, statistics, events and the network of the host over HTTP."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

import msgspec
from falcon.asgi import Request, Response

from node.api.contract import NodeApi
from node.api.messages.events import Event
from node.api.messages.identity import Claim, Leave
from node.api.messages.network import NamesRequest, NetworkRequest
from node.server.gate import peer_in
from node.server.wire import answer, body


class IdentityResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.identity())

    async def on_put(self, req: Request, resp: Response) -> None:
        await self._node.claim(await body(req, Claim))
        resp.status = 204

    async def on_delete(self, req: Request, resp: Response) -> None:
        await self._node.leave(await body(req, Leave))
        resp.status = 204


class CapabilitiesResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.capabilities())


class StatisticsResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.statistics())


class EventsResource:
    """NDJSON until either side ends it. uvicorn swallows what is written to a closed connection, so it is asked."""

    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        peer = peer_in(req)

        async def lines() -> AsyncIterator[bytes]:
            async with aclosing(cast(AsyncGenerator[Event, None], self._node.events())) as events:
                async for event in events:
                    if peer.gone():
                        return
                    yield msgspec.json.encode(event) + b"\n"

        resp.content_type = "application/x-ndjson"
        resp.stream = lines()


class NamesResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.names())

    async def on_put(self, req: Request, resp: Response) -> None:
        await self._node.set_names(await body(req, NamesRequest))
        resp.status = 204


class NetworkResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.network())

    async def on_put(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.change_network(await body(req, NetworkRequest)))


class CheckpointResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_put(self, req: Request, resp: Response, checkpoint: str) -> None:
        await self._node.confirm_network(checkpoint)
        resp.status = 204

    async def on_delete(self, req: Request, resp: Response, checkpoint: str) -> None:
        await self._node.roll_back_network(checkpoint)
        resp.status = 204
