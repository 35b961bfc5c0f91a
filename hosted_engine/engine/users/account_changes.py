"""Makes, changes and removes accounts and groups of the internal domain, for the command line."""

from collections.abc import Sequence
from dataclasses import replace

from hosted_engine.engine.command import Context, good_name
from hosted_engine.engine.entity.commands import check_removable, remove_item
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.permissions.grants import check_super_user_left
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NameTaken, NoSuchName, WrongState
from hosted_engine.engine.users.accounts import Account, AccountGroup, AccountMembership, groups_of
from hosted_engine.engine.users.domains import INTERNAL, domain_id, login_of
from hosted_engine.engine.users.lockout import forget_login, unlock
from hosted_engine.engine.users.model import Caller, User

_DOMAIN = domain_id(INTERNAL)
OLD_PASSWORDS = 23  # whose hashes are kept: a policy looks at no more, with the one of now


def add_account(tx: Transaction, account: Account) -> Account:
    """Raises BadValue, NameTaken."""
    account = replace(account, name=good_name(account.name, kind="user"))
    if tx.of(Account).list(name=account.name, domain_id=_DOMAIN):
        raise NameTaken(name=account.name, kind="user")
    tx.of(Account).add(account)
    return account


def new_account(
    name: str,
    *,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    department: str = "",
    service: bool = False,
) -> Account:
    return Account(
        id=new_id(),
        name=name,
        domain_id=_DOMAIN,
        first_name=first_name,
        last_name=last_name,
        email=email,
        department=department,
        service=service,
    )


def find_account(tx: Transaction, name: str) -> Account:
    """Raises NoSuchName."""
    for account in tx.of(Account).list(name=name, domain_id=_DOMAIN):
        return account
    raise NoSuchName(kind="user", name=name)


def password_set(
    tx: Transaction,
    account: Account,
    password_hash: str,
    *,
    caller: Caller,
    now: float,
    expires_at: float | None = None,
) -> None:
    """Who was signed in with the old one is no longer. Raises WrongState where the account was changed meanwhile."""
    if tx.of(Account).get(account.id) != account:
        reason, mend = "the account was changed meanwhile", "Try again"
        raise WrongState(action="set the password of", kind="user", name=account.name, reason=reason, mend=mend)
    used = tuple(filter(None, (account.password_hash, *account.old_password_hashes)))
    tx.of(Account).update(
        replace(
            account,
            password_hash=password_hash,
            password_changed_at=now,
            password_expires_at=expires_at,
            old_password_hashes=used[:OLD_PASSWORDS],
        )
    )
    end_sessions(tx, account)
    unlock(tx, login_of(account.name, INTERNAL))
    emit(tx, Context(caller, "", "", now), EventType.USER_PASSWORD_CHANGED, name=account.name)


def end_sessions(tx: Transaction, account: Account) -> None:
    for user in users_of(tx, account):
        for session in tx.sessions.list(user_id=user.id):
            tx.sessions.remove(session.id)


def users_of(tx: Transaction, account: Account) -> Sequence[User]:
    return tx.users.list(domain=INTERNAL, domain_entry_id=account.id)


def set_enabled(tx: Transaction, account: Account, *, enabled: bool) -> None:
    """A disabled one has no sessions. Raises WrongState for the last administrator's."""
    if not enabled:
        for user in users_of(tx, account):
            check_super_user_left(tx, without_holder=user.id)
        end_sessions(tx, account)
    tx.of(Account).update(replace(account, enabled=enabled))


def end_expired(tx: Transaction, now: float) -> None:
    """The sessions of accounts that have expired since these began."""
    for account in tx.of(Account).list():
        if account.expires_at is not None and account.expires_at <= now:
            end_sessions(tx, account)


def remove_account(tx: Transaction, name: str) -> None:
    """With the user that it is to the engine, and that user's permissions. Raises NoSuchName, WrongState."""
    account = find_account(tx, name)
    users = entity_of("users")
    for user in users_of(tx, account):
        check_removable(tx, users, user)
        remove_item(tx, users, user)
    forget_login(tx, login_of(account.name, INTERNAL))
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
