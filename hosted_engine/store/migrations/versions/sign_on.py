"""Policy of passwords, addresses of sign-ons, service accounts; from where somebody did something."""

import sqlalchemy as sa
from alembic import op

from hosted_engine.store.migrations.columns import add_columns

revision = "0022"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "password_policies",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("min_length", sa.BigInteger(), nullable=False),
        sa.Column("history", sa.BigInteger(), nullable=False),
        sa.Column("valid_days", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "sign_on_addresses",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("login", sa.Text(), nullable=False, index=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failed_at", sa.Double(), nullable=False),
        sa.Column("succeeded_at", sa.Double()),
    )
    add_columns("accounts", sa.Column("service", sa.Boolean(), nullable=False, server_default=sa.false()))
    for table in ("events", "tasks"):
        columns = [sa.Column(name, sa.Text(), nullable=False, server_default="") for name in ("address", "session_id")]
        add_columns(table, *columns, autoincrement=table == "events")
