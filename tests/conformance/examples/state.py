"""What an oracle looks at: rows of the engine's database and VMs and images of the nodes, read beside the API."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
_HISTORY = frozenset(
    {
        *("events", "jobs", "job_steps", "tasks", "journal_lines", "sessions", "alembic_version", "sqlite_sequence"),
        *("seen_links", "seen_storage"),  # what nodes said last, whatever a client does
        "sign_on_addresses",  # each run signs on
    }
)
_MEASURED = {"disks": {"actual_size_bytes"}, "storage_domains": {"size_bytes", "free_bytes", "status"}}


class Differs(Exception):
    """The state is not as the example should have left it; the text says in what."""


@dataclass(frozen=True)
class NodeState:
    """Of one node: its certificate of the site, its VMs by id (`state`, `spec` as it was told, the `ticket` that
    opens its screen, `addresses` that its guest says), images by (disk id, image id), its load, what it has open for
    transfer, and what it has mounted by the ids of storage domains, with the OVFs of VMs and templates on it."""

    certificate: str = ""
    vms: Mapping[str, Row] = field(default_factory=dict)
    images: Mapping[tuple[str, str], Row] = field(default_factory=dict)
    statistics: Row = field(default_factory=dict)
    transfers: Sequence[str] = ()
    mounts: Mapping[str, str] = field(default_factory=dict)
    ovfs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """At one moment. Names of tables and columns are the database's; columns that hold JSON are read."""

    tables: Mapping[str, Sequence[Row]]
    nodes: Mapping[str, NodeState]

    def rows(self, table: str, **equal: object) -> list[Row]:
        if table not in self.tables:
            raise Differs(f"the database has no table {table}")
        found = [row for row in self.tables[table] if all(column(row, name) == value for name, value in equal.items())]
        return sorted(found, key=lambda row: str(row.get("id", "")))

    def changed_since(self, before: "State") -> str | None:
        """A table that is no history and whose rows differ, in more than what nodes measure."""
        return next((name for name in before.lasting() if before.lasting_rows(name) != self.lasting_rows(name)), None)

    def lasting_rows(self, table: str) -> list[Row]:
        """Its rows without what nodes measure."""
        measured = _MEASURED.get(table, set())
        return [{name: value for name, value in row.items() if name not in measured} for row in self.rows(table)]

    def lasting(self) -> list[str]:
        """The tables that are no history."""
        return [name for name in self.tables if name not in _HISTORY]

    def one(self, table: str, name: str | None = None, **equal: object) -> Row:
        wanted = {**equal, **({} if name is None else {"name": name})}
        found = self.rows(table, **wanted)
        if len(found) != 1:
            raise Differs(f"{len(found)} of {table} have {wanted}, not one")
        return found[0]

    def linked(self, first: str, second: str) -> bool:
        """Whether a row that is no history names both ids, as one of a table of links does."""
        rows = (row for name, table in self.tables.items() if name not in _HISTORY for row in table)
        return any({first, second} <= set(_texts(row)) for row in rows)

    def ovfs(self, domain_id: str) -> Mapping[str, str]:
        """By the ids of VMs and templates."""
        return next((node.ovfs[domain_id] for node in self.nodes.values() if domain_id in node.ovfs), {})

    def vms_running(self) -> dict[str, tuple[str, Row]]:
        """By id: the node on which each VM is up, and its spec."""
        return {
            id: (name, vm["spec"])
            for name, node in self.nodes.items()
            for id, vm in node.vms.items()
            if vm["state"] not in ("down", "unknown")
        }

    def images(self) -> dict[tuple[str, str], Row]:
        return {key: image for node in self.nodes.values() for key, image in node.images.items()}

    def of_another_site(self) -> "State":
        """The same shape with other names, ids, texts and numbers, and a row more in each table: what was read from
        this state does not fit it."""
        tables = {
            name: [*map(_altered, rows), *map(_altered, map(_altered, rows))] for name, rows in self.tables.items()
        }
        nodes = {name: replace(node, statistics=_altered(node.statistics)) for name, node in self.nodes.items()}
        return State(tables, nodes)


def column(row: Row, name: str) -> Any:
    if name not in row:
        raise Differs(f"the database has no column {name} beside {', '.join(sorted(row))}")
    return row[name]


def read_database(file: Path) -> dict[str, list[Row]]:
    """Every table of an SQLite database."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: [_decoded(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in names}
    connection.close()
    return tables


def _decoded(row: sqlite3.Row) -> Row:
    return {name: _read(row[name]) for name in row.keys()}  # noqa: SIM118 - a row iterates over its values


def _read(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for member in value.values():
                yield from _texts(member)
        case list():
            for member in value:
                yield from _texts(member)


def _altered(row: Row) -> Row:
    return {name: _other(value) for name, value in row.items()}


def _other(value: Any) -> Any:
    match value:
        case bool() | None:
            return value
        case str():
            return f"{value}-other"
        case int() | float():
            return value + 1
    return value
