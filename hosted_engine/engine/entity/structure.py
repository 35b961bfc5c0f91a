"""The members of a `Structure`: how a body's come into what is there, and how they are shown."""

from collections.abc import Mapping
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from hosted_engine.engine.secrets import Secret, Secrets
from node.api.problems import Failed

S = TypeVar("S", bound=msgspec.Struct)

HIDDEN = "******"
"""What stands for a secret that is there, as in oVirt: who sends it back says nothing new."""


def members(of: type[Any]) -> Mapping[str, Any]:
    """The type of each in a body, by its name on the wire: a secret is a text there."""
    hints = get_type_hints(of)
    names = zip(of.__struct_encode_fields__, of.__struct_fields__, strict=True)
    return {wire: str if is_secret(hints[name]) else hints[name] for wire, name in names}


def is_secret(hint: Any) -> bool:
    return Secret in {kind for kind in (get_args(hint) or (hint,)) if kind is not NoneType}


def merged(secrets: Secrets, of: type[S], before: S | None, given: Mapping[str, Any] | None) -> S | None:
    """`before` with the members that are given; None where none says anything. A secret that is empty is none."""
    if given is None:
        return None
    hints = get_type_hints(of)
    changed = {}
    for name, value in given.items():
        if not is_secret(hints[name]):
            changed[name] = value
        elif value != HIDDEN:
            changed[name] = secrets.seal(value) if value else None
    item = msgspec.structs.replace(before or of(), **changed)
    return None if item == of() else item


def readable(secrets: Secrets, item: S) -> S:
    """Without the secrets that other keys have sealed: it comes from another engine."""
    lost = {name: None for name in item.__struct_fields__ if _is_lost(secrets, getattr(item, name))}
    return msgspec.structs.replace(item, **lost)


def _is_lost(secrets: Secrets, value: Any) -> bool:
    if not isinstance(value, Secret):
        return False
    try:
        secrets.reveal(value)
    except Failed:
        return True
    return False


def shown(item: msgspec.Struct) -> dict[str, Any]:
    """Its members as they travel, without those that say nothing, and with nothing of its secrets."""
    hints = get_type_hints(type(item))
    plain: dict[str, Any] = msgspec.to_builtins(item)
    names = dict(zip(item.__struct_encode_fields__, item.__struct_fields__, strict=True))
    found = {wire: HIDDEN if is_secret(hints[names[wire]]) else value for wire, value in plain.items()}
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}
