"""Accounts of programs: each has a long random secret, which is shown once."""

import click

from hosted_engine.accounts.command import main, moment, shown_time
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.users import account_changes as changes
from hosted_engine.engine.users.accounts import Account
from hosted_engine.own_store import by_root, note, transaction
from hosted_engine.passwords import hash_password, new_secret

valid_to = click.option("--valid-to", default="never", metavar="DATE", help="Until when the secret is good.")


@main.command("add-service")
@click.argument("name")
@valid_to
def add_service(name: str, valid_to: str) -> None:
    """Make an account for a program, and show its secret, once, on standard output."""
    until = moment(valid_to)
    with transaction() as tx:
        account = changes.add_account(tx, changes.new_account(name, service=True))
        note(tx, f"The service account {name} was made")
        secret = _give_secret(tx, account, until)
    _show(secret, f"The service account {name} was made; its secret is good until: {shown_time(until)}.")


@main.command("renew-secret")
@click.argument("name")
@valid_to
def renew_secret(name: str, valid_to: str) -> None:
    """Give a service account another secret, which is shown once, and end its sessions."""
    until = moment(valid_to)
    with transaction() as tx:
        account = changes.find_account(tx, name)
        if not account.service:
            raise click.UsageError(f"{name} is a person's account: give it a password with set-password")
        secret = _give_secret(tx, account, until)
    _show(secret, f"The secret of {name} was renewed; it is good until: {shown_time(until)}.")


def _give_secret(tx: Transaction, account: Account, until: float | None) -> str:
    secret, context = new_secret(), by_root()
    hashed = hash_password(secret)
    changes.password_set(tx, account, hashed, caller=context.caller, now=context.now, expires_at=until)
    return secret


def _show(secret: str, report: str) -> None:
    """The secret alone on standard output, so that it can be led into where it is kept."""
    click.echo(report, err=True)
    click.echo(secret)
