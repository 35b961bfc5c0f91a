"""Reads a document, as TOML gives it, into structs whose fields carry their rules; every mistake at once. Pure."""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin

import msgspec

TYPE_NAMES = {str: "text", int: "a whole number"}
MAX_SHOWN = 60
MAX_BITS = 128
MISSING = "is missing"


@dataclass(frozen=True, slots=True)
class Rule:
    """In `Annotated`: what the text, the number or the list of a field is held to, as the file has it. What is
    `secret` is never shown. `make` turns a good one into the field's value, where its type alone cannot."""

    why_not: Callable[[Any], str | None]
    secret: bool = False
    make: Callable[[Any], Any] | None = None


@dataclass(slots=True)
class Decoded:
    """`values` has what is good by itself; lists keep their length, with None for what is not."""

    values: dict[str, Any]
    errors: list[tuple[str, str]]


def decode(kind: type[msgspec.Struct], document: object) -> Decoded:
    """`document` as the fields of `kind`, each table again a dict of what is good in it."""
    decoder = _Decoder(kind)
    values = decoder.table(kind, document, "")
    return Decoded(values or {}, decoder.errors)


def build(kind: type[msgspec.Struct], values: Mapping[str, Any]) -> Any:
    """The struct of what was decoded without a mistake."""
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return kind(**{name: _built(types[name], value) for name, value in values.items()})


def _built(kind: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return build(kind, value)
    if isinstance(value, list):
        return tuple(_built(_item(kind), one) for one in value)
    return value


class _Decoder:
    def __init__(self, kind: type[msgspec.Struct]) -> None:
        self.errors: list[tuple[str, str]] = []
        self._places = dict(_places(kind, ""))

    def table(self, kind: type[msgspec.Struct], raw: object, path: str) -> dict[str, Any] | None:
        if not isinstance(raw, dict):
            self._wrong(path or "the file", f"{shown(raw)} has to be a table")
            return None
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        for key in raw:
            if key not in fields:
                self._wrong(join_path(path, key), f"is not known here{self._meant(key, fields)}")
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name in raw:
                value = self._value(field.type, raw[name], join_path(path, name))
                if value is not None:
                    values[name] = value
            elif field.required:
                self._wrong(join_path(path, name), MISSING)
        return values

    def _value(self, kind: Any, raw: object, path: str) -> Any:
        base, rule = _parts(kind)
        if get_origin(base) is tuple:
            return self._list(base, rule, raw, path)
        if _is(base, msgspec.Struct):
            return self.table(base, raw, path)
        if (reason := why_not_value(kind, raw)) is not None:
            self._wrong(path, reason if rule is not None and rule.secret else f"{shown(raw)} {reason}")
            return None
        return base(raw) if rule is None or rule.make is None else rule.make(raw)

    def _list(self, base: Any, rule: Rule | None, raw: object, path: str) -> list[Any] | None:
        if not isinstance(raw, list):
            self._wrong(path, f"{shown(raw)} has to be a list")
            return None
        if rule is not None and (reason := rule.why_not(raw)) is not None:
            self._wrong(path, reason)
        return [self._value(_item(base), one, f"{path}[{number}]") for number, one in enumerate(raw)]

    def _meant(self, key: str, fields: Iterable[str]) -> str:
        """What the writer of an unknown `key` may have meant."""
        if near := difflib.get_close_matches(key, fields, 1):
            return f"; did you mean {near[0]}?"
        if key in self._places:
            return f"; it belongs to {self._places[key]}"
        near = difflib.get_close_matches(key, self._places, 1, 0.75)
        return f"; did you mean {near[0]}, which belongs to {self._places[near[0]]}?" if near else ""

    def _wrong(self, path: str, sentence: str) -> None:
        self.errors.append((path, sentence))


def why_not_value(kind: Any, raw: object) -> str | None:
    """Why `raw`, as the file has it, cannot be in a field of type `kind` that is neither a table nor a list."""
    base, rule = _parts(kind)
    wanted: type = int if base is int else str
    if type(raw) is not wanted:
        return f"has to be {TYPE_NAMES[wanted]}"
    if _is(base, StrEnum) and raw not in list(base):
        return f"has to be one of {', '.join(base)}"
    return None if rule is None else rule.why_not(raw)


def shown(value: object) -> str:
    """A value as a message shows it: on one line, not longer than needed to find it again."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return "a number beyond all bounds"  # Python writes none of more than 4300 digits
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = json.dumps(value, ensure_ascii=not value.isprintable())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _parts(kind: Any) -> tuple[Any, Rule | None]:
    """A field's type without None and without what is noted to it, and its rule."""
    if type(None) in get_args(kind):
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    noted = getattr(kind, "__metadata__", ())
    rules = [one for one in noted if isinstance(one, Rule)]
    return (get_args(kind)[0] if noted else kind), (rules[0] if rules else None)


def _is(base: Any, kind: type) -> bool:
    return isinstance(base, type) and issubclass(base, kind)


def _item(kind: Any) -> Any:
    """What a list is made of."""
    return get_args(_parts(kind)[0])[0]


def _places(kind: type[msgspec.Struct], path: str) -> Iterable[tuple[str, str]]:
    """Every key that is known anywhere, with the table that it belongs to."""
    for field in msgspec.structs.fields(kind):
        base, _ = _parts(field.type)
        yield field.name, f"[{path}]" if path else "the top of the file, before the first table"
        if get_origin(base) is tuple:
            base = _item(base)
            if _is(base, msgspec.Struct):
                yield from _places(base, f"[{field.name}]")
        elif _is(base, msgspec.Struct):
            yield from _places(base, join_path(path.strip("[]"), field.name))


def join_path(path: str, name: str) -> str:
    """The path of `name` in the table at `path`, as messages have it."""
    name = name if name.isprintable() and name and not set(name) & set(' ."') else json.dumps(name)
    return f"{path}.{name}" if path else name
