"""Pools of VMs, and to which a VM belongs."""

import sqlalchemy as sa
from alembic import op

from hosted_engine.store.migrations.columns import add_columns

revision = "0021"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "vm_pools",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("cluster_id", sa.Text(), sa.ForeignKey("clusters.id"), nullable=False, index=True),
        sa.Column("template_id", sa.Text(), sa.ForeignKey("templates.id"), nullable=False, index=True),
        sa.Column("instance_type_id", sa.Text(), sa.ForeignKey("instance_types.id"), index=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("stateful", sa.Boolean(), nullable=False),
        sa.Column("prestarted_vms", sa.Integer(), nullable=False),
        sa.Column("max_user_vms", sa.Integer(), nullable=False),
    )
    add_columns("vms", sa.Column("vm_pool_id", sa.Text()))
