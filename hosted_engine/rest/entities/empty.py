"""Lists of what cannot be there yet: empty where the path leads to something, and nothing in them has any id."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hosted_engine.engine.problems import NotThere
from hosted_engine.rest.call import Answer, Call, Handler, Handlers, Parameters
from hosted_engine.rest.entities.codec import ROOT
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.router import find
from hosted_engine.rest.schema import Schema


class EmptyHandlers:
    """`empty` says by the service of a collection below what it is empty; `others` are the methods that are there."""

    def __init__(self, empty: Mapping[str, frozenset[str]], schema: Schema, others: Handlers) -> None:
        self._empty = empty
        self._schema = schema
        self._others = others

    def handlers(self) -> dict[tuple[str, str], Handler]:
        """Raises TypeError where one of them is no longer empty."""
        there: dict[tuple[str, str], Handler] = {}
        for name in self._empty:
            if (name, "list") in self._others:
                raise TypeError(f"{name} has a list of its own and is among the empty ones")
            there[name, "list"] = self.list
            if (item := self._schema.service(name).item) and (item, "get") not in self._others:
                there[item, "get"] = self.get
        return there

    async def list(self, call: Call) -> Answer:
        await self._check_above(call, _segments(call))
        return Answer([])

    async def get(self, call: Call) -> Answer:
        *above, identity = _segments(call)
        await self._check_above(call, above)
        raise NotThere(kind=(call.service.type or "object").removesuffix("[]"), id=identity)

    async def _check_above(self, call: Call, collection: Sequence[str]) -> None:
        """Raises what getting the object above raises, and NotThereYet where the collection is not empty."""
        name = find(self._schema, collection, "GET").service.name
        if not (above := collection[:-1]):
            return
        route = find(self._schema, above, "GET")
        meant = self._empty.get(name)
        get = self._others.get((route.service.name, route.method.name))
        if meant is None or get is None or (meant and route.service.name not in meant):
            raise NotThereYet(service=call.service.name, method=f"{call.method.name} below {'/'.join(above)}")
        path = "/".join((ROOT, *above))
        parameters = Parameters(headers=call.parameters.headers)
        await get(
            replace(call, service=route.service, method=route.method, path=path, ids=route.ids, parameters=parameters)
        )


def _segments(call: Call) -> Sequence[str]:
    return call.path.removeprefix(ROOT).strip("/").split("/")
