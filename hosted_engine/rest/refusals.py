"""Writes down who was not permitted what."""

import time
from collections.abc import Callable

from hosted_engine.engine.command import Context
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.loop import Loop, Writer
from hosted_engine.engine.ports import Store
from hosted_engine.engine.tasks.audit import Refusals, note_refused
from hosted_engine.engine.users.model import Caller
from node.api.problems import Problem

_LONGEST = 300  # characters of a path


class RefusalLog:
    """`clock` is the time of day in seconds."""

    def __init__(self, store: Store, loop: Loop, clock: Callable[[], float]) -> None:
        self._writer = Writer(store, loop)
        self._clock = clock
        self._refusals = Refusals(time.monotonic)

    async def note(self, caller: Caller, http: str, path: str, problem: Problem) -> None:
        """The path without parameters, in which anything may stand."""
        shown = "".join(char if char.isprintable() else "?" for char in path.partition(";")[0][:_LONGEST])
        request = f"{http} {shown}"
        if not self._refusals.is_new(caller, request):
            return
        correlation_id = caller.correlation_id or new_id()
        context = Context(caller, job_id="", correlation_id=correlation_id, now=self._clock())
        await self._writer.write(lambda tx: note_refused(tx, context, request, problem.text.why))
