"""Writes wire objects as JSON with oVirt's habits: integers and booleans are strings, dates are milliseconds of the
epoch, a list is wrapped in the name of its items."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from hosted_engine.rest.media.frames import Frame, Gap, cut, marked
from hosted_engine.rest.media.links import Linker
from hosted_engine.rest.media.objects import Form, Objects, Row
from hosted_engine.rest.media.wire import LINKS, SERVICE, Wire
from hosted_engine.rest.schema import Attribute, Schema, Type

_HERE = "\0"  # stands for the object's href in a prepared text
_Slot = tuple[str, str, Attribute | None, Type | None]  # an attribute's name and tag, what it is, its type if an object


class JsonWriter:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._linker = Linker(schema)
        self._frame = lru_cache(maxsize=1000)(self._make_frame)
        self._plan = lru_cache(maxsize=1000)(self._make_plan)
        self._prepared = lru_cache(maxsize=1000)(self._make_prepared)

    def one(self, value: Wire, type_name: str) -> bytes:
        return msgspec.json.encode(self._object(value, self._schema.type(type_name)))

    def many(self, values: Sequence[Wire] | Objects, type_name: str) -> bytes:
        kind = self._schema.type(type_name)
        if isinstance(values, Objects):
            rows = ",".join([self._row(row, kind, values.service) for row in values.rows])
            return f'{{"{kind.tag}":[{rows}]}}'.encode()
        return msgspec.json.encode({kind.tag: [self._object(value, kind) for value in values]})

    def _row(self, row: Row, kind: Type, service: str) -> str:
        frame = self._prepared(row.form, kind.name, service, tuple([value is None for value in row.values]))
        values = [row.values[number] for number in frame.numbers]
        if _is_plain("".join([value for value in values if type(value) is str])):
            both = zip(values, frame.attributes, strict=True)
            texts = [f'"{v}"' if type(v) is str else self._gap(v, a) for v, a in both]
        else:
            texts = [self._gap(value, a) for value, a in zip(values, frame.attributes, strict=True)]
        return frame.fill(msgspec.json.encode(row.href).decode()[1:-1], texts)

    def _gap(self, value: Any, attribute: Attribute) -> str:
        inner = self._schema.type(attribute.type) if attribute.struct else None
        return msgspec.json.encode(self._content(value, attribute, inner)).decode()

    def _make_prepared(self, form: Form, type_name: str, service: str, absent: tuple[bool, ...]) -> Frame:
        kind = self._schema.type(type_name)
        made = msgspec.json.encode(self._object(marked(form, absent) | {SERVICE: service}, kind)).decode()
        return cut(self._schema, type_name, form, made, quote='"')

    def _object(self, value: Wire, kind: Type) -> dict[str, Any]:
        made: dict[str, Any] = {}
        links = self._links(made, kind, value) if SERVICE in value or LINKS in value else None
        for name, tag, attribute, inner in self._plan(kind.name, tuple(value)):
            content = value[name]
            if content is None:
                continue
            made[tag] = content if type(content) is str else self._content(content, attribute, inner)
        if links:
            made["link"] = links
        return made

    def _content(self, content: Any, attribute: Attribute | None, inner: Type | None) -> Any:
        if type(content) is Gap:
            return str(content)
        if attribute is not None and attribute.many:
            return {attribute.item_tag: self._several(content, inner)}
        return _primitive(content) if inner is None else self._object(content, inner)

    def _several(self, content: Sequence[Any], inner: Type | None) -> list[Any]:
        if inner is None:
            return [_primitive(item) for item in content]
        return [self._object(item, inner) for item in content]

    def _make_plan(self, type_name: str, names: tuple[str, ...]) -> Sequence[_Slot]:
        """In which order the attributes `names` of an object are written, and how: the same for many objects."""
        kind = self._schema.type(type_name)
        shown = sorted((name for name in names if name not in (SERVICE, LINKS)), key=kind.order.__getitem__)
        return tuple(self._slot(name, kind.attributes.get(name)) for name in shown)  # of `href` the schema says nothing

    def _slot(self, name: str, attribute: Attribute | None) -> _Slot:
        if attribute is None:
            return name, name, None, None
        return name, attribute.tag, attribute, self._schema.type(attribute.type) if attribute.struct else None

    def _links(self, made: dict[str, Any], kind: Type, value: Wire) -> Any:
        """Put the actions there, and answer the links."""
        service, href = value.get(SERVICE), value.get("href")
        if not service or not href:
            return [{"href": target, "rel": rel} for rel, target in value.get(LINKS, ())]
        actions, links = self._frame(service, kind.name, tuple(value))
        here = msgspec.json.encode(href).decode()[1:-1]
        if actions:
            made["actions"] = {"link": msgspec.Raw(actions.replace(_HERE, here).encode())}
        if LINKS not in value:
            return msgspec.Raw(links.replace(_HERE, here).encode()) if links else None
        return [{"href": target, "rel": rel} for rel, target in self._linker.links_of(value, kind)]

    def _make_frame(self, service: str, type_name: str, names: tuple[str, ...]) -> tuple[str, str]:
        """Actions and links of an object with the attributes `names`, prepared once; empty where there are none."""
        inline_rels = self._linker.inline_rels(names, type_name)
        rels = [rel for rel in self._linker.rels(service, type_name) if rel not in inline_rels]
        return _prepared(self._linker.actions(service)), _prepared(rels)


def _prepared(rels: Sequence[str]) -> str:
    links = (f'{{"href":"{_HERE}/{rel}","rel":"{rel}"}}' for rel in rels)
    return f"[{','.join(links)}]" if rels else ""


def _is_plain(value: str) -> bool:
    """Whether nothing of it has to be escaped."""
    return value.isascii() and value.isprintable() and not ('"' in value or "\\" in value)


def _primitive(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    return str(value) if isinstance(value, int) else value
