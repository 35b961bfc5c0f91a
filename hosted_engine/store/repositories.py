"""Repositories over one open transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hosted_engine.engine.events.model import Event
from hosted_engine.store.mapping import Mapper, plain
from node.api.problems import Refused

T = TypeVar("T")

CHUNK = 500  # of ids in one query


class Clash(Refused):
    """The database itself said no; a check before it should have, so this is the net under it."""

    what = "Cannot store {kind} {id}"
    why = "it clashes with something that is there, or names something that is not ({reason})"
    mend = "Look at what is there and try again"


class Statements:
    """The statements of one table that differ in their values alone: to build one takes as long as to run it."""

    def __init__(self, mapper: Mapper[Any], order: str) -> None:
        table = mapper.table
        own = table.c.id == bindparam("_id")
        self.select = select(*mapper.columns)
        self.get = self.select.where(own)
        self.insert = insert(table)
        self.update = update(table).where(own)
        self.delete = delete(table).where(own)
        self._columns = table.columns
        self._order = table.columns[order]
        self._lists: dict[tuple[str, ...], Select[Any]] = {}

    def list(self, names: tuple[str, ...]) -> Select[Any]:
        """All rows in order whose columns `names` equal the parameters of these names."""
        if names not in self._lists:
            equal = (self._columns[name] == bindparam(name) for name in names)
            self._lists[names] = self.select.where(*equal).order_by(self._order)
        return self._lists[names]


statements = cache(Statements)


class SqlRepository(Generic[T]):
    """`order` names the column by which lists are ordered."""

    def __init__(self, connection: Connection, mapper: Mapper[T], order: str) -> None:
        self._connection = connection
        self._mapper = mapper
        self._table = mapper.table
        self._order = mapper.table.columns[order]
        self._statements = statements(mapper, order)

    def get(self, id: str | int) -> T | None:
        row = self._connection.execute(self._statements.get, {"_id": id}).first()
        return None if row is None else self._mapper.from_row(row)

    def find(self, ids: Collection[str]) -> Mapping[str, T]:
        wanted, found = list(dict.fromkeys(ids)), {}
        for start in range(0, len(wanted), CHUNK):
            query = self._select().where(self._table.c.id.in_(wanted[start : start + CHUNK]))
            for row in self._connection.execute(query):
                item = self._mapper.from_row(row)
                found[item.id] = item  # type: ignore[attr-defined]
        return found

    def list(self, **equal: object) -> Sequence[T]:
        if all(isinstance(value, str | int) for value in equal.values()):
            query = self._statements.list(tuple(equal))
            rows = self._connection.execute(query, {name: plain(value) for name, value in equal.items()})
        else:
            rows = self._connection.execute(self._select().where(*self._conditions(equal)).order_by(self._order))
        return [self._mapper.from_row(row) for row in rows]

    def count(self, **equal: object) -> int:
        query = select(func.count()).select_from(self._table).where(*self._conditions(equal))
        return int(self._connection.execute(query).scalar_one())

    def add(self, item: T) -> None:
        self._write(self._statements.insert, self._mapper.to_row(item))

    def add_all(self, items: Sequence[T]) -> None:
        if items:
            self._connection.execute(self._statements.insert, [self._mapper.to_row(item) for item in items])

    def update(self, item: T) -> None:
        row = self._mapper.to_row(item)
        row["_id"] = row.pop("id")
        self._write(self._statements.update, row)

    def remove(self, id: str | int) -> None:
        self._write(self._statements.delete, {"_id": id})

    def _write(self, statement: Any, row: dict[str, Any]) -> None:
        try:
            self._connection.execute(statement, row)
        except IntegrityError as err:
            raise Clash(kind=self._table.name, id=row.get("id", row.get("_id")), reason=err.orig) from err

    def _select(self) -> Select[Any]:
        return self._statements.select

    def _conditions(self, equal: Mapping[str, object]) -> tuple[ColumnElement[bool], ...]:
        return tuple(self._condition(name, value) for name, value in equal.items())

    def _condition(self, name: str, value: object) -> ColumnElement[bool]:
        column: Any = self._table.columns[name]
        if isinstance(value, list | tuple | set | frozenset):
            return column.in_([plain(member) for member in value])  # type: ignore[no-any-return]
        return column == plain(value)  # type: ignore[no-any-return]


class SqlEventLog(SqlRepository[Event]):
    """Events get their number from the database."""

    def add(self, event: Event) -> Event:  # type: ignore[override]
        row = self._mapper.to_row(event)
        del row["id"]
        key = self._connection.execute(self._statements.insert, row).inserted_primary_key
        assert key is not None
        return replace(event, id=key[0])

    def list(self, *, after: int = 0, limit: int | None = None, **equal: object) -> Sequence[Event]:  # type: ignore[override]
        query = self._select().where(self._table.c.id > after, *self._conditions(equal))
        rows = self._connection.execute(query.order_by(self._table.c.id.desc()).limit(limit))
        return [self._mapper.from_row(row) for row in rows]

    def forget(self, before: float) -> None:
        self._connection.execute(delete(self._table).where(self._table.c.at < before))
