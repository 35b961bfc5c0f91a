"""The agent's loops: each runs for ever, and one that dies takes the agent with it."""

import asyncio
import logging
import os
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Tasks:
    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, *works: Coroutine[Any, Any, None]) -> None:
        for work in works:
            task = asyncio.get_running_loop().create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """systemd starts it anew: half an agent would lie."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.critical("a part of the agent died", exc_info=task.exception())
            os._exit(1)
