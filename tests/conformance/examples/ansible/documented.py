"""Reads the documented tasks out of the collection's modules."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_MODULES = "ansible_collections/ovirt/ovirt/plugins/modules"
_COLLECTION = "ovirt.ovirt."


@dataclass(frozen=True)
class Documented:
    """`name` is the documenting module and the number of the task there, `arguments` as they are written."""

    name: str
    module: str
    arguments: dict[str, Any]


def documented_tasks(collections: Path) -> dict[str, Documented]:
    """By name; tasks of other collections (debug, copy) are no tasks of these modules."""
    found: dict[str, Documented] = {}
    for file in sorted((collections / _MODULES).glob("ovirt_*.py")):
        for number, task in _numbered(_examples(file)):
            for key, arguments in task.items():
                if key.startswith(_COLLECTION):
                    name = f"{file.stem}/{number}"
                    found[name] = Documented(name, key.removeprefix(_COLLECTION), dict(arguments or {}))
    return found


def _examples(file: Path) -> list[dict[str, Any]]:
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return yaml.safe_load(ast.literal_eval(node.value)) or []
    return []


def _numbered(tasks: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tasks within a block are 3.0, 3.1, …."""
    for number, task in enumerate(tasks):
        inner = [*task.get("block", ()), *task.get("always", ())]
        if not inner:
            yield str(number), task
        for part, one in enumerate(inner):
            yield f"{number}.{part}", one
