"""Repositories over one open transaction."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from hosted_engine.engine.entity.record import Model
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.search.question import Question
from hosted_engine.store.mapping import Mapper, plain
from hosted_engine.store.search import Compiler
from node.api.problems import Refused

T = TypeVar("T", bound=Model)

Asked = tuple[tuple[str, str], ...]  # names of columns, each with how it is compared

CHUNK = 500  # of ids in one query


class Clash(Refused):
    """The database itself said no; a check before it should have, so this is the net under it."""

    what = "Cannot store {kind} {id}"
    why = "it clashes with something that is there, or names something that is not ({reason})"
    mend = "Look at what is there and try again"


class Statements:
    """The statements of one table that differ in their values alone: to build one takes as long as to run it."""

    def __init__(self, mapper: Mapper[Any], order: tuple[str, ...]) -> None:
        table = mapper.table
        # Numbers that the column cannot hold are asked for, too: nothing has them.
        number = isinstance(table.c.id.type, Integer)
        own = table.c.id == (bindparam("_id", type_=BigInteger()) if number else bindparam("_id"))
        self.select = select(*mapper.columns)
        self.get = self.select.where(own)
        self.insert = insert(table)
        self.update = update(table).where(own)
        self.delete = delete(table).where(own)
        self._columns = table.columns
        self.order = tuple(_ordered(table, name) for name in order)
        self.list = cache(self._list)
        self.ids = cache(self._ids)
        self.count = cache(self._count)

    def _list(self, asked: Asked) -> Select[Any]:
        return self.where(self.select, asked).order_by(*self.order)

    def _ids(self, asked: Asked) -> Select[Any]:
        return self.where(select(self._columns["id"]), asked)

    def _count(self, asked: Asked) -> Select[Any]:
        return self.where(select(func.count(self._columns["id"])), asked)

    def where(self, query: Select[Any], asked: Asked) -> Select[Any]:
        """The rows whose columns are as the parameters of their names say: one value, one of several, or none."""
        return query.where(*(self._condition(name, how) for name, how in asked))

    def _condition(self, name: str, how: str) -> ColumnElement[bool]:
        column = self._columns[name]
        if how == "none":
            return column.is_(None)
        if how == "several":
            return column.in_(bindparam(name, expanding=True))
        return column == bindparam(name)


statements = cache(Statements)


def _ordered(table: Table, name: str) -> ColumnElement[Any]:
    """Nothing comes first, on every database."""
    column = table.columns[name.removeprefix("-")]
    if name.startswith("-"):
        return column.desc().nulls_last() if column.nullable else column.desc()
    return column.asc().nulls_first() if column.nullable else column.asc()


class SqlRepository(Generic[T]):
    """`order` names the columns by which lists are ordered, as Record has them."""

    def __init__(self, connection: Connection, mapper: Mapper[T], order: tuple[str, ...], compiler: Compiler) -> None:
        self._connection = connection
        self._mapper = mapper
        self._table = mapper.table
        self._compiler = compiler
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
                found[item.id] = item
        return found

    def list(self, **equal: object) -> Sequence[T]:
        return [self._mapper.from_row(row) for row in self._execute(self._statements.list, equal)]

    def search(self, question: Question) -> Sequence[T]:
        query = self._compiler.select(self._table, self._mapper.columns, question)
        return [self._mapper.from_row(row) for row in self._connection.execute(query)]

    def ids(self, **equal: object) -> Sequence[Any]:
        return list(self._execute(self._statements.ids, equal).scalars())

    def count(self, **equal: object) -> int:
        return int(self._execute(self._statements.count, equal).scalar_one())

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

    def _execute(self, statement: Callable[[Asked], Select[Any]], equal: Mapping[str, object]) -> Any:
        asked = tuple((name, _how(value)) for name, value in equal.items())
        given = {name: _parameter(value) for name, value in equal.items() if value is not None}
        return self._connection.execute(statement(asked), given)

    def _select(self) -> Select[Any]:
        return self._statements.select


def _how(value: object) -> str:
    if value is None:
        return "none"
    return "several" if isinstance(value, list | tuple | set | frozenset) else "one"


def _parameter(value: object) -> object:
    return [plain(member) for member in value] if isinstance(value, list | tuple | set | frozenset) else plain(value)


class SqlEventLog(SqlRepository[Event]):
    """Events get their number from the database."""

    def add(self, event: Event) -> Event:  # type: ignore[override]  # the database gives its id
        row = self._mapper.to_row(event)
        del row["id"]
        key = self._connection.execute(self._statements.insert, row).inserted_primary_key
        assert key is not None
        return replace(event, id=key[0])

    def list(self, *, after: int = 0, limit: int | None = None, **equal: object) -> Sequence[Event]:  # type: ignore[override]  # newest first
        newest = self._select().where(self._table.c.id > after).order_by(self._table.c.id.desc()).limit(limit)
        rows = self._execute(lambda asked: self._statements.where(newest, asked), equal)
        return [self._mapper.from_row(row) for row in rows]

    def forget(self, before: float) -> None:
        self._connection.execute(delete(self._table).where(self._table.c.at < before))
