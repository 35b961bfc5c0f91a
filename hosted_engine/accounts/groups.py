"""Groups of the internal domain."""

from collections.abc import Callable
from typing import Any

import click

from hosted_engine.accounts.command import main
from hosted_engine.engine.users import account_changes as changes
from hosted_engine.own_store import change


@main.command("add-group")
@click.argument("name")
def add_group(name: str) -> None:
    """Make a group."""
    with change(f"The group {name} was made") as tx:
        changes.add_group(tx, name)


@main.command("remove-group")
@click.argument("name")
def remove_group(name: str) -> None:
    """Remove a group; its members stay."""
    with change(f"The group {name} was removed") as tx:
        changes.remove_group(tx, name)


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
    member = _one(which)
    with change(f"{_format_member(member)} was put into the group {group}") as tx:
        changes.add_member(tx, group, **member)


@main.command("remove-member")
@member
def remove_member(group: str, **which: Any) -> None:
    """Take an account or another group out of a group; it counts from the next sign-on."""
    member = _one(which)
    with change(f"{_format_member(member)} was taken out of the group {group}") as tx:
        changes.remove_member(tx, group, **member)


def _one(which: dict[str, str]) -> dict[str, str]:
    user, group = which["user"], which["member_group"]
    if bool(user) == bool(group):
        raise click.UsageError("Name one member: --user NAME or --group NAME")
    return {"user": user, "group": group}


def _format_member(member: dict[str, str]) -> str:
    return f"User {member['user']}" if member["user"] else f"Group {member['group']}"
