"""Writes wire objects as XML.

It puts text together itself: writing is what limits the API, and this takes a third of the time of building a tree.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from hosted_engine.rest.media.frames import Frame, Gap, cut, marked
from hosted_engine.rest.media.links import Linker
from hosted_engine.rest.media.objects import Form, Objects, Row
from hosted_engine.rest.media.wire import LINKS, SERVICE, Wire, date_text
from hosted_engine.rest.schema import Attribute, Schema, Type

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_HERE = "\0"  # stands for the object's href in a prepared text; no text that is written can hold it
# What has to be escaped, and what XML cannot hold at all (left out).
_SPECIAL = re.compile('[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}

# An attribute's name, what goes before and after it, what it is, and its type where it is an object.
_Slot = tuple[str, str, str, Attribute, Type | None]


class XmlWriter:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._linker = Linker(schema)
        self._frame = lru_cache(maxsize=1000)(self._make_frame)
        self._plan = lru_cache(maxsize=1000)(self._make_plan)
        self._prepared = lru_cache(maxsize=1000)(self._make_prepared)

    def one(self, value: Wire, type_name: str) -> bytes:
        kind = self._schema.type(type_name)
        out = [_HEAD]
        self._object(out, kind.tag, kind, value)
        return "".join(out).encode()

    def many(self, values: Sequence[Wire] | Objects, type_name: str) -> bytes:
        kind = self._schema.type(type_name)
        out = [_HEAD]
        if isinstance(values, Objects):
            rows = "".join([self._row(row, kind, values.service) for row in values.rows])
            out.append(f"<{kind.list_tag}>{rows}</{kind.list_tag}>")
        else:
            self._list(out, kind.list_tag, kind.tag, kind, values)
        return "".join(out).encode()

    def _row(self, row: Row, kind: Type, service: str) -> str:
        frame = self._prepared(row.form, kind.name, service, tuple([value is None for value in row.values]))
        values = [row.values[number] for number in frame.numbers]
        if is_plain("".join([value for value in values if type(value) is str])):
            texts = [v if type(v) is str else self._gap(v, a) for v, a in zip(values, frame.attributes, strict=True)]
        else:
            texts = [self._gap(value, a) for value, a in zip(values, frame.attributes, strict=True)]
        return frame.fill(escape(row.href), texts)

    def _gap(self, value: Any, attribute: Attribute) -> str:
        if not attribute.struct and not attribute.many:
            return text(value)
        out: list[str] = []
        self._attribute(out, attribute, value)
        return "".join(out)

    def _make_prepared(self, form: Form, type_name: str, service: str, absent: tuple[bool, ...]) -> Frame:
        kind, out = self._schema.type(type_name), list[str]()
        self._object(out, kind.tag, kind, marked(form, absent) | {SERVICE: service})
        return cut(self._schema, type_name, form, "".join(out))

    def _object(self, out: list[str], tag: str, kind: Type, value: Wire) -> None:
        href, identity = value.get("href"), value.get("id")
        if href is not None and identity is not None and len(value) == 2:
            out.append(_reference(tag, href, identity))
            return
        out.append(_start(tag, href, identity))
        place = len(out)
        out.append(">")
        if SERVICE in value or LINKS in value:
            self._links(out, kind, value)
        for name, opening, closing, attribute, inner in self._plan(kind.name, tuple(value)):
            content = value[name]
            if content is None:
                continue
            if attribute.many or inner is not None:
                self._attribute(out, attribute, content)
            else:
                out.append(f"{opening}{_TEXTS[type(content)](content)}{closing}")
        if len(out) == place + 1:
            out[place] = "/>"
        else:
            out.append(f"</{tag}>")

    def _attribute(self, out: list[str], attribute: Attribute, content: Any) -> None:
        """One that is an object or a list."""
        if type(content) is Gap:
            out.append(content)
        elif attribute.struct:
            kind = self._schema.type(attribute.type)
            if attribute.many:
                self._list(out, attribute.tag, attribute.item_tag, kind, content)
            else:
                self._object(out, attribute.tag, kind, content)
        else:
            items = (f"<{attribute.item_tag}>{text(item)}</{attribute.item_tag}>" for item in content)
            out.append(f"<{attribute.tag}>{''.join(items)}</{attribute.tag}>")

    def _make_plan(self, type_name: str, names: tuple[str, ...]) -> Sequence[_Slot]:
        """In which order the attributes `names` of an object are written, and how: the same for many objects."""
        kind = self._schema.type(type_name)
        shown = (name for name in names if name not in ("id", "href", SERVICE, LINKS))
        attributes = [kind.attributes[name] for name in sorted(shown, key=kind.order.__getitem__)]
        return tuple(
            (a.name, f"<{a.tag}>", f"</{a.tag}>", a, self._schema.type(a.type) if a.struct else None)
            for a in attributes
        )

    def _list(self, out: list[str], tag: str, item_tag: str, kind: Type, values: Sequence[Wire]) -> None:
        out.append(f"<{tag}>")
        for value in values:
            self._object(out, item_tag, kind, value)
        out.append(f"</{tag}>")

    def _links(self, out: list[str], kind: Type, value: Wire) -> None:
        service, href = value.get(SERVICE), value.get("href")
        if service and href:
            out.append(self._frame(service, kind.name, tuple(value)).replace(_HERE, escape(href)))
            if not out[-1]:
                out.pop()
        for rel, target in value.get(LINKS, ()):
            out.append(f'<link href="{escape(target)}" rel="{escape(rel)}"/>')

    def _make_frame(self, service: str, type_name: str, names: tuple[str, ...]) -> str:
        """Actions and links of an object with the attributes `names`, prepared once."""
        inline_rels = self._linker.inline_rels(names, type_name)
        actions = "".join(f'<link href="{_HERE}/{a}" rel="{a}"/>' for a in self._linker.actions(service))
        rels = (rel for rel in self._linker.rels(service, type_name) if rel not in inline_rels)
        links = "".join(f'<link href="{_HERE}/{rel}" rel="{rel}"/>' for rel in rels)
        return f"<actions>{actions}</actions>{links}" if actions else links


def text(value: Any) -> str:
    return _TEXTS[type(value)](value)


def is_plain(value: str) -> bool:
    """Whether nothing of it has to be escaped."""
    return (
        value.isascii() and value.isprintable() and not ("&" in value or "<" in value or ">" in value or '"' in value)
    )


def escape(value: str) -> str:
    """Nearly no text has anything that has to be escaped: looking for each by itself is faster than an expression."""
    if is_plain(value):
        return value
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], ""), value)


def _start(tag: str, href: Any, identity: Any) -> str:
    start = f"<{tag}" if href is None else f'<{tag} href="{escape(href)}"'
    return start if identity is None else f'{start} id="{text(identity)}"'


@lru_cache(maxsize=10_000)
def _reference(tag: str, href: str, identity: str) -> str:
    """Many objects name the same few others."""
    return f"{_start(tag, href, identity)}/>"


class _Texts(dict[type, Callable[[Any], str]]):
    """How a value is written, by its type; a type that derives from another is written as that."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        self[kind] = next((write for known, write in tuple(self.items()) if issubclass(kind, known)), str)
        return self[kind]


_TEXTS = _Texts(
    {
        str: escape,
        bool: lambda value: "true" if value else "false",
        int: str,
        datetime: date_text,
    }
)
