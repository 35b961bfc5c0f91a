"""How SQLite and PostgreSQL compare and sort texts: in any language, with case or without."""

import re
from typing import Any, Protocol

from sqlalchemy import JSON, ColumnElement, cast, collate, func, type_coerce

Value = ColumnElement[Any]


class Dialect(Protocol):
    def like(self, value: Value, pattern: str, *, case_sensitive: bool) -> ColumnElement[bool]:
        """Whether a text is `pattern`, in which `*` stands for any text."""

    def sorted(self, value: Value) -> Value:
        """What texts are sorted by: letters by their number in Unicode, without case."""

    def json(self, value: Value) -> Any:
        """A text that is JSON, so that its parts can be asked for by their names."""


class Sqlite:
    """`lower` knows ASCII only: `register` puts Python's in its place."""

    def like(self, value: Value, pattern: str, *, case_sensitive: bool) -> ColumnElement[bool]:
        if case_sensitive:  # LIKE is blind for the case of ASCII letters
            found: ColumnElement[bool] = value.op("GLOB", is_comparison=True)(_glob(pattern))
            return found
        return func.lower(value).like(_like(pattern).lower(), escape="\\")

    def sorted(self, value: Value) -> Value:
        return func.lower(value)

    def json(self, value: Value) -> Any:
        return type_coerce(value, JSON)

    @staticmethod
    def register(connection: Any) -> None:
        connection.create_function("lower", 1, _lower, deterministic=True)


class Postgres:
    """A database's own collation may know ASCII only: ICU's root is there in every one."""

    def like(self, value: Value, pattern: str, *, case_sensitive: bool) -> ColumnElement[bool]:
        if case_sensitive:
            return value.like(_like(pattern), escape="\\")
        found: ColumnElement[bool] = self._lower(value).like(self._lower(_like(pattern)), escape="\\")
        return found

    def sorted(self, value: Value) -> Value:
        return collate(self._lower(value), "C")

    def json(self, value: Value) -> Any:
        return cast(value, JSON)

    def _lower(self, value: Any) -> Any:
        return func.lower(collate(value, "und-x-icu"))


def dialect_of(name: str) -> Dialect:
    return Sqlite() if name == "sqlite" else Postgres()


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def _like(pattern: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", re.sub(r"\*+", "*", pattern)).replace("*", "%")


def _glob(pattern: str) -> str:
    return re.sub(r"([\[?])", r"[\1]", re.sub(r"\*+", "*", pattern))
