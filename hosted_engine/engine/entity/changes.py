"""What differs between two states of an object, as a task's inputs keep it over a crash."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def changes(before: Any, after: Any) -> dict[str, Any]:
    """The fields that differ, as JSON has them."""
    was, now = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return {name: value for name, value in now.items() if value != was[name]}


def changed(item: T, changes: dict[str, Any]) -> T:
    return msgspec.convert(msgspec.to_builtins(item) | changes, type(item))
