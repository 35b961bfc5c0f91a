"""Finds the method that a path means, by walking the schema's services; no route is registered anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from hosted_engine.rest.ids import canonical_id
from hosted_engine.rest.problems import NoSuchMethod, NoSuchPath
from hosted_engine.rest.schema import Method, Schema, Service


@dataclass(frozen=True, slots=True)
class Place:
    """What a path leads to: a service, or an action of it. `segments` are those of the object, without the action."""

    path: str
    service: Service
    action: Method | None
    ids: dict[str, str]
    segments: tuple[str, ...]

    @property
    def allowed(self) -> tuple[str, ...]:
        """The HTTP methods that it answers, OPTIONS aside."""
        methods = {"POST"} if self.action else {m.http for m in self.service.methods.values() if not m.is_action}
        return tuple(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


@dataclass(frozen=True, slots=True)
class Route:
    service: Service
    method: Method
    ids: dict[str, str]
    segments: tuple[str, ...]  # of the object, without the action

    @property
    def object_id(self) -> str | None:
        """The id of the very object that the path leads to."""
        return self.segments[-1] if self.segments and self.segments[-1] in self.ids.values() else None


def find(schema: Schema, segments: Sequence[str], http: str) -> Route:
    """The route of `segments` below the API's root. Raises NoSuchPath, NoSuchMethod."""
    place = locate(schema, segments)
    method = (
        place.action if place.action and http == "POST" else None if place.action else place.service.answering(http)
    )
    if method is None:
        raise NoSuchMethod(path=place.path, method=http, allowed=", ".join(place.allowed))
    return Route(place.service, method, place.ids, place.segments)


def locate(schema: Schema, segments: Sequence[str]) -> Place:
    """Raises NoSuchPath."""
    service, ids, path = schema.root, dict[str, str](), "/".join(segments)
    walked: list[str] = []
    for place, segment in enumerate(segments):
        if place == len(segments) - 1 and (action := service.actions.get(segment.replace("_", "").lower())):
            return Place(path, service, action, ids, tuple(walked))
        if child := service.children.get(segment):
            service = schema.service(child)
            walked.append(segment)
        elif service.item:
            walked.append(canonical_id(segment))
            ids[service.item_name] = walked[-1]
            service = schema.service(service.item)
        else:
            raise NoSuchPath(path=path)
    if all(method.is_action for method in service.methods.values()):
        raise NoSuchPath(path=path)
    return Place(path, service, None, ids, tuple(walked))
