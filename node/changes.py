"""How a caller changes a node's network: confirmed over the new path only, once that carries what it has to."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from node.api.contract import NodeApi
from node.api.messages.network import NetworkChange, NetworkRequest
from node.api.problems import NodeNonResponsive
from node.clock import Clock

Connect = Callable[[], AbstractAsyncContextManager[NodeApi]]

_LONGER_S = 5  # the way back of an answer
_AGAIN_S = 0.5


async def change_and_confirm(
    connect: Connect, request: NetworkRequest, clock: Clock, *, witness: Connect | None = None
) -> NetworkChange:
    """Ask for a change, prove it over a new connection and confirm it over another.

    The proof is a look at the whole network: an answer of several packets, as big as the path has to carry. It is tried
    until the time to confirm is over. Who runs on the node itself meets its loopback there: `witness` connects them to
    another node, whose answer comes over the new path. Raises NodeNonResponsive when no proof came: the change goes
    back by itself then.
    """
    end = clock.monotonic() + request.confirm_within_s
    try:
        async with asyncio.timeout(request.confirm_within_s + _LONGER_S):
            async with connect() as api:
                change = await api.change_network(request)
            while change.changed and not await _confirmed(connect, witness or connect, change.checkpoint, clock, end):
                await clock.sleep(_AGAIN_S)
            return change
    except TimeoutError as err:
        raise NodeNonResponsive(
            node="with the changed network", request="a look at it", reason="no answer in time"
        ) from err


async def _confirmed(connect: Connect, witness: Connect, checkpoint: str, clock: Clock, end: float) -> bool:
    """Prove and confirm once; whether that worked. Raises NodeNonResponsive when it did not and the time is over."""
    try:
        async with witness() as api:
            await api.network()
        async with connect() as api:
            await api.confirm_network(checkpoint)
    except NodeNonResponsive:
        if clock.monotonic() >= end:
            raise
        return False
    return True
