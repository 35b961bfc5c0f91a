"""Snapshots, the images of disks that they keep, and what a VM was copied from."""

import time
import uuid

import sqlalchemy as sa
from alembic import op

from hosted_engine.store.migrations.columns import add_columns

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    with op.batch_alter_table("vms") as vms:
        vms.add_column(sa.Column("original_template_id", sa.Text()))
        vms.create_foreign_key("fk_vms_original_template_id", "templates", ["original_template_id"], ["id"])
        vms.create_index("ix_vms_original_template_id", ["original_template_id"])
    add_columns("disks", sa.Column("parent_image_id", sa.Text()))
    op.create_table(
        "disk_images",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("disk_id", sa.Text(), sa.ForeignKey("disks.id"), nullable=False, index=True),
        sa.Column("snapshot_id", sa.Text(), nullable=False, index=True),
        sa.Column("parent_id", sa.Text()),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("sparse", sa.Boolean(), nullable=False),
        sa.Column("provisioned_size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("actual_size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
    )
    snapshots = op.create_table(
        "snapshots",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("vm_id", sa.Text(), sa.ForeignKey("vms.id"), nullable=False, index=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.Double(), nullable=False),
        sa.Column("persist_memorystate", sa.Boolean(), nullable=False),
        sa.Column("vm", sa.Text(), nullable=False),
        sa.Column("nics", sa.Text(), nullable=False),
        sa.Column("disks", sa.Text(), nullable=False),
    )
    _every_vm_has_an_active_one(snapshots)


def _every_vm_has_an_active_one(snapshots: sa.Table) -> None:
    connection = op.get_bind()
    rows = [
        {
            "id": str(uuid.uuid4()),
            "vm_id": vm_id,
            "description": "Active VM",
            "type": "active",
            "status": "ok",
            "taken_at": time.time(),
            "persist_memorystate": False,
            "vm": "{}",
            "nics": "[]",
            "disks": "[]",
        }
        for vm_id in connection.execute(sa.text("SELECT id FROM vms")).scalars()
    ]
    if rows:
        op.bulk_insert(snapshots, rows)
