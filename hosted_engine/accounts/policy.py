"""The policy of passwords of the internal domain."""

from typing import Any

import click

from hosted_engine.accounts.command import main
from hosted_engine.engine.users.account_changes import OLD_PASSWORDS
from hosted_engine.engine.users.domains import INTERNAL, domain_id
from hosted_engine.engine.users.password_policy import PasswordPolicy, policy_of
from hosted_engine.own_store import note, transaction


@main.command("policy")
@click.option("--min-length", type=click.IntRange(1, 64), help="Characters that a password has at least.")
@click.option("--history", type=click.IntRange(0, OLD_PASSWORDS + 1), help="The last so many may not come again.")
@click.option("--valid-days", type=click.IntRange(0, 3650), help="How long a password is good; 0: it does not expire.")
def policy(**given: Any) -> None:
    """Show, or change, which passwords are taken; it counts for the next ones, --valid-days for all at once."""
    changed = {name: value for name, value in given.items() if value is not None}
    with transaction() as tx:
        there = policy_of(tx, domain_id(INTERNAL))
        now = PasswordPolicy(
            **{name: changed.get(name, getattr(there, name)) for name in PasswordPolicy.__dataclass_fields__}
        )
        if changed:
            known = tx.of(PasswordPolicy)
            known.update(now) if known.get(now.id) else known.add(now)
            values = ", ".join(f"{name} {value}" for name, value in changed.items())
            note(tx, f"The policy of passwords was changed ({values})")
    click.echo(f"min-length: {now.min_length}\nhistory:    {now.history}\nvalid-days: {now.valid_days or 'no end'}")
