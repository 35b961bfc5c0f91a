"""Which permit each operation of the API asks for, as oVirt has it; checked nowhere yet.

Form of permits.json (written by ci/permits.py): "Service.method" -> ["PERMIT Object" …], the permit that the operation
is known by first; the object is oVirt's word for what it has to be held on. An empty list: the operation only asks.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

READS = frozenset({"get", "list"})  # free: what somebody sees follows from what he may do with each object


@dataclass(frozen=True, slots=True)
class Check:
    """`object` is empty where the operation's own object is meant."""

    permit: str
    object: str = ""


def permit_of(service: str, method: str) -> str | None:
    """None: free. Raises KeyError for an operation of which nothing is known."""
    checks = checks_of(service, method)
    return checks[0].permit if checks else None


def checks_of(service: str, method: str) -> tuple[Check, ...]:
    """All of which hold, some only where the request says something that they are about. Raises KeyError."""
    return () if method in READS else _table()[f"{service}.{method}"]


@cache
def _table() -> Mapping[str, tuple[Check, ...]]:
    told: dict[str, list[str]] = json.loads(Path(__file__).with_name("permits.json").read_text())
    return {operation: tuple(Check(*check.split()) for check in checks) for operation, checks in told.items()}
