"""The event streams of one fake node: whoever listens hears everything from its HELLO on, until the stream ends."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from node.api.messages.events import Event


class FakeStream:
    """`hello` is asked for what each listener hears first."""

    def __init__(self, hello: Callable[[], Event]) -> None:
        self.number = 0
        self._hello = hello
        self._listeners: list[asyncio.Queue[Event | None]] = []

    async def events(self) -> AsyncIterator[Event]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        first = self._hello()
        self._listeners.append(queue)
        try:
            yield first
            while (event := await queue.get()) is not None:
                yield event
        finally:
            if queue in self._listeners:
                self._listeners.remove(queue)

    def push(self, event: Event) -> None:
        self.number += 1
        for queue in self._listeners:
            queue.put_nowait(msgspec.structs.replace(event, number=self.number))

    def end(self) -> None:
        for queue in self._listeners:
            queue.put_nowait(None)
        self._listeners.clear()
