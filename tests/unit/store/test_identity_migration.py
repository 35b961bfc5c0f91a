"""The administrator of a database from before there were accounts and permissions is one afterwards."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, text

from hosted_engine.engine.permissions.model import SYSTEM_ID, Permission
from hosted_engine.engine.roles import predefined
from hosted_engine.engine.roles.model import Role, RolePermit
from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.model import EVERYONE_ID
from hosted_engine.store import migrate
from hosted_engine.store.store import SqlStore

BEFORE = "0004"


def old_database(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        connection.execute(
            text(
                "INSERT INTO data_centers (id, name, description, comment, local, status) "
                "VALUES ('dc', 'Default', '', '', 0, 'up')"
            )
        )
        for name, administrator in (("admin", 1), ("guest", 0)):
            connection.execute(
                text(
                    "INSERT INTO users (id, name, domain, password_hash, first_name, last_name, email, administrator) "
                    "VALUES (:name, :login, 'internal', :hash, :name, '', '', :administrator)"
                ),
                {"name": name, "login": f"{name}@internal", "hash": f"hash of {name}", "administrator": administrator},
            )
        connection.execute(
            text(
                "INSERT INTO sessions (id, user_id, scope, created_at, last_used_at, expires_at) "
                "VALUES ('s', 'admin', '', 1, 2, 3)"
            )
        )


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    url = f"sqlite:///{tmp_path / 'engine.db'}"
    engine = create_engine(url)
    old_database(engine)
    engine.dispose()
    return SqlStore(url)


def test_users_keep_their_passwords_and_sessions(store: SqlStore) -> None:
    with store.transaction() as tx:
        admin = tx.users.get("admin")
        assert admin is not None
        assert (admin.name, admin.login, admin.domain_entry_id) == ("admin@internal-authz", "admin@internal", "admin")
        (account,) = tx.of(Account).list(name="admin")
        assert (account.password_hash, account.enabled, account.first_name) == ("hash of admin", True, "admin")
        (session,) = tx.sessions.list()
        assert (session.user_id, session.group_ids, session.address) == ("admin", (), "")


def test_only_administrators_may_do_everything(store: SqlStore) -> None:
    with store.transaction() as tx:
        (permission,) = tx.of(Permission).list(role_id=predefined.SUPER_USER_ID)
        assert (permission.holder_id, permission.object_id) == ("admin", SYSTEM_ID)
        assert {one.holder_id for one in tx.of(Permission).list()} == {"admin", EVERYONE_ID}


def test_the_predefined_roles_are_there(store: SqlStore) -> None:
    with store.transaction() as tx:
        assert sorted(tx.of(Role).list(), key=lambda r: r.id) == sorted(predefined.roles(), key=lambda r: r.id)
        assert tx.of(RolePermit).count() == len(predefined.role_permits())
