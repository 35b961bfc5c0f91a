"""`python -m hosted_engine.audit`: who did what, when and from where, in the engine's VM. The events of the API hold
the same, but not the addresses and sessions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from hosted_engine.engine.events.model import Event
from hosted_engine.engine.ports import Transaction
from hosted_engine.own_store import observed


@click.command()
@click.option("--user", default="", metavar="USER@DOMAIN", help="Only what this user did, or was refused.")
@click.option("--address", default="", help="Only what came from this address.")
@click.option("--session", default="", help="Only what was done in this session.")
@click.option("--since", default="", metavar="DATE", help="Only from then on, as 2027-01-31 or 2027-01-31T08:00 (UTC).")
@click.option("--last", default=100, type=click.IntRange(1, 100_000), help="So many, the newest (100).")
def main(user: str, address: str, session: str, since: str, last: int) -> None:
    """Show what users did: when, who, from which address, in which session, and what."""
    begin = _moment(since)
    equal: dict[str, Any] = {"address": address, "session_id": session}
    equal = {name: value for name, value in equal.items() if value}

    def observe(tx: Transaction) -> tuple[Mapping[str, str], list[Event]]:
        names = {one.id: one.login for one in tx.users.list()}
        return names, [one for one in tx.events.list(**equal) if _is_of(one, user, names, begin)][:last]

    names, found = observed(observe)
    for event in reversed(found):
        click.echo(_line(event, names))


def _is_of(event: Event, user: str, names: Mapping[str, str], begin: float) -> bool:
    """What nobody asked for, the engine's own, is left out."""
    if event.at < begin or not (event.user_id or event.address):
        return False
    return not user or names.get(event.user_id or "") == user or f" {user} " in f"{event.description} "


def _line(event: Event, names: Mapping[str, str]) -> str:
    at = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    who = names.get(event.user_id or "", event.user_id or "-")
    what = (event.name, event.description.replace("\n", " "))
    return "  ".join((at, who, event.address or "-", event.session_id or "-", event.correlation_id or "-", *what))


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text else 0.0
    except ValueError:
        raise click.BadParameter(f"{text} is no date such as 2027-01-31") from None


if __name__ == "__main__":
    main()
