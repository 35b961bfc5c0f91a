"""Accounts, users and permissions for tests, and connections of other users than the administrator."""

from dataclasses import replace
from functools import cache

from hosted_engine.engine.permissions.grants import grant
from hosted_engine.engine.permissions.model import SYSTEM, SYSTEM_ID
from hosted_engine.engine.ports import Store
from hosted_engine.engine.roles.model import Role
from hosted_engine.engine.users import account_changes
from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.directory import entry_of
from hosted_engine.engine.users.domains import INTERNAL
from hosted_engine.engine.users.entity import user_of
from hosted_engine.engine.users.model import Group, User
from hosted_engine.passwords import hash_password

PASSWORD = "Their-word-1"


@cache
def _hash() -> str:
    return hash_password(PASSWORD, memory_kib=16)


def add_account(store: Store, name: str) -> Account:
    with store.transaction() as tx:
        return account_changes.add_account(tx, replace(account_changes.new_account(name), password_hash=_hash()))


def add_user(store: Store, name: str) -> User:
    """An account, and the user that it is to the engine."""
    account = add_account(store, name)
    with store.transaction() as tx:
        user = user_of(entry_of(account), INTERNAL)
        tx.users.add(user)
    return user


def add_group(store: Store, name: str, *members: str) -> Group:
    """A group of accounts, which the engine knows."""
    with store.transaction() as tx:
        account_changes.add_group(tx, name)
        for member in members:
            account_changes.add_member(tx, name, user=member)
        entry = account_changes.find_group(tx, name)
        group = Group(id=entry.id, name=name, domain=INTERNAL, domain_entry_id=entry.id)
        tx.of(Group).add(group)
    return group


def give(store: Store, holder: User | Group, role: str, table: str = SYSTEM, object_id: str = SYSTEM_ID) -> None:
    with store.transaction() as tx:
        (found,) = tx.of(Role).list(name=role)
        grant(tx, holder.id, found.id, table, object_id)
