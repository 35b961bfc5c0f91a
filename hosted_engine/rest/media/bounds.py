"""Holds what was read to the lengths of texts that `hosted_engine.limits` allows, whatever the format was. Pure."""

from typing import Any

from hosted_engine.limits import text_limit
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import BadCharacter, TooLong
from hosted_engine.rest.schema import Schema, Type


def check_texts(schema: Schema, value: Wire, type_name: str) -> None:
    """Raises TooLong, BadCharacter: both name the element, `vm.os.boot.devices` for example."""
    kind = schema.type(type_name)
    _check_object(schema, value, kind, kind.tag)


def _check_object(schema: Schema, value: Wire, kind: Type, path: str) -> None:
    for name, content in value.items():
        attribute = kind.attributes.get(name)
        element = f"{path}.{attribute.tag if attribute else name}"
        for item in content if isinstance(content, list) else [content]:
            if isinstance(item, dict) and attribute is not None:
                _check_object(schema, item, schema.type(attribute.type), element)
            elif isinstance(item, str):
                _check_text(item, element, text_limit(kind.name, name))


def _check_text(text: Any, element: str, limit: int) -> None:
    if len(text) > limit:
        raise TooLong(element=element, found=len(text), limit=limit)
    if "\0" in text:
        raise BadCharacter(element=element)
