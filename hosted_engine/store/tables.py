"""The tables, made of the declarations: a column for each field; what has to be unique is unique here as well."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import Column as SqlColumn
from sqlalchemy.types import TypeEngine

from hosted_engine.engine.entities import STORED
from hosted_engine.engine.entity.record import Column, Record

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table_of(record: Record[Any], metadata: MetaData) -> Table:
    """A number as `id` is counted up by the database, and never given twice."""
    return Table(
        record.table,
        metadata,
        *(_column(column) for column in record.columns.values()),
        *(UniqueConstraint(*names) for names in record.unique),
        *(Index(None, *names) for names in record.indexes),
        sqlite_autoincrement=record.columns["id"].type is int,
    )


def _column(column: Column) -> SqlColumn[Any]:
    key = column.name == "id"
    reference = column.reference
    strict = (ForeignKey(f"{reference.to}.id"),) if reference and reference.strict else ()
    indexed = column.field.index or (bool(strict) and not key)
    if key and column.type is int:
        return SqlColumn("id", Integer, primary_key=True, autoincrement=True)
    return SqlColumn(
        column.name, _type(column.type), *strict, primary_key=key, nullable=column.optional, index=indexed or None
    )


def _type(kind: Any) -> TypeEngine[Any]:
    """What SQL has no type for lies there as JSON (`hosted_engine.store.mapping`)."""
    if isinstance(kind, type) and issubclass(kind, StrEnum | str):
        return Text()
    if kind is bool:
        return Boolean()
    if kind is int:
        return BigInteger()
    return Double() if kind is float else Text()


TABLES: dict[type[Any], Table] = {r.model: table_of(r, metadata) for r in STORED}
