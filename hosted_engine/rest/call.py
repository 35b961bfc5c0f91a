"""One request as its handler sees it, and what the handler answers."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from hosted_engine.engine.users.model import Caller
from hosted_engine.limits import PARAMETERS
from hosted_engine.rest.media.objects import Objects
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import NotUtf8, TooBroad
from hosted_engine.rest.schema import Method, Service

_ERRORS = "surrogateescape"  # each byte that is no UTF-8 is kept as one character of its own
_INTEGER = re.compile("[+-]?[0-9]{1,18}", re.ASCII)
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Looked up in the query, then among the matrix parameters of the last path segment, then in the header of that
    name (`all_content`: `All-Content`). A value of the wrong kind counts as none, as in oVirt."""

    query: Mapping[str, str] = field(default_factory=dict)
    matrix: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case

    def text(self, name: str) -> str | None:
        if name in self.query:
            return self.query[name]
        return self.matrix.get(name, self.headers.get(name.replace("_", "-")))

    def boolean(self, name: str) -> bool | None:
        value = (self.text(name) or "").lower()
        return True if value in _TRUE else False if value in _FALSE else None

    def integer(self, name: str) -> int | None:
        value = self.text(name) or ""
        return int(value) if _INTEGER.fullmatch(value) else None


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` is an object, several, or None for an action that ended and has nothing to tell."""

    value: Wire | list[Wire] | Objects | None = None
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`path` is the href of what is asked, an action's object included; `ids` holds the ids in it by their names in
    the schema ("vm", "attachment"); `unknown` has the paths of elements of the body that the API does not have
    (`vm.os.boot.@dev`), which are not in `body`; `wait` says that the caller wants the end, not the begin, of what it
    asks for. Of a list only the objects that `only` names are shown, all where it is None. `full_view` is what
    administrators have of what they read, unless they ask for a user's view. `found` is what was asked elsewhere
    before the store is, and goes to the entity with what the body says."""

    service: Service
    method: Method
    path: str
    ids: Mapping[str, str]
    parameters: Parameters
    body: Wire
    caller: Caller
    unknown: tuple[str, ...] = ()
    wait: bool = False
    only: frozenset[str] | None = None
    full_view: bool = False
    found: Mapping[str, Any] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Answer]]
Handlers = Mapping[tuple[str, str], Handler]  # (service, method) of the schema


def split_path(raw: str) -> tuple[list[str], dict[str, str]]:
    """The decoded segments of a path and the matrix parameters of the last one; empty segments do not count. Raises
    TooBroad, NotUtf8."""
    segments: list[str] = []
    matrix: dict[str, str] = {}
    for part in raw.split("/"):
        name, *parameters = part.split(";")
        if len(parameters) > PARAMETERS:
            raise TooBroad(parameter="the path", problem="has too many matrix parameters", limit=PARAMETERS)
        matrix = (
            {_path_text(k): _path_text(v) for k, _, v in (p.partition("=") for p in parameters)} if part else matrix
        )
        if name:
            segments.append(_path_text(name))
    return segments, matrix


def parse_query(raw: str) -> dict[str, str]:
    """Raises TooBroad, NotUtf8."""
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors=_ERRORS, max_num_fields=PARAMETERS)
    except ValueError:
        raise TooBroad(parameter="the query", problem="has too many parameters", limit=PARAMETERS) from None
    for name, value in pairs:
        _check_utf8(name, "the name of a parameter")
        _check_utf8(value, f"the parameter {name}")
    return dict(pairs)


def _path_text(raw: str) -> str:
    if "%" not in raw and raw.isascii():
        return raw
    text = unquote(raw, errors=_ERRORS)
    _check_utf8(text, "the path")
    return text


def _check_utf8(text: str, where: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as err:
        byte = ord(text[err.start]) & 0xFF
        raise NotUtf8(where=where, byte=byte, position=err.start + 1) from None
