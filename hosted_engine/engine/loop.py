"""An event loop that others, in threads of their own, have things done in."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from hosted_engine.engine.ports import Store, Transaction

T = TypeVar("T")


class Loop:
    """Until a loop claims it, it is the one of whoever asks."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def claim(self) -> None:
        """The loop that runs here is the one."""
        self._loop = asyncio.get_running_loop()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` comes to, done there; raises what it raises."""
        if self._loop is None or self._loop is asyncio.get_running_loop():
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


class Writer:
    """Changes the store in `loop`, the engine's, for whoever answers in another."""

    def __init__(self, store: Store, loop: Loop) -> None:
        self._store = store
        self._loop = loop

    async def write(self, change: Callable[[Transaction], T]) -> T:
        """What `change` answers, in one transaction; raises what it raises, and then nothing was changed."""

        async def there() -> T:
            with self._store.transaction() as tx:
                return change(tx)

        return await self._loop.run(there())
