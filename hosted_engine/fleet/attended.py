"""A node's contract whose calls end as soon as the node is known to be silent."""

from collections.abc import AsyncIterator
from typing import Any

from hosted_engine.fleet.watch import Watch
from node.api.contract import NodeApi
from node.api.operation import Arguments, Operation


class AttendedNode(NodeApi):
    """The node that `watch` is on."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    async def call(self, operation: Operation, arguments: Arguments) -> Any:
        return await self._watch.while_responsive(self._watch.api.call(operation, arguments))

    def stream(self, operation: Operation, arguments: Arguments) -> AsyncIterator[Any]:
        """It ends by itself when the node falls silent."""
        return self._watch.api.stream(operation, arguments)
