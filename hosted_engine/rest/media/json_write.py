"""Writes wire objects as JSON with oVirt's habits: integers and booleans are strings, dates are milliseconds of the
epoch, a list is wrapped in the name of its items."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from hosted_engine.rest.media.links import Linker
from hosted_engine.rest.media.wire import LINKS, SERVICE, Wire
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


def _primitive(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    return str(value) if isinstance(value, int) else value
