"""Hosts have a description, as `POST /hosts` may say one."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("nodes", sa.Column("description", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("nodes") as batch:
        batch.alter_column("description", server_default=None)
