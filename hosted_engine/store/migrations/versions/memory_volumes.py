"""The memory that VMs had at snapshots, as files on storage domains."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "memory_volumes",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("storage_domain_id", sa.Text(), sa.ForeignKey("storage_domains.id"), nullable=False, index=True),
        sa.Column("snapshot_id", sa.Text(), nullable=False, index=True),
    )
