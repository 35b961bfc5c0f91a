"""Lists of what is the same on every site, and its single objects."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from hosted_engine.engine.problems import NotThere
from hosted_engine.rest.call import Answer, Call, Handler
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.schema import Schema

Objects = Callable[[], Sequence[Mapping[str, Any]]]


def fixed_handlers(fixed: Mapping[str, Objects], schema: Schema) -> dict[tuple[str, str], Handler]:
    there: dict[tuple[str, str], Handler] = {}
    for name, objects in fixed.items():
        service = schema.service(name)
        there[name, "list"] = partial(_list, objects)
        if service.item:
            there[service.item, "get"] = partial(_get, objects, service.item_name)
    return there


async def _list(objects: Objects, call: Call) -> Answer:
    most = call.parameters.integer("max")
    wanted = objects()[:most] if most is not None and most >= 0 else objects()
    return Answer([_shown(one, call.path) for one in wanted])


async def _get(objects: Objects, name: str, call: Call) -> Answer:
    for one in objects():
        if one["id"] == call.ids[name]:
            return Answer(_shown(one, call.path.rpartition("/")[0]))
    raise NotThere(kind=(call.service.type or "object").removesuffix("[]"), id=call.ids[name])


def _shown(one: Mapping[str, Any], collection: str) -> Wire:
    return {"href": f"{collection}/{one['id']}", **one}
