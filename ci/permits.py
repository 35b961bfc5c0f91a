"""Makes the committed table of the permits that the API's operations ask for from oVirt's own.

    python -m ci.permits operations_permits.json

Writes hosted_engine/engine/permits/permits.json (read by hosted_engine.engine.permits.table, which documents the form).
The input is not in the tree: it comes out of the engine's commands and of the resources of its API.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ci.schema import ROOT, snake
from hosted_engine.rest.schema import schema

TARGET = ROOT / "engine" / "permits" / "permits.json"
READS_ONLY = "query only"


def table(operations: Mapping[str, Mapping[str, Any]], there: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """`there` are the operations of the API; oVirt's names of others, of abstract services, are left out."""
    for name, said in operations.items():
        service, _, method = name.partition(".")
        operation = f"{service}.{snake(method)}"
        if operation in there and ("checks" in said or said.get("note") == READS_ONLY):
            yield operation, checks(said)


def checks(said: Mapping[str, Any]) -> list[str]:
    """The permit that the operation is known by comes first."""
    found = [f"{check['permit']} {check['object'] or ''}".strip() for check in said.get("checks", ())]
    main = said.get("permit") or (found[0].split()[0] if found else "")
    return sorted(dict.fromkeys(found), key=lambda check: check.split()[0] != main)


def main() -> None:
    operations = json.loads(Path(sys.argv[1]).read_text())["operations"]
    there = frozenset(f"{service}.{method.name}" for _, method, service in schema().routes())
    lines = [f"{json.dumps(name)}: {json.dumps(found)}" for name, found in sorted(table(operations, there))]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
