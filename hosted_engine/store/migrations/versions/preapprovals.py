"""Join codes and serial numbers that were approved beforehand."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "node_preapprovals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("cluster_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("used_at", sa.Double(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["clusters.id"], name=op.f("fk_node_preapprovals_cluster_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_preapprovals")),
    )
    op.create_index(op.f("ix_node_preapprovals_cluster_id"), "node_preapprovals", ["cluster_id"])
    op.create_index(op.f("ix_node_preapprovals_kind_value"), "node_preapprovals", ["kind", "value"])
