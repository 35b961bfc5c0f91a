"""Texts that nobody may read again: passwords, private keys, scripts with both in them.

A secret is sealed as soon as it is read from a request, and opened where it is handed on. Whatever is made of it in
between – a row, a task's inputs, a log – holds what the store's key has made of it.
"""

from typing import Protocol

import msgspec


class Secret(msgspec.Struct, frozen=True):
    """Any type that is stored as JSON may hold one."""

    sealed: str

    def __repr__(self) -> str:
        return "Secret(…)"


FORGOTTEN = Secret("")
"""What stands where one is needed no more."""


class Secrets(Protocol):
    """The key of the store."""

    def seal(self, text: str) -> Secret: ...

    def reveal(self, secret: Secret) -> str:
        """Raises Failed where the key is not the one that it was sealed with, and of one that is forgotten."""


def without_secrets(value: object) -> object:
    """What builtins of JSON hold, with every secret in them forgotten."""
    if isinstance(value, dict):
        if set(value) == {"sealed"}:
            return msgspec.to_builtins(FORGOTTEN)
        return {name: without_secrets(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(inner) for inner in value]
    return value
