"""VMs, templates and disks of other engines on storage domains that are attached."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "unregistered_entities",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("storage_domain_id", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("missing_disks", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["storage_domain_id"],
            ["storage_domains.id"],
            name=op.f("fk_unregistered_entities_storage_domain_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unregistered_entities")),
    )
    with op.batch_alter_table("unregistered_entities", schema=None) as batch:
        batch.create_index(batch.f("ix_unregistered_entities_entity_id"), ["entity_id"], unique=False)
        batch.create_index(batch.f("ix_unregistered_entities_storage_domain_id"), ["storage_domain_id"], unique=False)
