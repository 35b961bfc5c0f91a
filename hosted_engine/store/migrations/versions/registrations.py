"""Machines that ask to be nodes: hosts without a number yet, whose name and address may be those of others."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("nodes", sa.Column("fingerprint", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("nodes") as batch:
        batch.alter_column("fingerprint", server_default=None)
        batch.alter_column("host_id", existing_type=sa.BigInteger(), nullable=True)
        batch.drop_constraint("uq_nodes_address_port", type_="unique")
    op.create_table(
        "node_registrations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("request_pem", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("nic", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=True),
        sa.Column("dns", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("certificate_pem", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_registrations")),
    )
    with op.batch_alter_table("node_registrations", schema=None) as batch:
        batch.create_index(batch.f("ix_node_registrations_state"), ["state"], unique=False)
