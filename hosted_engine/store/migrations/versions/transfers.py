"""Transfers of images, how large a client says that a disk is at first, the discs of VMs, and what
storage domains keep free."""

import sqlalchemy as sa
from alembic import op

from hosted_engine.store.migrations.columns import add_columns

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    add_columns("disks", sa.Column("initial_size_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    add_columns(
        "storage_domains",
        sa.Column("warning_low_space_percent", sa.BigInteger(), nullable=False, server_default="10"),
        sa.Column("critical_space_gib", sa.BigInteger(), nullable=False, server_default="5"),
    )
    for table in ("vms", "templates"):
        add_columns(table, sa.Column("cd_disk_id", sa.Text()))
    add_columns("vms", sa.Column("current_cd_disk_id", sa.Text()))
    op.create_table(
        "image_transfers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("disk_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=True),
        sa.Column("inactivity_timeout_s", sa.BigInteger(), nullable=False),
        sa.Column("timeout_policy", sa.Text(), nullable=False),
        sa.Column("shallow", sa.Boolean(), nullable=False),
        sa.Column("transferred_bytes", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("disk_name", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("host_url", sa.Text(), nullable=False),
        sa.Column("proxy_url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("renewed_at", sa.Double(), nullable=False),
        sa.Column("extended_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_transfers")),
    )
    with op.batch_alter_table("image_transfers", schema=None) as batch:
        batch.create_index(batch.f("ix_image_transfers_phase"), ["phase"], unique=False)
