"""`python -m hosted_engine.accounts`: the accounts and groups of the internal domain, in the engine's VM."""

import time
from collections.abc import Callable
from typing import Any

import click

from hosted_engine.engine.users import account_changes as changes
from hosted_engine.engine.users.accounts import Account, AccountGroup
from hosted_engine.own_store import transaction
from hosted_engine.passwords import hash_password
from node.api.problems import Problem
from node.secret_prompt import secret

OPTION = "--password-fd"


def new_password(fd: int | None) -> str:
    try:
        return hash_password(secret("Password", OPTION, fd))
    except Problem as err:
        raise click.ClickException(str(err)) from err


def names(command: Callable[..., None]) -> Callable[..., None]:
    for option in ("--department", "--email", "--last-name", "--first-name"):
        command = click.option(option, default="")(command)
    return command


password_fd = click.option(OPTION, type=int, metavar="N", help="Read the password from this file descriptor.")


@click.group()
def main() -> None:
    """Accounts and groups of the internal domain.

    An account signs in as NAME@internal once it has a role on something, which is given through the API.
    """


@main.command("add")
@click.argument("name")
@password_fd
@names
def add(name: str, password_fd: int | None, **given: str) -> None:
    """Make an account, and ask for its password."""
    hashed = new_password(password_fd)
    with transaction() as tx:
        changes.add_account(tx, changes.new_account(name, **given))
        changes.set_password(tx, name, hashed, time.time())
    click.echo(f"The account {name} was made.")


@main.command("set-password")
@click.argument("name")
@password_fd
def set_password(name: str, password_fd: int | None) -> None:
    """Give an account another password, and end its sessions."""
    hashed = new_password(password_fd)
    with transaction() as tx:
        changes.set_password(tx, name, hashed, time.time())
    click.echo(f"The password of {name} was changed.")


@main.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Remove an account, with the permissions that it has."""
    with transaction() as tx:
        changes.remove_account(tx, name)
    click.echo(f"The account {name} was removed.")


@main.command("list")
def list_all() -> None:
    """Show all accounts and groups."""
    with transaction() as tx:
        accounts, groups = tx.of(Account).list(), tx.of(AccountGroup).list()
    for account in accounts:
        click.echo(f"user   {account.name}")
    for group in groups:
        click.echo(f"group  {group.name}")


@main.command("add-group")
@click.argument("name")
def add_group(name: str) -> None:
    """Make a group."""
    with transaction() as tx:
        changes.add_group(tx, name)
    click.echo(f"The group {name} was made.")


@main.command("remove-group")
@click.argument("name")
def remove_group(name: str) -> None:
    """Remove a group; its members stay."""
    with transaction() as tx:
        changes.remove_group(tx, name)
    click.echo(f"The group {name} was removed.")


def member(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--group", "member_group", metavar="NAME", default="", help="A group as the member.")(
        command
    )
    command = click.option("--user", metavar="NAME", default="", help="An account as the member.")(command)
    return click.argument("group")(command)


@main.command("add-member")
@member
def add_member(group: str, **which: Any) -> None:
    """Put an account or another group into a group; it counts from the next sign-on."""
    with transaction() as tx:
        changes.add_member(tx, group, **_one(which))


@main.command("remove-member")
@member
def remove_member(group: str, **which: Any) -> None:
    """Take an account or another group out of a group; it counts from the next sign-on."""
    with transaction() as tx:
        changes.remove_member(tx, group, **_one(which))


def _one(which: dict[str, str]) -> dict[str, str]:
    user, group = which["user"], which["member_group"]
    if bool(user) == bool(group):
        raise click.UsageError("Name one member: --user NAME or --group NAME")
    return {"user": user, "group": group}


if __name__ == "__main__":
    main()
