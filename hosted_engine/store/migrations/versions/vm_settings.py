"""What more a VM can be told."""

import sqlalchemy as sa

from hosted_engine.store.migrations.columns import add_columns

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for table in ("vms", "templates", "instance_types"):
        add_columns(
            table,
            sa.Column("ballooning", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("io_threads", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("usb", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("virtio_scsi", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("multi_queues", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("scsi_queues", sa.BigInteger(), nullable=False, server_default="0"),
        )
    for table in ("vms", "templates"):
        add_columns(
            table,
            sa.Column("start_paused", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("boot_menu", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("custom_machine", sa.Text(), nullable=False, server_default=""),
            sa.Column("custom_cpu", sa.Text(), nullable=False, server_default=""),
            sa.Column("serial_number_policy", sa.Text()),
            sa.Column("serial_number", sa.Text(), nullable=False, server_default=""),
        )
    add_columns(
        "vms",
        sa.Column("affinity", sa.Text(), nullable=False, server_default="migratable"),
        sa.Column("host_ids", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("next_run", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("stop_note", sa.Text(), nullable=False, server_default=""),
    )
