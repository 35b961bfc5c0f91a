"""Pools of VMs, and to which a VM belongs."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0022"


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
        sa.Column("prestarted_vms", sa.BigInteger(), nullable=False),
        sa.Column("max_user_vms", sa.BigInteger(), nullable=False),
    )
    with op.batch_alter_table("vms") as vms:
        vms.add_column(sa.Column("vm_pool_id", sa.Text()))
        vms.create_foreign_key("fk_vms_vm_pool_id", "vm_pools", ["vm_pool_id"], ["id"])
        vms.create_index("ix_vms_vm_pool_id", ["vm_pool_id"])
