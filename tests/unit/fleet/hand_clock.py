"""A clock that stands still until a test turns it; who sleeps on it wakes in order."""

import asyncio


class HandClock:
    def __init__(self) -> None:
        self._now = 1_700_000_000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + seconds, future))
        await future

    def pass_by(self, seconds: float) -> None:
        """Time in which nobody does anything: something holds all of them up."""
        self._now += seconds

    async def turn(self, seconds: float) -> None:
        """Let everybody do what they do in the next `seconds`."""
        end = self._now + seconds
        await run_ready_tasks()
        while due := [entry for entry in self._sleepers if entry[0] <= end]:
            first = min(due, key=lambda entry: entry[0])
            self._sleepers.remove(first)
            self._now = max(self._now, first[0])
            if not first[1].done():
                first[1].set_result(None)
            await run_ready_tasks()
        self._now = max(self._now, end)


async def run_ready_tasks() -> None:
    """Let every task run until it waits for something."""
    for _ in range(50):
        await asyncio.sleep(0)
