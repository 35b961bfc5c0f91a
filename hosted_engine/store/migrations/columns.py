"""Adds columns to a table that has rows: filled, and then as a new table would have them, without a default."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def add_columns(table: str, *columns: sa.Column[Any], autoincrement: bool = False) -> None:
    """The `server_default` of each column is what the rows that are there get. `autoincrement` is said of a table whose
    ids are counted: SQLite, where it is made anew, would forget it."""
    for column in columns:
        op.add_column(table, column)
    with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": autoincrement}) as batch:
        for column in columns:
            batch.alter_column(column.name, server_default=None)
