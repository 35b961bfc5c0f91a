"""Reads JSON into wire objects: oVirt's form, in which integers and booleans are strings, and the plain forms alike."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any, NoReturn

from hosted_engine.limits import ELEMENTS
from hosted_engine.rest.media.encodings import to_utf8
from hosted_engine.rest.media.reading import OF_ANSWERS, Reading, no_list, no_object, no_value
from hosted_engine.rest.media.wire import Wire, listed, quoted
from hosted_engine.rest.problems import BadValue, Malformed, TooManyElements
from hosted_engine.rest.schema import Attribute, Schema, Type


class JsonReader:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def one(self, body: bytes, type_name: str, *, charset: str = "", unknown: list[str] | None = None) -> Wire:
        """As XmlReader.one."""
        kind = self._schema.type(type_name)
        raw = _parse(body, charset)
        return _JsonReading(self._schema, [] if unknown is None else unknown).object(raw, kind, kind.tag, 1)


class _Number(str):
    """A number as it was written: nothing is lost before it is known what it has to be."""

    __slots__ = ()


class _JsonReading(Reading):
    def object(self, raw: Any, kind: Type, path: str, depth: int) -> Wire:
        self.check_depth(depth)
        if not isinstance(raw, dict):
            no_object(_name(raw), kind, path)
        value: Wire = {}
        for tag, content in raw.items():
            attribute, here = kind.by_tag.get(tag), f"{path}.{tag}"
            if attribute is None and tag != "href":
                self.leave_out(path, tag)
            elif content is None:
                continue
            elif attribute is None:
                value["href"] = self._primitive(content, "String", here)
            elif tag == "id":
                self.put_id(value, self._primitive(content, attribute.type, here), here)
            else:
                value[attribute.name] = self._content(content, attribute, here, depth + 1)
        return value

    def _content(self, raw: Any, attribute: Attribute, path: str, depth: int) -> Any:
        if not attribute.many:
            return self._one(raw, attribute, path, depth)
        items = self._items(raw, attribute, path)
        self.check_items(len(items), path)
        return [
            self._one(item, attribute, f"{path}.{attribute.item_tag}[{n}]", depth) for n, item in enumerate(items, 1)
        ]

    def _items(self, raw: Any, attribute: Attribute, path: str) -> list[Any]:
        """Of `{"nic": […]}`, of the list alone, and of one item without a list."""
        if isinstance(raw, list):
            return raw
        if not isinstance(raw, dict):
            no_list(_name(raw), attribute, path)
        others = [name for name in raw if name not in (attribute.item_tag, "href", *OF_ANSWERS)]
        if others and attribute.item_tag not in raw:
            no_list(f"an object with {listed(map(quoted, others))}", attribute, path)
        for name in others:
            self.leave_out(path, name)
        items = raw.get(attribute.item_tag)
        return items if isinstance(items, list) else [] if items is None else [items]

    def _one(self, raw: Any, attribute: Attribute, path: str, depth: int) -> Any:
        if attribute.struct:
            return self.object(raw, self.schema.type(attribute.type), path, depth)
        return self._primitive(raw, attribute.type, path)

    def _primitive(self, raw: Any, kind: str, path: str) -> Any:
        if isinstance(raw, _Number) and kind == "Date":
            return _from_epoch_ms(raw, path)
        if isinstance(raw, bool):
            raw = "true" if raw else "false"
        if not isinstance(raw, str):
            no_value(_name(raw), kind, path)
        return self.primitive(str(raw), kind, path)


def _parse(body: bytes, charset: str) -> Any:
    body = to_utf8(body, charset)
    if body.count(b"{") + body.count(b"[") > ELEMENTS:
        raise TooManyElements(limit=ELEMENTS)
    try:
        return _DECODER.decode(body.decode())
    except (ValueError, RecursionError) as err:
        raise Malformed(problem=f"The document is not well-formed JSON: {err}") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Its members; RFC 8259 leaves open which of two of the same name counts."""
    made = dict(pairs)
    if len(made) < len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{quoted(name)} is there twice in one object")
    return made


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once_each, parse_int=_Number, parse_float=_Number, parse_constant=_no_constant
)


def _name(raw: Any) -> str:
    match raw:
        case dict():
            return "an object"
        case list():
            return "a list"
        case None:
            return "null"
        case bool():
            return str(raw).lower()
        case _Number():
            return str(raw)
    return quoted(raw)


def _from_epoch_ms(text: str, path: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text) / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        raise BadValue(element=path, problem=f"{quoted(text)} is no date in milliseconds since 1970") from None
