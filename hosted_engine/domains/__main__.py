"""The commands."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hosted_engine.directories.directories import LdapDirectories
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NoSuchName
from hosted_engine.engine.search.question import Question
from hosted_engine.engine.users.directories import DirectorySettings, settings_of
from hosted_engine.engine.users.domain_changes import add_directory, change_directory, check_directory, remove_directory
from hosted_engine.engine.users.domains import AUTHZ, Domain, domain_id
from hosted_engine.engine.users.ldap_model import LdapDirectory, LdapSchema, LdapTls
from hosted_engine.own_store import change, observed
from node.api.problems import Problem
from node.secret_prompt import secret

OPTION = "--password-fd"

password_fd = click.option(OPTION, type=int, metavar="N", help="Read the password of --bind-dn from this descriptor.")
no_test = click.option("--no-test", is_flag=True, help="Do not ask the directory whether all of it works.")


def settings(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which a directory is described; `set` may leave any of them out."""
    tls, schema = [one.value for one in LdapTls], [one.value for one in LdapSchema]
    for option in (
        click.option("--timeout", "timeout_s", type=click.FloatRange(1, 60), help="Seconds for one step."),
        click.option("--bind-dn", help="Who searches: the DN of an account that may read."),
        click.option("--base-dn", help="Below which entry users and groups are looked for."),
        click.option("--ca-file", type=click.Path(path_type=Path, exists=True), help="The authority of its servers."),
        click.option("--tls", type=click.Choice(tls), help="From the first byte (636), or by StartTLS (389)."),
        click.option("--server", "servers", multiple=True, metavar="HOST[:PORT]", help="Asked in this order."),
        click.option("--schema", type=click.Choice(schema), help="What its attributes are called."),
    ):
        command = option(command)
    return command


@click.group()
def main() -> None:
    """Directories from which users and groups come. There is no way to one without TLS."""


@main.command("add-ldap")
@click.argument("name")
@settings
@password_fd
@no_test
def add_ldap(name: str, password_fd: int | None, no_test: bool, **given: Any) -> None:
    """Add a directory: its users sign in as USER@NAME, once they or a group of theirs have a role on something."""
    missing = [option for option, value in given.items() if not value and option not in ("timeout_s", "tls")]
    if missing:
        raise click.UsageError(f"Say {', '.join('--' + _option(one) for one in missing)} as well")
    given["tls"] = given["tls"] or LdapTls.LDAPS.value
    password = _password(password_fd)

    def described(tx: Transaction) -> LdapDirectory:
        """Raises what `check_directory` does."""
        sealed = tx.secrets.seal(password)
        directory = LdapDirectory(id=domain_id(name + AUTHZ), bind_password=sealed, **_values(given))
        check_directory(directory)
        return directory

    directory = observed(described)
    if not no_test:
        _report(DirectorySettings(name, directory, password), user="")
    with change(f"The domain {name} was added") as tx:
        add_directory(tx, name, directory)


@main.command("set")
@click.argument("name")
@settings
@password_fd
@click.option("--new-password", is_flag=True, help="Ask for another password of --bind-dn.")
@no_test
def set_directory(name: str, password_fd: int | None, new_password: bool, no_test: bool, **given: Any) -> None:
    """Change what was said of a directory; it counts from the next question to it."""
    there = observed(lambda tx: _there(tx, name))
    password = _password(password_fd) if new_password or password_fd is not None else there.bind_password

    def changed(tx: Transaction) -> LdapDirectory:
        """Raises what `check_directory` does."""
        before = _there(tx, name)
        directory = replace(before.directory, **_values(given))
        if password != before.bind_password:
            directory = replace(directory, bind_password=tx.secrets.seal(password))
        check_directory(directory)
        return directory

    asked = observed(changed)
    if not no_test:
        _report(DirectorySettings(name, asked, password), user="")
    with change(f"The domain {name} was changed") as tx:
        change_directory(tx, changed(tx))


@main.command("test")
@click.argument("name")
@click.option("--user", default="", help="Show this user and their groups, too.")
def test(name: str, user: str) -> None:
    """Ask a directory, and show what it answers."""
    _report(observed(lambda tx: _there(tx, name)), user=user)


@main.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Show what was said of a directory."""
    directory = observed(lambda tx: _there(tx, name)).directory
    for key in ("schema", "servers", "tls", "base_dn", "bind_dn", "timeout_s"):
        value = getattr(directory, key)
        click.echo(f"{_option(key) + ':':<10}{', '.join(value) if isinstance(value, tuple) else value}")
    click.echo(directory.authority_pem.rstrip())


@main.command("list")
def list_all() -> None:
    """Show all domains."""
    for domain in observed(lambda tx: tx.of(Domain).list()):
        click.echo(f"{domain.name.removesuffix(AUTHZ)}  {domain.kind}")


@main.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Remove a directory and end the sessions of its users, who stay known and cannot sign in."""
    with change(f"The domain {name} was removed") as tx:
        _there(tx, name)
        remove_directory(tx, name)


def _there(tx: Transaction, name: str) -> DirectorySettings:
    """Raises NoSuchName."""
    found = settings_of(tx, name + AUTHZ)
    if found is None:
        raise NoSuchName(kind="directory", name=name)
    return found


def _values(given: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in given.items() if value and name != "ca_file"}
    if given["ca_file"]:
        values["authority_pem"] = given["ca_file"].read_text()
    if "servers" in values:
        values["servers"] = tuple(values["servers"])
    kinds = {"tls": LdapTls, "schema": LdapSchema}
    return {name: kinds[name](value) if name in kinds else value for name, value in values.items()}


def _option(name: str) -> str:
    return {"servers": "server", "timeout_s": "timeout"}.get(name, name.replace("_", "-"))


def _password(fd: int | None) -> str:
    try:
        return secret("Password of --bind-dn", OPTION, fd)
    except Problem as err:
        raise click.ClickException(str(err)) from err


def _report(there: DirectorySettings, *, user: str) -> None:
    """Raises click.ClickException with what each server said."""
    try:
        asyncio.run(_ask(there, user))
    except Problem as err:
        raise click.ClickException(str(err)) from err


async def _ask(there: DirectorySettings, user: str) -> None:
    directories = LdapDirectories()
    people = await directories.users(there, Question(limit=5))
    shown = ", ".join(one.name for one in people) or "nobody"
    click.echo(f"The directory of {there.domain} answers; users are: {shown}{', …' if len(people) == 5 else ''}")
    if user:
        entry = await directories.find_user(there, user)
        if entry is None:
            raise NoSuchName(kind="user", name=user)
        groups = await directories.groups_of(there, entry)
        click.echo(f"{entry.name} is {entry.dn}, in the groups {', '.join(one.name for one in groups) or 'none'}")


if __name__ == "__main__":
    main()
