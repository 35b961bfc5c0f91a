"""Accounts of people."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from hosted_engine.accounts.command import (
    force,
    main,
    moment,
    must_change,
    new_password,
    password_fd,
    shown_time,
)
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.users import account_changes as changes
from hosted_engine.engine.users import lockout
from hosted_engine.engine.users.accounts import Account, AccountGroup
from hosted_engine.engine.users.domains import INTERNAL, login_of
from hosted_engine.engine.users.lockout import SignOnAddress
from hosted_engine.engine.users.password_policy import expiry_of, policy_of
from hosted_engine.own_store import by_root, change, note, observed, transaction


def names(command: Callable[..., None]) -> Callable[..., None]:
    for option in ("--department", "--email", "--last-name", "--first-name"):
        command = click.option(option, default="")(command)
    return command


@main.command("add")
@click.argument("name")
@password_fd
@force
@must_change
@names
def add(name: str, password_fd: int | None, force: bool, must_change: bool, **given: Any) -> None:
    """Make an account, and ask for its password."""
    account = changes.new_account(name, **given)
    hashed = new_password(account, password_fd, force=force)
    context = by_root()
    with change(f"The account {name} was made") as tx:
        account = changes.add_account(tx, account)
        expires_at = context.now if must_change else None
        changes.password_set(tx, account, hashed, caller=context.caller, now=context.now, expires_at=expires_at)


@main.command("set-password")
@click.argument("name")
@password_fd
@force
@must_change
@click.option(
    "--valid-to", default="", metavar="DATE", help="Until when it is good, or 'never'; else as the policy says."
)
def set_password(name: str, password_fd: int | None, force: bool, must_change: bool, valid_to: str) -> None:
    """Give an account another password, end its sessions and whatever pause wrong passwords made for it."""
    account = observed(lambda tx: changes.find_account(tx, name))
    if account.service:
        raise click.UsageError(f"{name} is a service account: renew its secret with renew-secret")
    expires_at = moment(valid_to) if valid_to else None
    hashed = new_password(account, password_fd, force=force)
    context = by_root()
    with transaction() as tx:
        expires_at = context.now if must_change else expires_at
        changes.password_set(tx, account, hashed, caller=context.caller, now=context.now, expires_at=expires_at)
    click.echo(f"The password of {name} was changed.")


@main.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Remove an account, with the permissions that it has and its sessions."""
    with change(f"The account {name} was removed") as tx:
        changes.remove_account(tx, name)


@main.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Let an account in no more, and end its sessions at once."""
    with change(f"The account {name} was disabled") as tx:
        changes.set_enabled(tx, changes.find_account(tx, name), enabled=False)


@main.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let an account in again."""
    with change(f"The account {name} was enabled") as tx:
        changes.set_enabled(tx, changes.find_account(tx, name), enabled=True)


@main.command("expire")
@click.argument("name")
@click.argument("date")
def expire(name: str, date: str) -> None:
    """Say until when (2027-01-31, or 'never') an account is let in."""
    at = moment(date)
    with transaction() as tx:
        account = replace(changes.find_account(tx, name), expires_at=at)
        tx.of(Account).update(account)
        note(tx, f"The account {name} was set to expire: {shown_time(at)},")
        if at is not None and at <= time.time():
            changes.end_sessions(tx, account)
    click.echo(f"The account {name} expires: {shown_time(at)}.")


@main.command("unlock")
@click.argument("login", metavar="NAME[@DOMAIN]")
def unlock(login: str) -> None:
    """End the pause that wrong passwords made for a user, from everywhere."""
    login = login if "@" in login else login_of(login, INTERNAL)
    with change(f"Wrong passwords of {login} were forgotten") as tx:
        lockout.unlock(tx, login)


@main.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Show an account, and from where it signed in or somebody tried to."""

    def observe(tx: Transaction) -> tuple[Account, float | None, Sequence[SignOnAddress], int]:
        account = changes.find_account(tx, name)
        sessions = sum(tx.sessions.count(user_id=user.id) for user in changes.users_of(tx, account))
        password_expires = expiry_of(account, policy_of(tx, account.domain_id))
        return account, password_expires, lockout.addresses_of(tx, login_of(name, INTERNAL)), sessions

    (account, password_expires, rows, sessions), now = observed(observe), time.time()
    lines = {
        "name": login_of(name, INTERNAL),
        "kind": "service account" if account.service else "person",
        "enabled": "yes" if account.enabled else "no",
        "expires": shown_time(account.expires_at),
        "password set": shown_time(account.password_changed_at),
        "password expires": shown_time(password_expires),
        "sessions": sessions,
    }
    for key, value in lines.items():
        click.echo(f"{key + ':':<18}{value}")
    for row in rows:
        click.echo(
            f"from {row.address or 'an unknown address'}: last signed in {shown_time(row.succeeded_at)}, "
            f"{row.failures} wrong passwords since, has to wait {lockout.pause_s(rows, row.address, now):.0f} s"
        )


@main.command("list")
def list_all() -> None:
    """Show all accounts and groups."""
    accounts, groups = observed(lambda tx: (tx.of(Account).list(), tx.of(AccountGroup).list()))
    for account in accounts:
        marks = [mark for mark, is_so in (("service", account.service), ("disabled", not account.enabled)) if is_so]
        click.echo(" ".join(("user  ", account.name, *(f"({mark})" for mark in marks))))
    for group in groups:
        click.echo(f"group  {group.name}")
