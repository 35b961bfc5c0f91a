"""What a machine is called by the others of its site, whatever its administrator calls it in the API."""

import sqlalchemy as sa
from alembic import op

from hosted_engine.store.migrations.columns import add_columns

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    add_columns("nodes", sa.Column("hostname", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE nodes SET hostname = name")
