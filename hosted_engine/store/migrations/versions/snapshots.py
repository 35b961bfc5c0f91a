"""What a VM was copied from."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("vms", sa.Column("original_template_id", sa.Text()))
    with op.batch_alter_table("vms") as vms:
        vms.create_foreign_key("fk_vms_original_template_id", "templates", ["original_template_id"], ["id"])
        vms.create_index("ix_vms_original_template_id", ["original_template_id"])
