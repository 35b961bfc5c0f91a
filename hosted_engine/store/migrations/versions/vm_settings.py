"""What more a VM can be told."""

import sqlalchemy as sa

from hosted_engine.store.migrations.columns import add_columns

revision = "0007"
down_revision = "0004"


def upgrade() -> None:
    add_columns(
        "vms",
        sa.Column("affinity", sa.Text(), nullable=False, server_default="migratable"),
        sa.Column("host_ids", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("next_run", sa.Text(), nullable=False, server_default="{}"),
    )
