"""Where the paths of declarations lead, step by step, over the tables that there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from hosted_engine.engine.entity.record import Column
from hosted_engine.engine.entity.registry import record_of
from hosted_engine.engine.search.terms import Path, Step, parts_of


@dataclass(frozen=True, slots=True)
class Relation:
    """`steps` lead to objects of `table`; `aliases` as Path has them."""

    steps: tuple[Step, ...]
    table: str
    aliases: Mapping[str, str]


def lead(table: str, path: Path) -> Relation:
    """From `table` to where `path` ends. Raises TypeError where a step leads nowhere."""
    steps: list[Step] = []
    for text in path.steps:
        step = _step(table, text)
        steps.append(step)
        table = step.table
    return Relation(tuple(steps), table, path.aliases)


def _step(table: str, text: str) -> Step:
    above, name, to = parts_of(text)
    column = column_of(above or table, name)
    tables = column.reference.tables if column.reference else ()
    if above is not None:
        if tables and table not in tables:
            raise TypeError(f"{above}.{name} names no {table}")
        return Step(above, name, back=True)
    if to is not None and tables and to not in tables:
        raise TypeError(f"{table}.{name} names no {to}")
    if to is None and len(tables) != 1:
        raise TypeError(f"{table}.{name} does not say where it leads to")
    return Step(to or tables[0], name)


def column_of(table: str, name: str) -> Column:
    """Raises TypeError."""
    column = record_of(table).columns.get(name)
    if column is None:
        raise TypeError(f"{table} has no field {name}, which a search names")
    return column
