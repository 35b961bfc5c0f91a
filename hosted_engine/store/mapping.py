"""Rows to frozen dataclasses and back: the only place that knows how a field lies in a column."""

from collections.abc import Callable
from dataclasses import fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from sqlalchemy import Column, Table

from hosted_engine.engine.entity.record import Model

T = TypeVar("T", bound=Model)
Convert = Callable[[Any], Any]


class Mapper(Generic[T]):
    """Columns are read in the order of the fields, so that a row becomes an object without looking names up."""

    def __init__(self, model: type[T], table: Table) -> None:
        self.model = model
        self.table = table
        self._names = tuple(field.name for field in fields(model))
        if set(self._names) != set(table.columns.keys()):
            odd = set(self._names) ^ set(table.columns.keys())
            raise TypeError(f"{model.__name__} and table {table.name} differ in {sorted(odd)}")
        self.columns: tuple[Column[Any], ...] = tuple(table.columns[name] for name in self._names)
        hints = get_type_hints(model)
        both = {name: _converters(hints[name]) for name in self._names}
        self._to = tuple((name, attrgetter(name), both[name][0]) for name in self._names)
        self._from = tuple((index, both[name][1]) for index, name in enumerate(self._names) if both[name][1])

    def to_row(self, item: T) -> dict[str, Any]:
        return {name: convert(get(item)) if convert else get(item) for name, get, convert in self._to}

    def from_row(self, row: Any) -> T:
        values = list(row)
        for index, convert in self._from:
            if convert is not None and values[index] is not None:
                values[index] = convert(values[index])
        return self.model(**dict(zip(self._names, values, strict=True)))


def plain(value: object) -> object:
    """A value to compare a column with."""
    return value.value if isinstance(value, StrEnum) else value


def _converters(hint: Any) -> tuple[Convert | None, Convert | None]:
    """To the column, and from it; None where they are the same."""
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)]
    if get_origin(hint) in (tuple, dict):
        return _json(hint)
    kind = kinds[0]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return plain, kind._value2member_map_.__getitem__
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _json(kind)
    return None, None


def _json(hint: Any) -> tuple[Convert, Convert]:
    decoder = msgspec.json.Decoder(hint)
    known: dict[str, Any] = {}

    def decode(text: str) -> Any:
        """The same few texts come again and again."""
        value = known.get(text)
        if value is None:
            if len(known) > 1000:
                known.clear()
            value = known[text] = decoder.decode(text)
        return value

    def encode(value: Any) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    return encode, decode
