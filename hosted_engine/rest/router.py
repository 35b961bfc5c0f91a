"""Finds the method that a path means, by walking the schema's services; no route is registered anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from hosted_engine.rest.problems import NoSuchMethod, NoSuchPath
from hosted_engine.rest.schema import Method, Schema, Service


@dataclass(frozen=True, slots=True)
class Route:
    service: Service
    method: Method
    ids: dict[str, str]
    segments: tuple[str, ...]  # of the object, without the action


def find(schema: Schema, segments: Sequence[str], http: str) -> Route:
    """The route of `segments` below the API's root. Raises NoSuchPath, NoSuchMethod."""
    service, ids, path = schema.root, dict[str, str](), "/".join(segments)
    for place, segment in enumerate(segments):
        if place == len(segments) - 1 and (action := service.actions.get(segment.replace("_", "").lower())):
            if http != "POST":
                raise NoSuchMethod(path=path, method=http, allowed="POST")
            return Route(service, action, ids, tuple(segments[:-1]))
        if child := service.children.get(segment):
            service = schema.service(child)
        elif service.item:
            ids[service.item_name] = segment
            service = schema.service(service.item)
        else:
            raise NoSuchPath(path=path)
    method = service.answering(http)
    if method is None:
        allowed = sorted({m.http for m in service.methods.values() if not m.is_action})
        if not allowed:
            raise NoSuchPath(path=path)
        raise NoSuchMethod(path=path, method=http, allowed=", ".join(allowed))
    return Route(service, method, ids, tuple(segments))
