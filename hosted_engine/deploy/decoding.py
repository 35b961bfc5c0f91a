"""Reads a document, as TOML gives it, into structs whose fields carry their rules; every mistake at once. Pure."""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import msgspec

TYPE_WORDS = {str: "text", int: "a whole number"}
MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """In `Annotated`: what the text, the number or the list of a field is held to, as the file has it. What is
    `secret` is never shown."""

    why_not: Callable[[Any], str | None]
    secret: bool = False


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
                self._wrong(_join(path, key), f"is not known here{self._meant(key, fields)}")
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name in raw:
                value = self._value(field.type, raw[name], _join(path, name))
                if value is not None:
                    values[name] = value
            elif field.required:
                self._wrong(_join(path, name), "is missing")
        return values

    def _value(self, kind: Any, raw: object, path: str) -> Any:
        base, rule = _parts(kind)
        if get_origin(base) is tuple:
            return self._list(base, rule, raw, path)
        if issubclass(base, msgspec.Struct):
            return self.table(base, raw, path)
        wanted: type = int if base is int else str
        reason = f"has to be {TYPE_WORDS[wanted]}" if type(raw) is not wanted else None
        if reason is None and rule is not None:
            reason = rule.why_not(raw)
        if reason is not None:
            self._wrong(path, reason if rule is not None and rule.secret else f"{shown(raw)} {reason}")
            return None
        return base(raw)

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


def shown(value: object) -> str:
    """A value as a message shows it: on one line, not longer than needed to find it again."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = json.dumps(value, ensure_ascii=not value.isprintable())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _parts(kind: Any) -> tuple[Any, Rule | None]:
    """A field's type without None and without what is noted to it, and its rule."""
    if type(None) in get_args(kind):
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    rules = [one for one in getattr(kind, "__metadata__", ()) if isinstance(one, Rule)]
    return (get_args(kind)[0] if rules else kind), (rules[0] if rules else None)


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
            if isinstance(base, type) and issubclass(base, msgspec.Struct):
                yield from _places(base, f"[{field.name}]")
        elif issubclass(base, msgspec.Struct):
            yield from _places(base, _join(path.strip("[]"), field.name))


def _join(path: str, name: str) -> str:
    name = name if name.isprintable() and name and not set(name) & set(' ."') else json.dumps(name)
    return f"{path}.{name}" if path else name
