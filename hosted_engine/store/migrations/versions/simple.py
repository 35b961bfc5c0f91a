"""Bookmarks, SSH public keys of users, instance types, affinity labels, MAC pools."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "bookmarks",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "ssh_public_keys",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("user_id", sa.Text(), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("content", sa.Text(), nullable=False),
    )
    instance_types()
    affinity_labels()
    mac_pools()


def mac_pools() -> None:
    """With the one that all clusters have; addresses that NICs have are outside of it."""
    table = op.create_table(
        "mac_pools",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("ranges", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("allow_duplicates", sa.Boolean(), nullable=False),
        sa.Column("default_pool", sa.Boolean(), nullable=False),
    )
    if has_site():
        prefix = f"56:6f:{secrets.randbelow(255):02x}:{secrets.randbelow(255):02x}"
        default = {"id": DEFAULT_MAC_POOL, "name": "Default", "description": "Default MAC pool"}
        ranges = f'[{{"from":"{prefix}:00:00","to":"{prefix}:ff:ff"}}]'
        op.bulk_insert(table, [{**default, "ranges": ranges, "allow_duplicates": False, "default_pool": True}])
    op.add_column("clusters", sa.Column("mac_pool_id", sa.Text(), nullable=False, server_default=DEFAULT_MAC_POOL))
    with op.batch_alter_table("clusters") as clusters:
        clusters.alter_column("mac_pool_id", server_default=None)
        clusters.create_foreign_key(op.f("fk_clusters_mac_pool_id"), "mac_pools", ["mac_pool_id"], ["id"])
        clusters.create_index(op.f("ix_clusters_mac_pool_id"), ["mac_pool_id"])


DEFAULT_MAC_POOL = "58ca604b-017d-0374-0220-00000000014e"


def affinity_labels() -> None:
    op.create_table(
        "affinity_labels",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("binds", sa.Boolean(), nullable=False),
    )
    for table, owners in (("vm_labels", "vms"), ("node_labels", "nodes")):
        op.create_table(
            table,
            sa.Column("id", sa.Text(), primary_key=True),
            sa.Column("label_id", sa.Text(), sa.ForeignKey("affinity_labels.id"), nullable=False, index=True),
            sa.Column("owner_id", sa.Text(), sa.ForeignKey(f"{owners}.id"), nullable=False, index=True),
            sa.UniqueConstraint("owner_id", "label_id"),
        )


def instance_types() -> None:
    """With those that a site has from its beginning."""
    table = op.create_table(
        "instance_types",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("memory_guaranteed_bytes", sa.BigInteger(), nullable=False),
        sa.Column("memory_max_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sockets", sa.BigInteger(), nullable=False),
        sa.Column("cores", sa.BigInteger(), nullable=False),
        sa.Column("threads", sa.BigInteger(), nullable=False),
        sa.Column("boot_devices", sa.Text(), nullable=False),
        sa.Column("high_availability", sa.Boolean(), nullable=False),
        sa.Column("high_availability_priority", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "instance_type_nics",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vnic_profile_id", sa.Text(), sa.ForeignKey("vnic_profiles.id"), index=True),
        sa.Column("interface", sa.Text(), nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("plugged", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("instance_type_id", sa.Text(), sa.ForeignKey("instance_types.id"), nullable=False, index=True),
        sa.UniqueConstraint("instance_type_id", "name"),
    )
    with op.batch_alter_table("vms") as vms:
        vms.add_column(sa.Column("instance_type_id", sa.Text()))
        vms.create_foreign_key(op.f("fk_vms_instance_type_id"), "instance_types", ["instance_type_id"], ["id"])
        vms.create_index(op.f("ix_vms_instance_type_id"), ["instance_type_id"])
    if has_site():
        op.bulk_insert(table, [_instance_type(*first) for first in FIRST])


def has_site() -> bool:
    return bool(op.get_bind().execute(sa.text("SELECT count(*) FROM data_centers")).scalar())


FIRST = (
    ("00000003-0003-0003-0003-0000000000be", "Tiny", 512 << 20, 1),
    ("00000005-0005-0005-0005-0000000002e6", "Small", 2048 << 20, 1),
    ("00000007-0007-0007-0007-00000000010a", "Medium", 4096 << 20, 2),
    ("00000009-0009-0009-0009-0000000000f1", "Large", 8192 << 20, 2),
    ("0000000b-000b-000b-000b-00000000021f", "XLarge", 16384 << 20, 4),
)


def _instance_type(id: str, name: str, memory: int, sockets: int) -> dict[str, object]:
    return {
        "id": id,
        "name": name,
        "description": "",
        "comment": "",
        "memory_bytes": memory,
        "memory_guaranteed_bytes": memory,
        "memory_max_bytes": 4 * memory,
        "sockets": sockets,
        "cores": 1,
        "threads": 1,
        "boot_devices": '["hd"]',
        "high_availability": False,
        "high_availability_priority": 1,
    }
