"""What all commands share: the engine's database, who is at work, secrets, times."""

from datetime import UTC, datetime

import click

from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.password_policy import check_password, policy_of
from hosted_engine.own_store import observed
from hosted_engine.passwords import hash_password, matches
from node.api.problems import Problem
from node.secret_prompt import secret

OPTION = "--password-fd"

password_fd = click.option(OPTION, type=int, metavar="N", help="Read the password from this file descriptor.")
force = click.option("--force", is_flag=True, help="Whatever the policy of passwords says.")
must_change = click.option("--must-change", is_flag=True, help="It is good for nothing but to be changed.")


@click.group()
def main() -> None:
    """Accounts and groups of the internal domain, and all sessions.

    An account signs in as NAME@internal once it has a role on something, which is given through the API.
    """


def new_password(account: Account, fd: int | None, *, force: bool) -> str:
    """Its hash. The policy has its say before the database is held."""
    try:
        typed = secret("Password", OPTION, fd)
        if not force:
            policy = observed(lambda tx: policy_of(tx, account.domain_id))
            check_password(typed, account, policy, matches)
        return hash_password(typed)
    except Problem as err:
        raise click.ClickException(str(err)) from err


def moment(text: str) -> float | None:
    """`never`, or a day or a time of UTC as ISO 8601 has it. Raises click.BadParameter."""
    if text == "never":
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise click.BadParameter(f"{text} is neither 'never' nor a date such as 2027-01-31") from None


def shown_time(at: float | None) -> str:
    return "never" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
