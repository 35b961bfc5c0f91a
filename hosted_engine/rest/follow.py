"""`?follow=disk_attachments.disk,nics`: puts what links lead to in the place of the links."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from hosted_engine.limits import FOLLOW_PATHS, FOLLOW_STEPS, FOLLOWED_OBJECTS
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import TooBroad
from hosted_engine.rest.schema import Attribute, Schema
from node.api.problems import Problem

Get = Callable[[str], Awaitable[Wire | list[Wire] | None]]


class Follower:
    def __init__(self, schema: Schema, get: Get) -> None:
        self._schema = schema
        self._get = get
        self._brought = 0

    async def follow(self, value: Wire | list[Wire], type_name: str, paths: str) -> None:
        """Change `value` in place. A link that leads nowhere (yet) stays a link; an unknown name is left out. Raises
        TooBroad."""
        several = paths.split(",")
        if len(several) > FOLLOW_PATHS:
            raise TooBroad(parameter="follow", problem="has too many paths", limit=FOLLOW_PATHS)
        for path in several:
            steps = [step.strip().replace("_", "").lower() for step in path.split(".") if step.strip()]
            if len(steps) > FOLLOW_STEPS:
                raise TooBroad(parameter="follow", problem="has a path of too many links", limit=FOLLOW_STEPS)
            await self._along(value, type_name, steps)

    async def _along(self, value: Wire | list[Wire], type_name: str, steps: Sequence[str]) -> None:
        if not steps:
            return
        attributes = self._schema.type(type_name).attributes.values()
        attribute = next((a for a in attributes if a.rel == steps[0] and a.struct), None)
        if attribute is None:
            return
        for item in value if isinstance(value, list) else [value]:
            found = await self._content(item, attribute)
            if found is not None:
                item[attribute.name] = found
                await self._along(found, attribute.type, steps[1:])

    async def _content(self, item: Wire, attribute: Attribute) -> Wire | list[Wire] | None:
        held: Wire | list[Wire] | None = item.get(attribute.name)
        if not attribute.link or isinstance(held, list):
            return held
        href = (
            held.get("href")
            if held
            else f"{item['href']}/{attribute.rel}"
            if attribute.many and "href" in item
            else None
        )
        if href is None:
            return held
        await asyncio.sleep(0)  # nothing on the way waits for anything: others get their turn here
        try:
            found = await self._get(href)
        except Problem:
            return held
        self._brought += len(found) if isinstance(found, list) else 1
        if self._brought > FOLLOWED_OBJECTS:
            raise TooBroad(parameter="follow", problem="leads to too many objects", limit=FOLLOWED_OBJECTS)
        return found
