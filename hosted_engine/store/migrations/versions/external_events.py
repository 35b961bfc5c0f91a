"""Events that clients add: who tells of one, under which number, how often, and what else."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("events", sa.Column("origin", sa.Text(), nullable=False, server_default="oVirt"))
    op.add_column("events", sa.Column("custom_id", sa.BigInteger(), nullable=False, server_default="-1"))
    op.add_column("events", sa.Column("flood_rate", sa.BigInteger(), nullable=False, server_default="30"))
    op.add_column("events", sa.Column("custom_data", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as events:
        for name in ("origin", "custom_id", "flood_rate", "custom_data"):
            events.alter_column(name, server_default=None)
        events.create_index(op.f("ix_events_origin_custom_id"), ["origin", "custom_id"])
