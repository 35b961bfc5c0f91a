"""What nodes told last of their links."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "seen_links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["nodes.id"], name=op.f("fk_seen_links_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_links")),
    )
