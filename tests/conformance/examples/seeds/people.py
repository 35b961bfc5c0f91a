"""Users, groups, their domains and permissions."""

import uuid
from collections.abc import Iterable

from tests.conformance.examples.case import Fixture, Site
from tests.conformance.examples.seeds.rows import copied

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJJ4hAUAaM0V3J0M3Q8Zg0X0u2yqf6lVtq8cRZkq0L8d"


def user(name: str, first_name: str) -> Fixture:
    def fixture(site: Site) -> None:
        domain = name.partition("@")[2]
        row = site.state().rows("users")[0]
        copied(site, "users", row, name=name, first_name=first_name, domain=domain, domain_entry_id=name)

    fixture.__name__ = f"user_{name}"
    return fixture


def ssh_key(user: str) -> Fixture:
    def fixture(site: Site) -> None:
        identity = site.state().one("users", name=user)["id"]
        values = str(uuid.uuid4()), identity, _KEY
        site.execute("INSERT INTO ssh_public_keys (id, user_id, content) VALUES (?, ?, ?)", *values)

    fixture.__name__ = f"ssh_key_of_{user}"
    return fixture


def domain(name: str, *, users: Iterable[str] = (), groups: Iterable[str] = ()) -> Fixture:
    """A domain with its own accounts and groups, as if the command line in the engine's VM had made them."""

    def fixture(site: Site) -> None:
        state = site.state()
        identity = name.encode().hex().upper()
        if not state.rows("domains", name=name):
            site.execute("INSERT INTO domains (id, name, kind) VALUES (?, ?, 'internal')", identity, name)
        for principal in users:
            copied(site, "accounts", state.rows("accounts")[0], name=principal, domain_id=identity)
        for group in groups:
            values = str(uuid.uuid4()), group, identity
            site.execute("INSERT INTO account_groups (id, name, domain_id) VALUES (?, ?, ?)", *values)

    fixture.__name__ = f"domain_{name}"
    return fixture


def directory(name: str, base_dn: str, *groups: str) -> Fixture:
    """A domain whose users and groups are in a directory of LDAP."""

    def fixture(site: Site) -> None:
        site.fill_directory(name, base_dn, groups)

    fixture.__name__ = f"directory_{name}"
    return fixture


def group(name: str, authz: str) -> Fixture:
    def fixture(site: Site) -> None:
        row = site.state().one("groups", name="Everyone")
        copied(site, "groups", row, name=name, domain=authz, domain_entry_id=name)

    fixture.__name__ = f"group_{name}"
    return fixture


def permission(role: str, user: str, table: str, name: str) -> Fixture:
    """`user` has the role on the object of that name."""

    def fixture(site: Site) -> None:
        state = site.state()
        site.execute(
            "INSERT INTO permissions (id, role_id, holder_id, object_table, object_id) VALUES (?, ?, ?, ?, ?)",
            str(uuid.uuid4()),
            state.one("roles", name=role)["id"],
            state.one("users", name=user)["id"],
            table,
            state.one(table, name=name)["id"],
        )

    fixture.__name__ = f"permission_{role}"
    return fixture
