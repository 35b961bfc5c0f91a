"""The oVirt API v4 as data: types, services, methods and paths, read from schema.json and made on first use.

Form of schema.json (written by ci/schema.py):
  enums     name -> "value value …"
  types     name -> ["tag tag-of-a-list", "base", "attribute attribute …"], an attribute being name[=tag]:Type[[]][@]
            where [] is a list and @ an object that is written as a link
  services  name without "Service" -> ["base", "segment>Service {id}>Service …", {method: ["takes", "gives"]}]
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

_ROOT = "System"
_CRUD = {"get": "GET", "list": "GET", "add": "POST", "update": "PUT", "remove": "DELETE"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """`type` is a primitive, an enum or a type of the schema; `item_tag` is the tag of one item of a list."""

    name: str
    tag: str
    type: str
    item_tag: str
    many: bool
    link: bool
    struct: bool

    @property
    def rel(self) -> str:
        """How links and the `follow` parameter name it."""
        return self.name.replace("_", "")


@dataclass(frozen=True, slots=True)
class Type:
    """`attributes` has all of them, the bases' first, in the order in which they are written."""

    name: str
    tag: str
    list_tag: str
    attributes: Mapping[str, Attribute]
    by_tag: Mapping[str, Attribute]
    order: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Method:
    """`takes` and `gives` map parameter names to types, lists as "Type[]"; `segment` is the last part of an action's
    path, empty for what the HTTP method tells."""

    name: str
    http: str
    segment: str
    takes: Mapping[str, str]
    gives: Mapping[str, str]

    @property
    def is_action(self) -> bool:
        return bool(self.segment)


@dataclass(frozen=True, slots=True)
class Service:
    """`children` maps path segments to services; where an id stands, `item` is its service and `item_name` its name."""

    name: str
    children: Mapping[str, str]
    item_name: str
    item: str
    methods: Mapping[str, Method]
    actions: Mapping[str, Method]

    def answering(self, http: str) -> Method | None:
        """The method that the HTTP method alone selects."""
        return next((m for m in self.methods.values() if m.http == http and not m.is_action), None)

    @property
    def type(self) -> str | None:
        """The type of the objects that it serves, one or many."""
        method = self.methods.get("get") or self.methods.get("list")
        return next(iter(method.gives.values()), None) if method else None


class Schema:
    def __init__(self, text: str) -> None:
        raw = json.loads(text)
        self._types: dict[str, list[str]] = raw["types"]
        self._services: dict[str, tuple[str, str, dict[str, tuple[str, str]]]] = raw["services"]
        self._enums: dict[str, str] = raw["enums"]
        self._made: dict[str, Type] = {}
        self._made_services: dict[str, Service] = {}

    @property
    def type_names(self) -> tuple[str, ...]:
        return tuple(self._types)

    def is_type(self, name: str) -> bool:
        return name in self._types

    @property
    def service_names(self) -> tuple[str, ...]:
        return tuple(self._services)

    @cached_property
    def enums(self) -> Mapping[str, tuple[str, ...]]:
        return {name: tuple(values.split()) for name, values in self._enums.items()}

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """Tag of one object -> type."""
        return {parts[0].split()[0]: name for name, parts in self._types.items()}

    def type(self, name: str) -> Type:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._make_type(name)
        return made

    def service(self, name: str) -> Service:
        made = self._made_services.get(name)
        if made is None:
            made = self._made_services[name] = self._make_service(name)
        return made

    @property
    def root(self) -> Service:
        return self.service(_ROOT)

    def routes(self) -> Iterator[tuple[str, Method, str]]:
        """Every (path template below the API's root, method, service), depth first."""

        def walk(service: Service, path: str) -> Iterator[tuple[str, Method, str]]:
            for method in service.methods.values():
                yield (f"{path}/{method.segment}" if method.segment else path), method, service.name
            for segment, child in service.children.items():
                yield from walk(self.service(child), f"{path}/{segment}")
            if service.item:
                yield from walk(self.service(service.item), f"{path}/{{{service.item_name}}}")

        return walk(self.root, "")

    def _make_type(self, name: str) -> Type:
        tags, base, own = self._types[name]
        inherited = dict(self.type(base).attributes) if base else {}
        attributes = inherited | {a.name: a for a in map(self._attribute, own.split())}
        tag, list_tag = tags.split()
        order = {attribute: place for place, attribute in enumerate(("href", "id", *attributes))}
        return Type(name, tag, list_tag, attributes, {a.tag: a for a in attributes.values()}, order)

    def _attribute(self, text: str) -> Attribute:
        names, kind = text.split(":")
        name, _, tag = names.partition("=")
        link, many = kind.endswith("@"), "[]" in kind
        kind = kind.rstrip("@").removesuffix("[]")
        struct = kind in self._types
        item_tag = self._types[kind][0].split()[0] if struct else _singular(name)
        return Attribute(name, tag or name, kind, item_tag, many, link, struct)

    def _make_service(self, name: str) -> Service:
        base, locators, own = self._services[name]
        above = self.service(base) if base else None
        children = dict(above.children) if above else {}
        item_name, item = (above.item_name, above.item) if above else ("", "")
        for locator in locators.split():
            segment, target = locator.split(">")
            if segment.startswith("{"):
                item_name, item = segment.strip("{}"), target
            else:
                children[segment] = target
        methods = dict(above.methods) if above else {}
        methods |= {m: _method(m, takes, gives) for m, (takes, gives) in own.items()}
        actions = {m.segment: m for m in methods.values() if m.is_action}
        return Service(name, children, item_name, item, methods, actions)


def _method(name: str, takes: str, gives: str) -> Method:
    http = _CRUD.get(name)
    segment = "" if http else name.replace("_", "")
    return Method(name, http or "POST", segment, _parameters(takes), _parameters(gives))


def _parameters(text: str) -> dict[str, str]:
    return {name: kind for name, _, kind in (part.partition(":") for part in text.split())}


def _singular(name: str) -> str:
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")


@cache
def schema() -> Schema:
    """The schema of this engine; making it costs a millisecond or two, each type and service when first asked for."""
    return Schema(Path(__file__).with_name("schema.json").read_text())
