"""Tags, and what has them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "tags",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), sa.ForeignKey("tags.id"), index=True),
    )
    op.create_table(
        "tag_assignments",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("tag_id", sa.Text(), sa.ForeignKey("tags.id"), nullable=False, index=True),
        sa.Column("owner_id", sa.Text(), nullable=False, index=True),
        sa.UniqueConstraint("owner_id", "tag_id"),
    )
