"""How a caller changes a node's network: confirmed over the new path only, once that carries what it has to."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from node.api.contract import NodeApi
from node.api.messages.network import NetworkChange, NetworkRequest
from node.api.problems import NodeSilent

Connect = Callable[[], AbstractAsyncContextManager[NodeApi]]

_LONGER_S = 5  # the way back of an answer
_AGAIN_S = 0.5


async def change_and_confirm(
    connect: Connect, request: NetworkRequest, *, after: Connect | None = None
) -> NetworkChange:
    """Ask for a change, then prove and confirm it over a new connection: `after` makes it to another address.

    The proof is a look at the whole network: an answer of several packets, as big as the path has to carry. It is tried
    until the time to confirm is over. Raises NodeSilent when no proof came: the change goes back by itself then.
    """
    try:
        async with asyncio.timeout(request.confirm_within_s + _LONGER_S):
            async with connect() as api:
                change = await api.change_network(request)
            if change.changed:
                await _prove_and_confirm(after or connect, change.checkpoint)
            return change
    except TimeoutError as err:
        raise NodeSilent(node="at its new address", request="a look at it", reason="no answer came in time") from err


async def _prove_and_confirm(connect: Connect, checkpoint: str) -> None:
    while True:
        try:
            async with connect() as api:
                await api.network()
                await api.confirm_network(checkpoint)
                return
        except NodeSilent:
            await asyncio.sleep(_AGAIN_S)
