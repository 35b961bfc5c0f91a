"""Data centers, clusters and networks that can be added, changed and removed."""

import json

import sqlalchemy as sa
from alembic import op

from hosted_engine.store.migrations.columns import add_columns

revision = "0006"
down_revision = "0005"

NO_BALANCING_ID = "b4ed2332-a7ac-4d5f-9596-99a439cb2812"


def upgrade() -> None:
    _scheduling_policies()
    _cluster_networks()
    _clusters()
    with op.batch_alter_table("networks") as batch_op:
        batch_op.drop_column("required")
        batch_op.drop_column("status")
    with op.batch_alter_table("vnic_profiles") as batch_op:
        batch_op.drop_column("port_mirroring")


def _scheduling_policies() -> None:
    policies = op.create_table(
        "scheduling_policies",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("default", sa.Boolean(), nullable=False),
    )
    description = "VMs start on the fit host that has the most free memory, and stay there"
    none = {"id": NO_BALANCING_ID, "name": "none", "description": description, "locked": True, "default": True}
    op.bulk_insert(policies, [none])


def _cluster_networks() -> None:
    """Until now every network of a data center was in each of its clusters, with all that it was used for."""
    links = op.create_table(
        "cluster_networks",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("cluster_id", sa.Text(), sa.ForeignKey("clusters.id"), nullable=False, index=True),
        sa.Column("network_id", sa.Text(), sa.ForeignKey("networks.id"), nullable=False, index=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("usages", sa.Text(), nullable=False),
        sa.UniqueConstraint("cluster_id", "network_id"),
    )
    connection = op.get_bind()
    query = (
        "SELECT clusters.id, networks.id, networks.required, networks.usages FROM clusters"
        " JOIN networks ON networks.data_center_id = clusters.data_center_id"
    )
    rows = [
        {
            "id": f"{cluster}/{network}",
            "cluster_id": cluster,
            "network_id": network,
            "required": bool(required),
            "usages": json.dumps(sorted(set(json.loads(usages)) - {"vm"}), separators=(",", ":")),
        }
        for cluster, network, required, usages in connection.execute(sa.text(query)).all()
    ]
    op.bulk_insert(links, rows)
    for id_, usages in connection.execute(sa.text("SELECT id, usages FROM networks")).all():
        left = '["vm"]' if "vm" in json.loads(usages) else "[]"
        connection.execute(sa.text("UPDATE networks SET usages = :left WHERE id = :id"), {"left": left, "id": id_})


def _clusters() -> None:
    """VMs without firmware of their own go on with the one that they have had."""
    with op.batch_alter_table("clusters") as clusters:
        clusters.drop_index("ix_clusters_management_network_id")
        clusters.drop_constraint("fk_clusters_management_network_id", type_="foreignkey")
        clusters.drop_column("management_network_id")
        clusters.alter_column("data_center_id", nullable=True)
        clusters.add_column(sa.Column("serial_number_policy", sa.Text()))
    add_columns(
        "clusters",
        sa.Column("bios_type", sa.Text(), nullable=False, server_default="q35_sea_bios"),
        sa.Column("memory_percent", sa.BigInteger(), nullable=False, server_default="100"),
        sa.Column("scheduling_policy_id", sa.Text(), nullable=False, server_default=NO_BALANCING_ID),
        sa.Column("ballooning", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("serial_number", sa.Text(), nullable=False, server_default=""),
    )
    with op.batch_alter_table("clusters") as clusters:
        clusters.create_foreign_key(
            "fk_clusters_scheduling_policy_id", "scheduling_policies", ["scheduling_policy_id"], ["id"]
        )
        clusters.create_index("ix_clusters_scheduling_policy_id", ["scheduling_policy_id"])
