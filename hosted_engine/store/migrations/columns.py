"""Adds columns to a table that has rows: filled, and then as a new table would have them, without a default."""

import sqlalchemy as sa
from alembic import op


def add_columns(table: str, *columns: sa.Column[object]) -> None:
    """The `server_default` of each column is what the rows that are there get."""
    for column in columns:
        op.add_column(table, column)
    with op.batch_alter_table(table) as batch:
        for column in columns:
            batch.alter_column(column.name, server_default=None)
