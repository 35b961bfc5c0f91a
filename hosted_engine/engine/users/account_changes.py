"""Makes, changes and removes accounts and groups of the internal domain, for the command line."""

from dataclasses import replace

from hosted_engine.engine.command import Context, good_name
from hosted_engine.engine.entity.commands import check_removable, remove_item
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NameTaken, NoSuchName, WrongState
from hosted_engine.engine.users.accounts import Account, AccountGroup, AccountMembership, groups_of
from hosted_engine.engine.users.domains import INTERNAL, domain_id
from hosted_engine.engine.users.model import SYSTEM

_DOMAIN = domain_id(INTERNAL)


def add_account(tx: Transaction, account: Account) -> Account:
    """Raises BadValue, NameTaken."""
    account = replace(account, name=good_name(account.name, kind="user"))
    if tx.of(Account).list(name=account.name, domain_id=_DOMAIN):
        raise NameTaken(name=account.name, kind="user")
    tx.of(Account).add(account)
    return account


def new_account(
    name: str, *, first_name: str = "", last_name: str = "", email: str = "", department: str = ""
) -> Account:
    return Account(
        id=new_id(),
        name=name,
        domain_id=_DOMAIN,
        first_name=first_name,
        last_name=last_name,
        email=email,
        department=department,
    )


def find_account(tx: Transaction, name: str) -> Account:
    """Raises NoSuchName."""
    for account in tx.of(Account).list(name=name, domain_id=_DOMAIN):
        return account
    raise NoSuchName(kind="user", name=name)


def set_password(tx: Transaction, name: str, password_hash: str, now: float) -> None:
    """Who was signed in with the old one is no longer. Raises NoSuchName."""
    account = find_account(tx, name)
    tx.of(Account).update(replace(account, password_hash=password_hash, password_changed_at=now))
    end_sessions(tx, account)
    emit(tx, Context(SYSTEM, "", "", now), EventType.USER_PASSWORD_CHANGED, name=account.name)


def end_sessions(tx: Transaction, account: Account) -> None:
    for user in tx.users.list(domain=INTERNAL, domain_entry_id=account.id):
        for session in tx.sessions.list(user_id=user.id):
            tx.sessions.remove(session.id)


def remove_account(tx: Transaction, name: str) -> None:
    """With the user that it is to the engine, and that user's permissions. Raises NoSuchName, WrongState."""
    account = find_account(tx, name)
    users = entity_of("users")
    for user in tx.users.list(domain=INTERNAL, domain_entry_id=account.id):
        check_removable(tx, users, user)
        remove_item(tx, users, user)
    remove_item(tx, entity_of("accounts"), account)


def add_group(tx: Transaction, name: str) -> None:
    """Raises BadValue, NameTaken."""
    name = good_name(name, kind="group")
    if tx.of(AccountGroup).list(name=name, domain_id=_DOMAIN):
        raise NameTaken(name=name, kind="group")
    tx.of(AccountGroup).add(AccountGroup(id=new_id(), name=name, domain_id=_DOMAIN))


def find_group(tx: Transaction, name: str) -> AccountGroup:
    """Raises NoSuchName."""
    for group in tx.of(AccountGroup).list(name=name, domain_id=_DOMAIN):
        return group
    raise NoSuchName(kind="group", name=name)


def remove_group(tx: Transaction, name: str) -> None:
    remove_item(tx, entity_of("account_groups"), find_group(tx, name))


def add_member(tx: Transaction, group_name: str, *, user: str = "", group: str = "") -> None:
    """Raises NoSuchName, and WrongState where a group would be in itself."""
    above = find_group(tx, group_name)
    member = find_account(tx, user).id if user else find_group(tx, group).id
    if member == above.id or member in groups_of(tx, above.id):
        raise WrongState(
            action="add a member to",
            kind="group",
            name=group_name,
            reason="it would be in itself",
            mend="Choose another group",
        )
    identity = f"{above.id}/{member}"
    if tx.of(AccountMembership).get(identity) is None:
        tx.of(AccountMembership).add(AccountMembership(id=identity, group_id=above.id, member_id=member))


def remove_member(tx: Transaction, group_name: str, *, user: str = "", group: str = "") -> None:
    """Raises NoSuchName."""
    member = find_account(tx, user).id if user else find_group(tx, group).id
    identity = f"{find_group(tx, group_name).id}/{member}"
    if tx.of(AccountMembership).get(identity) is None:
        raise NoSuchName(kind=f"member of group {group_name}", name=user or group)
    tx.of(AccountMembership).remove(identity)
