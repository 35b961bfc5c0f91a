"""Reads an observer beside a test, and compares what it knows with a fresh look at the kernel."""

import asyncio
from collections.abc import Callable

from netconf.watch.events import EventKind
from netconf.watch.kernel_reader import KernelReader
from netconf.watch.view import Kernel, View
from netconf.watch.watch import Watch

_LONG_S = 60  # for a busy machine; what is expected comes within a second


class Following:
    """Reads a watch beside the test."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.descriptions: list[str] = []
        self.kinds: list[EventKind] = []
        self._changed = asyncio.Event()
        self.task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async for moment in self.watch.moments():
            self.descriptions += [event.description for event in moment.events]
            self.kinds += [event.kind for event in moment.events]
            self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_LONG_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def expect(self, *expected: str) -> None:
        try:
            await self.until(lambda: all(any(text in one for one in self.descriptions) for text in expected))
        except TimeoutError as err:
            raise AssertionError(f"{expected} was not reported, but {self.descriptions}") from err

    async def matches_a_fresh_observation(self, netns: str | None = None) -> None:
        """What is known by following is what there is; it follows for ever, so looking again is all that helps."""
        tries = 0
        while comparable(self.watch.view) != comparable(await asyncio.to_thread(fresh, netns)):
            tries += 1
            assert tries < _LONG_S
            await asyncio.sleep(1)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def fresh(netns: str | None) -> View:
    reader = KernelReader(netns)
    try:
        return reader.read_all(View())
    finally:
        reader.close()


def comparable(view: View) -> tuple[Kernel, object]:
    return view.kernel, view.speeds
