"""Domains, accounts, groups, roles and permissions."""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

from hosted_engine.engine.roles import predefined

revision = "0010"
down_revision = "0009"

SYSTEM, EVERYONE = "aaa00000-0000-0000-0000-123456789aaa", "eee00000-0000-0000-0000-123456789eee"
SUPER_USER = "00000000-0000-0000-0000-000000000001"
PROFILE_EDITOR, TEMPLATE_USER = "def00021-0000-0000-0000-def000000015", "def00009-0000-0000-0000-def000000009"
MAC_POOL_USER = "def00014-0000-0000-0000-def000000014"
VNIC_PROFILE_USER, BLANK = "def0000a-0000-0000-0000-def000000010", "00000000-0000-0000-0000-000000000000"
PREDEFINED = Path(predefined.__file__).with_name("predefined.json")


def upgrade() -> None:
    directory_tables()
    access_tables()
    change_sessions()
    if not op.get_bind().execute(sa.text("SELECT count(*) FROM data_centers")).scalar():
        change_users()
        return
    predefined_roles()
    administrators()
    change_users()
    for_everyone()


def directory_tables() -> None:
    op.create_table(
        "domains",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("kind", sa.Text(), nullable=False),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domain_id", sa.Text(), sa.ForeignKey("domains.id"), nullable=False, index=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_changed_at", sa.Double(), nullable=False),
        sa.Column("password_expires_at", sa.Double()),
        sa.Column("old_password_hashes", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.Double()),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.UniqueConstraint("domain_id", "name"),
    )
    op.create_table(
        "account_groups",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domain_id", sa.Text(), sa.ForeignKey("domains.id"), nullable=False, index=True),
        sa.UniqueConstraint("domain_id", "name"),
    )
    op.create_table(
        "account_memberships",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("group_id", sa.Text(), sa.ForeignKey("account_groups.id"), nullable=False, index=True),
        sa.Column("member_id", sa.Text(), nullable=False, index=True),
        sa.UniqueConstraint("group_id", "member_id"),
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("domain_entry_id", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.UniqueConstraint("domain", "namespace", "name"),
    )


def access_tables() -> None:
    op.create_table(
        "permits",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("administrative", sa.Boolean(), nullable=False),
        sa.Column("allows_viewing_children", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("administrative", sa.Boolean(), nullable=False),
        sa.Column("mutable", sa.Boolean(), nullable=False),
        sa.Column("allows_viewing_children", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "role_permits",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("role_id", sa.Text(), sa.ForeignKey("roles.id"), nullable=False, index=True),
        sa.Column("permit_id", sa.Text(), sa.ForeignKey("permits.id"), nullable=False, index=True),
        sa.UniqueConstraint("role_id", "permit_id"),
    )
    op.create_table(
        "permissions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("role_id", sa.Text(), sa.ForeignKey("roles.id"), nullable=False, index=True),
        sa.Column("holder_id", sa.Text(), nullable=False, index=True),
        sa.Column("object_table", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False, index=True),
        sa.UniqueConstraint("holder_id", "role_id", "object_id"),
    )


def predefined_roles() -> None:
    data = json.loads(PREDEFINED.read_text())
    for one in data["permits"]:
        _insert("permits", one)
    for role in data["roles"]:
        permits = role.pop("permits")
        _insert("roles", {**role, "mutable": False})
        for permit in permits:
            _insert("role_permits", {"id": f"{role['id']}/{permit}", "role_id": role["id"], "permit_id": permit})


def administrators() -> None:
    """Their passwords move to accounts of the internal domain, what they may do becomes a permission."""
    users = op.get_bind().execute(sa.text("SELECT * FROM users")).mappings().all()
    for domain in sorted({user["domain"] for user in users}):
        name = f"{domain}-authz"
        _insert("domains", {"id": _domain_id(name), "name": name, "kind": "internal"})
    for user in users:
        name = f"{user['domain']}-authz"
        principal = user["name"].removesuffix(f"@{user['domain']}")
        _insert(
            "accounts",
            {
                "id": user["id"],
                "name": principal,
                "domain_id": _domain_id(name),
                "password_hash": user["password_hash"],
                "password_changed_at": 0.0,
                "old_password_hashes": "[]",
                "enabled": True,
                **{field: user[field] for field in ("first_name", "last_name", "email")},
                "department": "",
            },
        )
        op.get_bind().execute(
            sa.text("UPDATE sessions SET login = :login WHERE user_id = :id"), {"login": user["name"], "id": user["id"]}
        )
        op.get_bind().execute(
            sa.text("UPDATE users SET name = :name, domain = :domain WHERE id = :id"),
            {"name": f"{principal}@{name}", "domain": name, "id": user["id"]},
        )
        if user["administrator"]:
            _grant(user["id"], SUPER_USER, "system", SYSTEM)


def change_users() -> None:
    with op.batch_alter_table("users") as users:
        for name in ("domain_entry_id", "department"):
            users.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        users.add_column(sa.Column("namespace", sa.Text(), nullable=False, server_default="*"))
        users.drop_column("password_hash")
        users.drop_column("administrator")
    with op.batch_alter_table("users") as users:
        for name in ("domain_entry_id", "department", "namespace"):
            users.alter_column(name, server_default=None)
    op.execute("UPDATE users SET domain_entry_id = id")


def change_sessions() -> None:
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("group_ids", sa.Text(), nullable=False, server_default="[]"))
        sessions.add_column(sa.Column("address", sa.Text(), nullable=False, server_default=""))
        sessions.add_column(sa.Column("login", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("sessions") as sessions:
        for name in ("group_ids", "address", "login"):
            sessions.alter_column(name, server_default=None)


def for_everyone() -> None:
    """What oVirt's sites begin with."""
    everyone = {"id": EVERYONE, "name": "Everyone", "domain": "", "domain_entry_id": "", "namespace": "*"}
    _insert("groups", everyone)
    _grant(EVERYONE, PROFILE_EDITOR, "system", SYSTEM)
    _grant(EVERYONE, TEMPLATE_USER, "templates", BLANK)
    usable = ("vnic_profiles", VNIC_PROFILE_USER), ("instance_types", TEMPLATE_USER), ("mac_pools", MAC_POOL_USER)
    for table, role in usable:
        for row in op.get_bind().execute(sa.text(f"SELECT id FROM {table}")).all():
            _grant(EVERYONE, role, table, row[0])


def _grant(holder: str, role: str, table: str, object_id: str) -> None:
    _insert(
        "permissions",
        {
            "id": str(uuid.uuid4()),
            "role_id": role,
            "holder_id": holder,
            "object_table": table,
            "object_id": object_id,
        },
    )


def _insert(table: str, row: Mapping[str, Any]) -> None:
    names = ", ".join(row)
    op.get_bind().execute(sa.text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(row)})"), dict(row))


def _domain_id(name: str) -> str:
    return name.encode().hex().upper()
