"""The store: SQLite in a file or PostgreSQL by URL, one transaction at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from hosted_engine.engine.entities import ENTITIES
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.records import RECORDS
from hosted_engine.store.mapping import Mapper
from hosted_engine.store.migrate import bring_up_to_date
from hosted_engine.store.repositories import SqlEventLog, SqlRepository
from hosted_engine.store.tables import TABLES
from node.api.problems import Failed

T = TypeVar("T")

MAPPERS: dict[type[Any], Mapper[Any]] = {r.model: Mapper(r.model, TABLES[r.model]) for r in (*RECORDS, *ENTITIES)}
_ORDER = {record.model: record.order for record in (*RECORDS, *ENTITIES)}


class StoreUnreachable(Failed):
    what = "Cannot open the database"
    why = "{reason}"
    mend = "Look whether its folder or its server is there, and who may use it"


class SqlTransaction(Transaction):
    """One connection's; a repository is made when it is asked for first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._made: dict[type[Any], SqlRepository[Any]] = {}

    def of(self, model: type[T]) -> SqlRepository[T]:
        if model not in self._made:
            self._made[model] = SqlRepository(self._connection, MAPPERS[model], _ORDER[model])
        return self._made[model]

    @cached_property
    def events(self) -> SqlEventLog:
        return SqlEventLog(self._connection, MAPPERS[Event], "id")


class SqlStore:
    """Implements hosted_engine.engine.ports.Store. Brings the tables to the newest form when it is opened."""

    def __init__(self, url: str) -> None:
        """`url` is SQLAlchemy's, for example `sqlite:////var/lib/trivet-engine/engine.db`."""
        self._engine = _connect(url)
        try:
            bring_up_to_date(self._engine)
        except OperationalError as err:
            raise StoreUnreachable(reason=str(err.orig).strip()) from err

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._engine.begin() as connection:
            yield SqlTransaction(connection)

    def close(self) -> None:
        self._engine.dispose()


def _connect(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)  # its server may have been restarted in between
    in_memory = url == "sqlite://"  # then the one connection is the database
    engine = create_engine(url, poolclass=StaticPool) if in_memory else create_engine(url)
    event.listen(engine, "connect", _set_up_sqlite)
    # Whoever reads first and writes then would be turned away at once when another process wrote in between.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    """What is committed survives a power cut (synchronous=FULL); transactions are ours to begin, not the driver's."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
