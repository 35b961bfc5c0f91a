"""How the screen of a VM is seen, and where while it runs. The engine's own VM has none."""

import sqlalchemy as sa
from alembic import op

from hosted_engine.store.migrations.columns import add_columns

revision = "0019"
down_revision = "0012"


def upgrade() -> None:
    for table in ("vms", "templates", "instance_types"):
        add_columns(table, sa.Column("display_type", sa.Text(), server_default="vnc"))
    add_columns(
        "vms",
        sa.Column("display_address", sa.Text(), nullable=False, server_default=""),
        sa.Column("display_port", sa.BigInteger()),
    )
    vms = sa.table("vms", sa.column("origin", sa.Text()), sa.column("display_type", sa.Text()))
    op.execute(vms.update().where(vms.c.origin == "managed_hosted_engine").values(display_type=None))
