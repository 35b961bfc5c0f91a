"""All sessions, of whichever domain their users are."""

import time

import click

from hosted_engine.accounts.command import main, shown_time
from hosted_engine.engine.users.sessions import find_session, is_current, terminate
from hosted_engine.own_store import by_root, observed, transaction


@main.command("sessions")
@click.argument("login", required=False, metavar="[NAME@DOMAIN]")
def sessions(login: str | None) -> None:
    """Show who is signed in, from where and since when: all, or those of one user."""
    which, now = {"login": login} if login else {}, time.time()
    for one in sorted(observed(lambda tx: tx.sessions.list(**which)), key=lambda one: one.created_at):
        if is_current(one, now):
            since, used = shown_time(one.created_at), shown_time(one.last_used_at)
            click.echo(f"{one.shown_id}  {one.login}  from {one.address or '?'}  since {since}  used {used}")


@main.command("end-session")
@click.argument("session")
def end_session(session: str) -> None:
    """End one session, named as `sessions` shows it."""
    with transaction() as tx:
        found = find_session(tx, session)
        terminate(tx, found, by_root())
    click.echo(f"Session {found.shown_id} of {found.login} was ended.")


@main.command("end-sessions")
@click.argument("login", metavar="NAME@DOMAIN")
def end_sessions(login: str) -> None:
    """End all sessions of one user. Whoever knows the password signs in again: see disable."""
    with transaction() as tx:
        found = tx.sessions.list(login=login)
        for one in found:
            terminate(tx, one, by_root())
    click.echo(f"{len(found)} sessions of {login} were ended.")
