"""`?follow=disk_attachments.disk,nics`: puts what links lead to in the place of the links."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from hosted_engine.limits import FOLLOW_PATHS, FOLLOW_STEPS, FOLLOWED_OBJECTS
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import TooBroad
from hosted_engine.rest.schema import Attribute, Schema

Get = Callable[[Sequence[str]], Awaitable[Mapping[str, Wire | list[Wire]]]]  # what links lead to, by their hrefs


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
            await self._along(value if isinstance(value, list) else [value], type_name, steps)

    async def _along(self, values: Sequence[Wire], type_name: str, steps: Sequence[str]) -> None:
        if not steps:
            return
        attributes = self._schema.type(type_name).attributes.values()
        attribute = next((a for a in attributes if a.rel == steps[0] and a.struct), None)
        if attribute is None:
            return
        await self._bring(values, attribute)
        held = (value[attribute.name] for value in values if value.get(attribute.name))
        there = [one for content in held for one in (content if isinstance(content, list) else [content])]
        await self._along(there, attribute.type, steps[1:])

    async def _bring(self, values: Sequence[Wire], attribute: Attribute) -> None:
        """Put what the links lead to in their place; each is asked for once."""
        wanted = [(value, href) for value in values if (href := _href(value, attribute)) is not None]
        found = await self._get(list(dict.fromkeys(href for _, href in wanted)))
        for value, href in wanted:
            if (content := found.get(href)) is not None:
                value[attribute.name] = content
                self._brought += len(content) if isinstance(content, list) else 1
        if self._brought > FOLLOWED_OBJECTS:
            raise TooBroad(parameter="follow", problem="leads to too many objects", limit=FOLLOWED_OBJECTS)


def _href(value: Wire, attribute: Attribute) -> str | None:
    """Where its link leads; None when it holds already what is there, or has no such link."""
    held = value.get(attribute.name)
    if not attribute.link or isinstance(held, list):
        return None
    if held:
        href: str | None = held.get("href")
        return href
    return f"{value['href']}/{attribute.rel}" if attribute.many and "href" in value else None
