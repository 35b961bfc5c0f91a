"""The page that documents the operations of a node, made from their declarations."""

import re
from typing import Any, get_args

from node.api.contract import NodeApi
from node.api.operation import Operation, operations_of
from node.api.version import API_VERSION, OLDEST_SPOKEN

HEAD = f"""\
# The operations of a node

HTTPS with certificates of the site on both sides, JSON. Version {API_VERSION} of the contract; nodes from version \
{OLDEST_SPOKEN} on are driven. Each
is safe to repeat. An answer above 399 is a `ProblemText` (`node/api/problems.py`).
"""
_MODULES = re.compile(r"(?:\w+\.)+(?=\w)")
COLUMNS = "| operation | request | body | answer | for | waited for | since | |\n|---|---|---|---|---|---|---|---|"


def page() -> str:
    """Markdown, a table for each subject."""
    return "\n".join([HEAD, *(_section(subject) for subject in NodeApi.__bases__)])


def _section(subject: type) -> str:
    rows = [_row(operation) for operation in operations_of(subject).values()]
    return "\n".join((f"## {subject.__doc__}\n", COLUMNS, *rows, ""))


def _row(operation: Operation) -> str:
    cells = (
        f"`{operation.name}`",
        f"`{operation.method} {operation.path}`",
        _type(operation.parameters[operation.body]) if operation.body else "",
        ("lines of " if operation.is_stream else "") + _type(operation.answer),
        ", ".join(sorted(operation.roles)) + (", or the claim code" if operation.unclaimed else ""),
        f"{operation.timeout_s:g} s",
        str(operation.since),
        " ".join(operation.summary.split()),
    )
    return f"| {' | '.join(cells)} |"


def _type(kind: Any) -> str:
    if kind is None:
        return ""
    name = kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
    return f"`{_MODULES.sub('', name)}`".replace("|", "or")
