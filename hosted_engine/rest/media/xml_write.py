"""Writes wire objects as XML.

It puts text together itself: writing is what limits the API, and this takes a third of the time of building a tree.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from hosted_engine.rest.media.links import Linker
from hosted_engine.rest.media.wire import LINKS, SERVICE, Wire, date_text
from hosted_engine.rest.schema import Attribute, Schema, Type

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_HERE = "\0"  # stands for the object's href in a prepared text; no text that is written can hold it
# What has to be escaped, and what XML cannot hold at all (left out).
_SPECIAL = re.compile('[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


class XmlWriter:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._linker = Linker(schema)
        self._frame = lru_cache(maxsize=None)(self._make_frame)

    def one(self, value: Wire, type_name: str) -> bytes:
        kind = self._schema.type(type_name)
        out = [_HEAD]
        self._object(out, kind.tag, kind, value)
        return "".join(out).encode()

    def many(self, values: Sequence[Wire], type_name: str) -> bytes:
        kind = self._schema.type(type_name)
        out = [_HEAD]
        self._list(out, kind.list_tag, kind.tag, kind, values)
        return "".join(out).encode()

    def _object(self, out: list[str], tag: str, kind: Type, value: Wire) -> None:
        start = f"<{tag}"
        for name in ("href", "id"):
            if (content := value.get(name)) is not None:
                start += f' {name}="{text(content)}"'
        out.append(start)
        place = len(out)
        out.append(">")
        self._links(out, kind, value)
        attributes = kind.attributes
        for name in sorted(value, key=lambda name: kind.order.get(name, 0)):
            content = value[name]
            if content is not None and name not in ("id", "href", SERVICE, LINKS):
                self._attribute(out, attributes[name], content)
        if len(out) == place + 1:
            out[place] = "/>"
        else:
            out.append(f"</{tag}>")

    def _attribute(self, out: list[str], attribute: Attribute, content: Any) -> None:
        if attribute.struct:
            kind = self._schema.type(attribute.type)
            if attribute.many:
                self._list(out, attribute.tag, attribute.item_tag, kind, content)
            else:
                self._object(out, attribute.tag, kind, content)
        elif attribute.many:
            items = (f"<{attribute.item_tag}>{text(item)}</{attribute.item_tag}>" for item in content)
            out.append(f"<{attribute.tag}>{''.join(items)}</{attribute.tag}>")
        else:
            out.append(f"<{attribute.tag}>{text(content)}</{attribute.tag}>")

    def _list(self, out: list[str], tag: str, item_tag: str, kind: Type, values: Sequence[Wire]) -> None:
        out.append(f"<{tag}>")
        for value in values:
            self._object(out, item_tag, kind, value)
        out.append(f"</{tag}>")

    def _links(self, out: list[str], kind: Type, value: Wire) -> None:
        service, href = value.get(SERVICE), value.get("href")
        if service and href:
            held = frozenset(self._linker.held(value, kind))
            out.append(self._frame(service, kind.name, held).replace(_HERE, escape(href)))
            if not out[-1]:
                out.pop()
        for rel, target in value.get(LINKS, ()):
            out.append(f'<link href="{escape(target)}" rel="{escape(rel)}"/>')

    def _make_frame(self, service: str, type_name: str, held: frozenset[str]) -> str:
        """Actions and links of such an object, prepared once."""
        actions = "".join(f'<link href="{_HERE}/{a}" rel="{a}"/>' for a in self._linker.actions(service))
        rels = (rel for rel in self._linker.rels(service, type_name) if rel not in held)
        links = "".join(f'<link href="{_HERE}/{rel}" rel="{rel}"/>' for rel in rels)
        return f"<actions>{actions}</actions>{links}" if actions else links


def text(value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return date_text(value) if isinstance(value, datetime) else str(value)


def escape(value: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], ""), value) if _SPECIAL.search(value) else value
