"""Reads and writes wire objects as JSON with oVirt's habits: integers and booleans are strings, dates are milliseconds
of the epoch, a list is wrapped in the name of its items. Reading takes the plain forms, too."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from hosted_engine.limits import DEPTH, ELEMENTS, LIST_ITEMS
from hosted_engine.rest.media.links import Linker
from hosted_engine.rest.media.wire import LINKS, SERVICE, Wire, parse
from hosted_engine.rest.problems import BadValue, Malformed, TooDeep, TooMany, TooManyElements
from hosted_engine.rest.schema import Attribute, Schema, Type


class JsonWriter:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._linker = Linker(schema)

    def one(self, value: Wire, type_name: str) -> bytes:
        return msgspec.json.encode(self._object(value, self._schema.type(type_name)))

    def many(self, values: Sequence[Wire], type_name: str) -> bytes:
        kind = self._schema.type(type_name)
        return msgspec.json.encode({kind.tag: [self._object(value, kind) for value in values]})

    def _object(self, value: Wire, kind: Type) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if (service := value.get(SERVICE)) and (href := value.get("href")):
            actions = [{"href": f"{href}/{action}", "rel": action} for action in self._linker.actions(service)]
            if actions:
                made["actions"] = {"link": actions}
        for name in sorted(value, key=lambda name: kind.order.get(name, 0)):
            content = value[name]
            if content is None or name in (SERVICE, LINKS):
                continue
            if name == "href":
                made[name] = content
            else:
                attribute = kind.attributes[name]
                made[attribute.tag] = self._content(content, attribute)
        if links := self._linker.links_of(value, kind):
            made["link"] = [{"href": href, "rel": rel} for rel, href in links]
        return made

    def _content(self, content: Any, attribute: Attribute) -> Any:
        if attribute.struct:
            kind = self._schema.type(attribute.type)
            if attribute.many:
                return {attribute.item_tag: [self._object(item, kind) for item in content]}
            return self._object(content, kind)
        if attribute.many:
            return {attribute.item_tag: [_primitive(item) for item in content]}
        return _primitive(content)


class JsonReader:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def one(self, body: bytes, type_name: str) -> Wire:
        """The object of that type in `body`. Raises Malformed, BadValue, TooDeep, TooMany, TooManyElements."""
        if body.count(b"{") + body.count(b"[") > ELEMENTS:
            raise TooManyElements(limit=ELEMENTS)
        try:
            raw = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError) as err:
            raise Malformed(problem=f"The document is not well-formed JSON: {err}") from None
        return self._object(raw, self._schema.type(type_name), 1)

    def _object(self, raw: Any, kind: Type, depth: int) -> Wire:
        if depth > DEPTH:
            raise TooDeep(limit=DEPTH)
        if not isinstance(raw, dict):
            raise BadValue(problem=f"A {kind.tag} has to be an object")
        value: Wire = {"href": str(raw["href"])} if raw.get("href") is not None else {}
        for tag, content in raw.items():
            attribute = kind.by_tag.get(tag)
            if attribute is not None and content is not None:
                value[attribute.name] = self._content(content, attribute, depth + 1)
        return value

    def _content(self, raw: Any, attribute: Attribute, depth: int) -> Any:
        if not attribute.many:
            return self._item(raw, attribute, depth)
        if isinstance(raw, dict):
            raw = raw.get(attribute.item_tag, [])
        items = raw if isinstance(raw, list) else [raw]
        if len(items) > LIST_ITEMS:
            raise TooMany(element=attribute.tag, found=len(items), limit=LIST_ITEMS)
        return [self._item(item, attribute, depth) for item in items]

    def _item(self, raw: Any, attribute: Attribute, depth: int) -> Any:
        if attribute.struct:
            return self._object(raw, self._schema.type(attribute.type), depth)
        if isinstance(raw, dict | list):
            raise BadValue(problem=f"{attribute.name} has to be a single value")
        if attribute.type == "Date" and isinstance(raw, int | float) and not isinstance(raw, bool):
            return _from_epoch_ms(raw)
        if isinstance(raw, bool):
            raw = str(raw).lower()
        return parse(self._schema, str(raw), attribute.type)


def _primitive(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    return str(value) if isinstance(value, int) else value


def _from_epoch_ms(value: float) -> datetime:
    try:
        return datetime.fromtimestamp(value / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        raise BadValue(problem=f"The text '{value}' isn't a valid date value.") from None
