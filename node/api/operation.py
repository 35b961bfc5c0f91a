"""One operation of a node: declared as a method with its types, and all that its callers and the node know of it."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import wraps
from string import Formatter
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints
from urllib.parse import quote

import msgspec

from node.api.messages.base import Message, Reference
from node.api.messages.identity import Role
from node.api.paths import PREFIX
from node.api.problems import Refused
from node.api.refusals import Malformed, NodeTooOld, SettingsUnknown
from node.api.unknown_names import unknown_names
from node.api.version import OLDEST_SPOKEN

F = TypeVar("F", bound=Callable[..., Any])
Arguments = Mapping[str, Any]  # by parameter

GET, PUT, POST, DELETE = "GET", "PUT", "POST", "DELETE"
DRIVERS = frozenset({Role.ENGINE, Role.DEPLOY})
QUICK_S = 30.0
LONG_S = 900.0  # copying an engine image over a slow volume
LARGEST_BODY_BYTES = 8 << 20


class Operation:
    """`parameters` are types by name. The path has a blank for each of them that stands in it, `{vm_id}`, or for a
    field of a message, `{image.storage_domain}`. The message that is no reference is the `body`; its fields have to
    be those in the path. `answer` is a type, of a stream (`is_stream`) that of one line, None where nothing is
    answered."""

    def __init__(
        self,
        function: Callable[..., Any],
        method: str,
        path: str,
        *,
        timeout_s: float,
        roles: frozenset[Role],
        since: int,
        unclaimed: bool,
        missing: Callable[..., Refused] | None,
        strict: bool,
        largest_body_bytes: int,
    ) -> None:
        self.name = function.__name__
        self.method = method
        self.path = PREFIX + path
        self.timeout_s = timeout_s
        self.roles = roles
        self.since = since
        self.unclaimed = unclaimed
        self.missing = missing
        self.strict = strict
        self.largest_body_bytes = largest_body_bytes
        self.summary = inspect.getdoc(function) or ""
        self.parameters, self.answer, self.is_stream = signature_of(function)
        self.blanks = [_blank(name) for _, name, _, _ in Formatter().parse(self.path) if name]
        self.body = self._find_body()
        self.is_optional = NoneType in get_args(self.answer)
        self._check()
        self._answers = msgspec.json.Decoder(self.answer)
        self._bodies = msgspec.json.Decoder(self.parameters[self.body] if self.body else None)

    @property
    def route(self) -> str:
        """The path as it is on the wire, whatever the blanks are called: /v1/vms/{s0}/start."""
        return self._filled(f"{{s{number}}}" for number in range(len(self.blanks)))

    def path_of(self, arguments: Arguments) -> str:
        """Each value is one segment, whatever is in it; the node refuses what it does not like."""
        values = (getattr(arguments[name], field) if field else arguments[name] for name, field in self.blanks)
        return self._filled(map(_segment, values))

    def body_of(self, arguments: Arguments) -> bytes | None:
        """What a subclass of the declared message has more is for other readers."""
        if not self.body:
            return None
        return msgspec.json.encode(
            msgspec.convert(arguments[self.body], self.parameters[self.body], from_attributes=True)
        )

    def read_answer(self, content: bytes) -> Any:
        return self._answers.decode(content) if self.answer is not None else None

    def read_arguments(self, segments: Sequence[str], content: bytes) -> dict[str, Any]:
        """`segments` fill the blanks. Raises Malformed, or what msgspec raises for a body that is none."""
        arguments: dict[str, Any] = {self.body: self._read_body(content)} if self.body else {}
        fields: dict[str, dict[str, str]] = {}
        for (name, field), value in zip(self.blanks, segments, strict=True):
            if not field:
                arguments[name] = value
            elif name != self.body:
                fields.setdefault(name, {})[field] = value
            elif (sent := getattr(arguments[name], field)) != value:
                raise Malformed(reason=f"the path names {field} {value!r} and the body {sent!r}")
        return arguments | {name: self.parameters[name](**values) for name, values in fields.items()}

    def _read_body(self, content: bytes) -> Any:
        body = self._bodies.decode(content)
        if self.strict and (unknown := sorted(set(unknown_names(msgspec.json.decode(content), body)))):
            raise SettingsUnknown(settings=", ".join(unknown))
        return body

    def check_known(self, node: str, version: int) -> None:
        """Raises NodeTooOld when a node of that version of the contract does not have it."""
        if self.since > version:
            raise NodeTooOld(node=node, operation=self.name, version=version, since=self.since)

    def _filled(self, values: Any) -> str:
        return "".join(text + (next(values) if name else "") for text, name, _, _ in Formatter().parse(self.path))

    def _find_body(self) -> str:
        """The message that is no reference."""
        found = [name for name, kind in self.parameters.items() if _is_a(kind, Message) and not _is_a(kind, Reference)]
        if len(found) > 1:
            raise TypeError(f"{self.name}: {' and '.join(found)} cannot both be the body")
        return found[0] if found else ""

    def _check(self) -> None:
        """Raises TypeError: a wrong declaration ends at import."""
        for name, kind in self.parameters.items():
            named = [field for blank, field in self.blanks if blank == name]
            needed = kind.__struct_fields__ if _is_a(kind, Message) else ("",)
            if name != self.body and sorted(named) != sorted(needed):
                raise TypeError(f"{self.name}: the path {self.path} does not say what {name} is")
            if not set(named) <= set(needed):
                raise TypeError(f"{self.name}: {name} has no field that the path {self.path} names")
        if unknown := dict(self.blanks).keys() - self.parameters:
            raise TypeError(f"{self.name}: the path names {', '.join(sorted(unknown))}, which is no parameter")
        if self.body and self.method == GET:
            raise TypeError(f"{self.name}: {GET} has no body")
        if not self.summary:
            raise TypeError(f"{self.name}: a docstring has to say what it does")
        if self.is_optional != (self.missing is not None):
            raise TypeError(f"{self.name}: `missing` is for what may be None, and only for that")


def operation(
    method: str,
    path: str,
    *,
    timeout_s: float = QUICK_S,
    roles: frozenset[Role] = DRIVERS,
    since: int = OLDEST_SPOKEN,
    unclaimed: bool = False,
    missing: Callable[..., Refused] | None = None,
    strict: bool = False,
    largest_body_bytes: int = LARGEST_BODY_BYTES,
) -> Callable[[F], F]:
    """Makes a method of `Operations` without a body an operation: its parameters, its answer and its docstring.

    `roles` may ask for it, and with `unclaimed` who knows the claim code of a node without a site. `since` is the
    version of the contract that brought it. An answer that may be None is on the wire the refusal that `missing` makes
    of the same arguments. A body may say what the node does not know: it passes that over, or with `strict` refuses it
    (SettingsUnknown). A stream may be silent for `timeout_s`.
    """

    def declare(function: F) -> F:
        declared = Operation(
            function,
            method,
            path,
            timeout_s=timeout_s,
            roles=roles,
            since=since,
            unclaimed=unclaimed,
            missing=missing,
            strict=strict,
            largest_body_bytes=largest_body_bytes,
        )
        signature = inspect.signature(function)

        @wraps(function)
        def ask(node: "Operations", *args: Any, **kwargs: Any) -> Any:
            arguments = dict(list(signature.bind(node, *args, **kwargs).arguments.items())[1:])
            return (node.stream if declared.is_stream else node.call)(declared, arguments)

        vars(ask)["operation"] = declared
        return cast(F, ask)

    return declare


class Operations(ABC):
    """Whoever carries operations out, or has them carried out: one place for all of them."""

    @abstractmethod
    async def call(self, operation: Operation, arguments: Arguments) -> Any: ...

    @abstractmethod
    def stream(self, operation: Operation, arguments: Arguments) -> AsyncIterator[Any]: ...

    def __init_subclass__(cls) -> None:
        for name in vars(cls):
            if any(_is_declared(getattr(base, name, None)) for base in cls.__mro__[1:]):
                raise TypeError(f"{cls.__name__}.{name} would hide an operation, which is carried out by `call` alone")


def operations_of(contract: type) -> dict[str, Operation]:
    """By name. Raises TypeError when two have the same method and path."""
    declared = [member.operation for base in contract.__mro__ for member in vars(base).values() if _is_declared(member)]
    by_route = {(one.method, one.route): one for one in declared}
    for one in declared:
        if by_route[one.method, one.route] is not one:
            raise TypeError(f"{one.name} and {by_route[one.method, one.route].name} are both {one.method} {one.path}")
    return {one.name: one for one in declared}


def signature_of(function: Callable[..., Any]) -> tuple[dict[str, Any], Any, bool]:
    """The types of its parameters by name, that of its answer, and whether it answers a stream of those."""
    hints = get_type_hints(function)
    answer = hints.pop("return")
    is_stream = get_origin(answer) is AsyncIterator
    answer = get_args(answer)[0] if is_stream else answer
    return hints, None if answer is NoneType else answer, is_stream


def _is_declared(member: Any) -> bool:
    return isinstance(getattr(member, "operation", None), Operation)


def _is_a(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)


def _blank(name: str) -> tuple[str, str]:
    parameter, _, field = name.partition(".")
    return parameter, field


def _segment(value: str) -> str:
    return value.replace(".", "%2E") if value in (".", "..") else quote(value, safe="")
