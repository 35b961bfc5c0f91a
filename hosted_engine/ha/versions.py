"""Whether a host runs an older Trivet than another one that lives, and so is out of date. Pure."""

import re
from collections.abc import Iterable

_NUMBERS = re.compile("[0-9]+", re.ASCII)


def why_outdated(own: str, others: Iterable[tuple[str, str]]) -> str:
    """`others`: name and version of hosts that write. Nothing where this host is as new as any, or nobody can say."""
    known = [(numbers(version), name, version) for name, version in others if numbers(version)]
    if not known or not numbers(own):
        return ""
    newest, name, version = max(known)
    return f"it runs Trivet {own}, {name} runs {version}" if newest > numbers(own) else ""


def numbers(version: str) -> tuple[int, ...]:
    """For comparing; empty where it says nothing. What follows a `+` is a build, not a version."""
    return tuple(int(part) for part in _NUMBERS.findall(version.partition("+")[0]))
