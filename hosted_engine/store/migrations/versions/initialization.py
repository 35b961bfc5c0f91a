"""What guests are told at their first start. Claim codes that tasks held in the clear are forgotten: where one is
still needed its task ends, and says so."""

import json

import sqlalchemy as sa
from alembic import op

from hosted_engine.store.migrations.columns import add_columns

revision = "0020"
down_revision = "0024"


def upgrade() -> None:
    add_columns("templates", sa.Column("initialization", sa.Text()))
    add_columns(
        "vms",
        sa.Column("initialization", sa.Text()),
        sa.Column("run_once", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("initialized", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    tasks = sa.table(
        "tasks", sa.column("id", sa.Text()), sa.column("command", sa.Text()), sa.column("inputs", sa.Text())
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(tasks.c.id, tasks.c.inputs).where(tasks.c.command == "AddNode")).all()
    for id_, inputs in rows:
        changed = json.dumps(json.loads(inputs) | {"claim_code": {"sealed": ""}})
        connection.execute(sa.update(tasks).where(tasks.c.id == id_).values(inputs=changed))
