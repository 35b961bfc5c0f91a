"""Where the memory of a suspended VM is."""

import sqlalchemy as sa

from hosted_engine.store.migrations.columns import add_columns

revision = "0013"
down_revision = "0017"


def upgrade() -> None:
    add_columns("vms", sa.Column("saved_memory", sa.Text()))
