"""The operations of one path over HTTP: read what was asked for, have it done, write the answer."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any, cast

import msgspec
from falcon.asgi import Request, Response

from node.api.contract import NodeApi
from node.api.operation import Arguments, Operation
from node.api.refusals import Malformed
from node.server.peer import peer_in

Responder = Callable[..., Awaitable[None]]


class Resource:
    """Falcon calls `on_get` and the like of it, one for each of `operations`."""

    def __init__(self, node: NodeApi, operations: Iterable[Operation]) -> None:
        self.operations = {operation.method: operation for operation in operations}
        for method, operation in self.operations.items():
            setattr(self, f"on_{method.lower()}", _responder(node, operation))


def _responder(node: NodeApi, operation: Operation) -> Responder:
    async def respond(req: Request, resp: Response, **segments: str) -> None:
        content = await _read(req, operation) if operation.body else b""
        in_order = [segments[f"s{number}"] for number in range(len(operation.blanks))]
        arguments = operation.read_arguments(in_order, content)
        if operation.is_stream:
            resp.content_type = "application/x-ndjson"
            resp.stream = _lines(node, operation, arguments, req)
            return
        _answer(resp, operation, arguments, await node.call(operation, arguments))

    return respond


async def _read(req: Request, operation: Operation) -> bytes:
    if (req.content_length or 0) > operation.largest_body_bytes:
        raise Malformed(reason=f"its body is larger than {operation.largest_body_bytes} bytes")
    content: bytes = await req.stream.read(operation.largest_body_bytes)
    return content


def _answer(resp: Response, operation: Operation, arguments: Arguments, value: Any) -> None:
    if value is None and operation.missing is not None:
        raise operation.missing(**arguments)
    if operation.answer is None:
        resp.status = 204
        return
    resp.content_type = "application/json"
    resp.data = msgspec.json.encode(value)


async def _lines(node: NodeApi, operation: Operation, arguments: Arguments, req: Request) -> AsyncIterator[bytes]:
    """NDJSON until either side ends it. uvicorn swallows what is written to a closed connection, so it is asked."""
    peer = peer_in(req)
    async with aclosing(cast(AsyncGenerator[Any, None], node.stream(operation, arguments))) as values:
        async for value in values:
            if peer.gone():
                return
            yield msgspec.json.encode(value) + b"\n"
