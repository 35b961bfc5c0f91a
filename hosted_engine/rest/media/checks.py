"""Holds what was read to what no single element shows: the lengths of texts that `hosted_engine.limits` allows, and
references that agree with themselves. Whatever the format was. Pure."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from hosted_engine.limits import text_limit
from hosted_engine.rest.ids import canonical_id
from hosted_engine.rest.media.wire import Wire, quoted
from hosted_engine.rest.problems import BadCharacter, BadValue, TooLong
from hosted_engine.rest.schema import Schema, Type

_UNWRITABLE = re.compile("[\0\ud800-\udfff]")  # JSON can spell half a surrogate pair


def check_body(schema: Schema, value: Wire, type_name: str) -> None:
    """Raises TooLong, BadCharacter, BadValue: all name the element, `vm.os.boot.devices.device[1]` for example."""
    kind = schema.type(type_name)
    for path, thing, its_kind in _objects(schema, value, kind, kind.tag):
        for element, name, text in _texts(thing, its_kind, path):
            _check_text(text, element, text_limit(its_kind.name, name))
        _check_reference(thing, path)


def _objects(schema: Schema, value: Wire, kind: Type, path: str) -> Iterator[tuple[str, Wire, Type]]:
    """Each object in `value`, itself first, with its path and type."""
    yield path, value, kind
    for name, content in value.items():
        attribute = kind.attributes.get(name)
        if attribute is not None and attribute.struct:
            inner, here = schema.type(attribute.type), f"{path}.{attribute.tag}"
            if not attribute.many:
                yield from _objects(schema, content, inner, here)
                continue
            for number, item in enumerate(content, 1):
                yield from _objects(schema, item, inner, f"{here}.{attribute.item_tag}[{number}]")


def _texts(value: Wire, kind: Type, path: str) -> Iterator[tuple[str, str, str]]:
    """(path, attribute's name, text) of each text of `value` itself."""
    for name, content in value.items():
        attribute = kind.attributes.get(name)
        here = f"{path}.{attribute.tag if attribute else name}"
        if isinstance(content, str):
            yield here, name, content
        elif isinstance(content, list) and attribute is not None and not attribute.struct:
            for number, item in enumerate(content, 1):
                if isinstance(item, str):
                    yield f"{here}.{attribute.item_tag}[{number}]", name, item


def _check_text(text: str, element: str, limit: int) -> None:
    if len(text) > limit:
        raise TooLong(element=element, found=len(text), limit=limit)
    if (bad := _UNWRITABLE.search(text)) is not None:
        raise BadCharacter(element=element, character=f"U+{ord(bad[0]):04X}")


def _check_reference(value: Wire, path: str) -> None:
    identity: Any = value.get("id")
    href: Any = value.get("href")
    if isinstance(identity, str) and identity and href and _last_segment(href) != identity:
        problem = f"its href {quoted(href)} and its id {quoted(identity)} name different objects"
        raise BadValue(element=path, problem=problem)


def _last_segment(href: str) -> str:
    parts = [part.partition(";")[0] for part in href.partition("?")[0].split("/")]
    return canonical_id(unquote(next((part for part in reversed(parts) if part), "")))
