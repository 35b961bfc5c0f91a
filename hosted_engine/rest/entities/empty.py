"""Lists of what cannot be there yet: empty where the path leads to something; nothing in them has any id, and nothing
is below one of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hosted_engine.engine.problems import NotThere
from hosted_engine.rest.batch import Answers, Batch
from hosted_engine.rest.call import Answer, Call, Handler, Handlers, Parameters
from hosted_engine.rest.entities.codec import ROOT
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.router import find, locate
from hosted_engine.rest.schema import Schema, Service


class EmptyHandlers:
    """`empty` says by the service of a collection below what it is empty; `others` are the methods that are there."""

    def __init__(self, empty: Mapping[str, frozenset[str]], schema: Schema, others: Handlers) -> None:
        self._empty = empty
        self._schema = schema
        below = self._below()
        self._others = {key: self._guarded(get) if key in below else get for key, get in others.items()}

    def handlers(self) -> dict[tuple[str, str], Handler]:
        """Those of the empty ones, and the others. Raises TypeError where one is no longer empty."""
        there = dict(self._others)
        for name in self._empty:
            if (name, "list") in self._others:
                raise TypeError(f"{name} has a list of its own and is among the empty ones")
            there[name, "list"] = Batch(self.list, self.lists)
            if item := self._schema.service(name).item:
                there.setdefault((item, "get"), self.get)
        return there

    def _below(self) -> frozenset[tuple[str, str]]:
        """The methods to which a path leads through one of them."""
        routes = [(f"{path}/", method.name, service) for path, method, service in self._schema.routes()]
        empty = [path for path, method, service in routes if service in self._empty and method == "list"]
        within = re.compile("|".join(f"{re.escape(path)}[^/]+/." for path in empty))
        return frozenset((service, method) for path, method, service in routes if within.match(path))

    def _guarded(self, handler: Handler) -> Handler:
        async def alone(call: Call) -> Answer:
            if problem := self._why_nowhere(call):
                raise problem
            return await handler(call)

        if not isinstance(handler, Batch):
            return alone
        many = handler.together

        async def together(calls: Sequence[Call]) -> Answers | None:
            return None if any(map(self._why_nowhere, calls)) else await many(calls)

        return Batch(alone, together)

    def _why_nowhere(self, call: Call) -> NotThere | None:
        """Through nothing a path leads nowhere."""
        segments = _segments(call)
        for length in range(1, len(segments) - 1):
            service = locate(self._schema, segments[:length]).service
            if service.name in self._empty:
                return NotThere(kind=_kind(service), id=segments[length])
        return None

    async def list(self, call: Call) -> Answer:
        get, above = self._above(call, _segments(call))
        if above.ids:  # else it is the API's root, which is there
            await get(above)
        return Answer([])

    async def lists(self, calls: Sequence[Call]) -> Answers | None:
        """Of many objects, which are got together where they are of one kind."""
        several = [self._above(call, _segments(call)) for call in calls]
        get = several[0][0]
        if not isinstance(get, Batch) or any(other is not get for other, _ in several):
            return None
        there = await get.many([above for _, above in several])
        return [Answer([]) if answer is not None else None for answer in there]

    async def get(self, call: Call) -> Answer:
        *collection, identity = _segments(call)
        get, above = self._above(call, collection)
        if above.ids:
            await get(above)
        raise NotThere(kind=_kind(call.service), id=identity)

    def _above(self, call: Call, collection: Sequence[str]) -> tuple[Handler, Call]:
        """What gets the object above, and how it is asked. Raises NotThereYet where the collection is not empty."""
        above = collection[:-1]
        meant = self._empty.get(locate(self._schema, collection).service.name)
        route = find(self._schema, above, "GET")
        get = self._others.get((route.service.name, route.method.name))
        if meant is None or get is None or (meant and route.service.name not in meant):
            below = "/".join(above) or "the root"
            raise NotThereYet(service=call.service.name, method=f"{call.method.name} below {below}")
        asked = replace(
            call,
            service=route.service,
            method=route.method,
            path="/".join((ROOT, *above)),
            ids=route.ids,
            parameters=Parameters(headers=call.parameters.headers),
        )
        return get, asked


def _segments(call: Call) -> Sequence[str]:
    return call.path.removeprefix(ROOT).strip("/").split("/")


def _kind(service: Service) -> str:
    return (service.type or "object").removesuffix("[]")
