"""The store: SQLite in a file or PostgreSQL by URL, one transaction at a time."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Text, create_engine, event, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from hosted_engine.engine.entities import STORED
from hosted_engine.engine.entity.record import Model
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.secrets import Secrets
from hosted_engine.store.dialects import Sqlite, dialect_of
from hosted_engine.store.mapping import Mapper
from hosted_engine.store.migrate import bring_up_to_date
from hosted_engine.store.repositories import SqlEventLog, SqlRepository
from hosted_engine.store.search import Compiler
from hosted_engine.store.tables import TABLES
from node.api.problems import Failed

M = TypeVar("M", bound=Model)
T = TypeVar("T")

IN_MEMORY = "sqlite://"  # the one connection is the database
_READING = {"reading": True}
READERS = 8  # transactions that only read, beside each other
MAPPERS: dict[type[Any], Mapper[Any]] = {r.model: Mapper(r.model, TABLES[r.model]) for r in STORED}
_TABLES = {table.name: table for table in TABLES.values()}
_ORDER = {record.model: record.order for record in STORED}


class StoreUnreachable(Failed):
    what = "Cannot open the database"
    why = "{reason}"
    mend = "Look whether its folder or its server is there, and who may use it"


class WithoutKeys(Failed):
    what = "Cannot keep a secret"
    why = "the database was opened without the engine's keys"
    mend = "Do it through the engine's API"


class SqlTransaction(Transaction):
    """One connection's; a repository is made when it is asked for first."""

    def __init__(self, connection: Connection, compiler: Compiler, secrets: Secrets | None) -> None:
        self._connection = connection
        self._compiler = compiler
        self._secrets = secrets
        self._made: dict[type[Any], SqlRepository[Any]] = {}

    def of(self, model: type[M]) -> SqlRepository[M]:
        if model not in self._made:
            self._made[model] = SqlRepository(self._connection, MAPPERS[model], _ORDER[model], self._compiler)
        return self._made[model]

    @property
    def secrets(self) -> Secrets:
        if self._secrets is None:
            raise WithoutKeys
        return self._secrets

    @cached_property
    def events(self) -> SqlEventLog:
        return SqlEventLog(self._connection, MAPPERS[Event], ("id",), self._compiler)


class SqlStore:
    """Implements hosted_engine.engine.ports.Store. Brings the tables to the newest form when it is opened."""

    def __init__(self, url: str, secrets: Secrets | None = None) -> None:
        """`url` is SQLAlchemy's, for example `sqlite:////var/lib/trivet-engine/engine.db`. Whoever reads or writes
        secrets opens it with their keys."""
        self._engine = _connect(url)
        self._secrets = secrets
        # A database in memory is one connection: nobody can be beside another there.
        self._readers = None if url == IN_MEMORY else ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._compiler = Compiler(_TABLES, dialect_of(self._engine.dialect.name))
        try:
            bring_up_to_date(self._engine)
        except OperationalError as err:
            raise StoreUnreachable(reason=str(err.orig).strip()) from err

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._engine.begin() as connection:
            yield SqlTransaction(connection, self._compiler, self._secrets)

    async def read(self, query: Callable[[Transaction], T]) -> T:
        if self._readers is None:
            return self._read(query)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    def _read(self, query: Callable[[Transaction], T]) -> T:
        with self._engine.connect() as connection, connection.execution_options(**_READING).begin():
            return query(SqlTransaction(connection, self._compiler, self._secrets))

    def reseal(self, resealed: Callable[[str], str], marked: str) -> None:
        """Every text that has `marked` in it becomes what `resealed` answers, all at once."""
        with self._engine.begin() as connection:
            for table in TABLES.values():
                for column in table.columns:
                    if not isinstance(column.type, Text) or column.primary_key:
                        continue
                    found = connection.execute(select(table.c.id, column).where(column.contains(marked))).all()
                    for id_, text in found:
                        changed = {column.name: resealed(text)}
                        connection.execute(update(table).where(table.c.id == id_).values(changed))

    def close(self) -> None:
        if self._readers is not None:
            self._readers.shutdown()
        self._engine.dispose()


def _connect(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)  # its server may have been restarted in between
    engine = create_engine(url, poolclass=StaticPool) if url == IN_MEMORY else create_engine(url)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Whoever reads first and writes then would be turned away at once where another process wrote in between."""
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _set_up_sqlite(connection: Any, _: object) -> None:
    """What is committed survives a power cut (synchronous=FULL); transactions are ours to begin, not the driver's."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
    Sqlite.register(connection)
