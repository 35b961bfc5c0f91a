"""Policy of passwords, addresses of sign-ons, service accounts; LDAP; from where somebody did something."""

import sqlalchemy as sa
from alembic import op

from hosted_engine.store.migrations.columns import add_columns

revision = "0022"
down_revision = "0023"


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
    op.create_table(
        "ldap_directories",
        sa.Column("id", sa.Text(), sa.ForeignKey("domains.id"), primary_key=True),
        sa.Column("schema", sa.Text(), nullable=False),
        sa.Column("servers", sa.Text(), nullable=False),
        sa.Column("tls", sa.Text(), nullable=False),
        sa.Column("authority_pem", sa.Text(), nullable=False),
        sa.Column("base_dn", sa.Text(), nullable=False),
        sa.Column("bind_dn", sa.Text(), nullable=False),
        sa.Column("bind_password", sa.Text(), nullable=False),
        sa.Column("timeout_s", sa.Double(), nullable=False),
    )
    add_columns("accounts", sa.Column("service", sa.Boolean(), nullable=False, server_default=sa.false()))
    for table in ("events", "tasks"):
        columns = [sa.Column(name, sa.Text(), nullable=False, server_default="") for name in ("address", "session_id")]
        add_columns(table, *columns, autoincrement=table == "events")
