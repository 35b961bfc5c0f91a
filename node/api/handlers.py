"""Who carries the operations out: objects, each with methods of the names of those that are its subject."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from node.api.contract import OPERATIONS
from node.api.operation import signature_of

Handlers = Mapping[str, Callable[..., Any]]


def check_parts(parts: Iterable[type]) -> None:
    """Raises TypeError unless each operation is a method of one of `parts`, with the same parameters and answer."""
    owners: dict[str, list[type]] = defaultdict(list)
    for part in parts:
        for name in OPERATIONS.keys() & set(dir(part)):
            owners[name].append(part)
    for name, operation in OPERATIONS.items():
        if len(owners[name]) != 1:
            found = " and ".join(part.__name__ for part in owners[name]) or "nobody"
            raise TypeError(f"{name} is carried out by {found}")
        (part,) = owners[name]
        found_signature = signature_of(getattr(part, name))
        if found_signature != (operation.parameters, operation.answer, operation.is_stream):
            raise TypeError(f"{part.__name__}.{name} is not the operation: it has {found_signature}")


def handlers_of(parts: Sequence[object]) -> Handlers:
    """The methods by the operations' names."""
    check_parts(type(part) for part in parts)
    return {name: getattr(part, name) for part in parts for name in OPERATIONS.keys() & set(dir(type(part)))}
