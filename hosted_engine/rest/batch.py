"""Answers many calls of one kind together, as `follow` asks them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from hosted_engine.rest.call import Answer, Call, Handler
from node.api.problems import Problem

Answers = Sequence[Answer | None]  # None: there is no such thing


@dataclass(frozen=True, slots=True)
class Batch:
    """A handler that is asked of many at once as well: `together` answers all, or None where that cannot be."""

    alone: Handler
    together: Callable[[Sequence[Call]], Awaitable[Answers | None]]

    async def __call__(self, call: Call) -> Answer:
        return await self.alone(call)

    async def many(self, calls: Sequence[Call]) -> Answers:
        found = await self.together(calls)
        return found if found is not None else await one_by_one(self.alone, calls)


async def one_by_one(handler: Handler, calls: Sequence[Call]) -> Answers:
    return [await _answer(handler, call) for call in calls]


async def _answer(handler: Handler, call: Call) -> Answer | None:
    await asyncio.sleep(0)  # nothing on the way waits for anything: others get their turn here
    try:
        return await handler(call)
    except Problem:
        return None
