"""Where a storage domain's storage is stands in a storage connection; a domain may belong to no data center."""

import json
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0019"


def upgrade() -> None:
    _make_connections()
    with op.batch_alter_table("storage_domains") as batch:
        batch.add_column(sa.Column("storage_connection_id", sa.Text(), nullable=True))
    _fill_connections()
    with op.batch_alter_table("storage_domains") as batch:
        batch.drop_constraint(batch.f("uq_storage_domains_volume"), type_="unique")
        for name in ("volume", "servers", "replica", "storage_type"):
            batch.drop_column(name)
        batch.alter_column("storage_connection_id", existing_type=sa.Text(), nullable=False)
        batch.alter_column("data_center_id", existing_type=sa.Text(), nullable=True)
        batch.create_foreign_key(
            batch.f("fk_storage_domains_storage_connection_id"),
            "storage_connections",
            ["storage_connection_id"],
            ["id"],
        )
        batch.create_index(batch.f("ix_storage_domains_storage_connection_id"), ["storage_connection_id"])


def _make_connections() -> None:
    op.create_table(
        "storage_connections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("vfs_type", sa.Text(), nullable=False),
        sa.Column("mount_options", sa.Text(), nullable=False),
        sa.Column("nfs_version", sa.Text()),
        sa.Column("nfs_timeo", sa.BigInteger()),
        sa.Column("nfs_retrans", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage_connections")),
        sa.UniqueConstraint("type", "address", "path", name=op.f("uq_storage_connections_type_address_path")),
    )


def _fill_connections() -> None:
    """All that there were are Gluster volumes."""
    connection = op.get_bind()
    for domain_id, volume, servers in connection.execute(
        sa.text("SELECT id, volume, servers FROM storage_domains")
    ).all():
        first, *others = json.loads(servers)
        made = {
            "id": str(uuid.uuid4()),
            "address": first,
            "path": f"/{volume}",
            "options": f"backup-volfile-servers={':'.join(others)}" if others else "",
            "domain": domain_id,
        }
        connection.execute(
            sa.text(
                "INSERT INTO storage_connections (id, type, path, address, vfs_type, mount_options) "
                "VALUES (:id, 'glusterfs', :path, :address, 'glusterfs', :options)"
            ),
            made,
        )
        connection.execute(sa.text("UPDATE storage_domains SET storage_connection_id = :id WHERE id = :domain"), made)
