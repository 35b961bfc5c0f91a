"""`trivet-join-codes`, in the engine's VM: approvals given beforehand, for unattended nodes."""

import time
from datetime import UTC, datetime

import click

from hosted_engine import config
from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.nodes.joining import preapprovals
from hosted_engine.engine.nodes.joining.preapprovals import Preapproval, PreapprovalKind
from hosted_engine.engine.nodes.joining.registrations import default_cluster_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NoSuchName, found
from hosted_engine.own_store import note, observed, transaction
from node.fingerprint import format_proquints
from node.tls import certificate_fingerprint

HOURS = click.option(
    "--hours",
    type=click.IntRange(preapprovals.LEAST_HOURS, preapprovals.MOST_HOURS),
    default=24,
    show_default=True,
    help="How long it is good.",
)
CLUSTER = click.option("--cluster", metavar="NAME", default="", help="Where the node comes to; without: Default.")


@click.group()
def main() -> None:
    """Join codes and serial numbers: each lets one machine join once, without an approval by hand."""


@main.command("add")
@CLUSTER
@HOURS
def add(cluster: str, hours: int) -> None:
    """Make a join code. It is shown now and never again."""
    now = time.time()
    with transaction() as tx:
        made, code = preapprovals.add_code(tx, _cluster_id(tx, cluster), hours, now)
        note(tx, f"A {made.label} was made")
    click.echo(f"code: {code}")
    click.echo(f"id: {made.id}")
    click.echo(f"expires: {_time(made.expires_at)}")
    click.echo(f"engine's words: {_format_fingerprint()}")


@main.command("add-serial")
@click.argument("serial")
@CLUSTER
@HOURS
def add_serial(serial: str, cluster: str, hours: int) -> None:
    """Approve the machine with this serial number.

    A serial number is no secret: any machine that reaches the engine and says it first is taken in. Make a join code
    where others may ask.
    """
    now = time.time()
    with transaction() as tx:
        made = preapprovals.add_serial(tx, serial, _cluster_id(tx, cluster), hours, now)
        note(tx, f"The {made.label} was approved")
    click.echo(f"id: {made.id}")
    click.echo(f"expires: {_time(made.expires_at)}")


@main.command("words")
def show_fingerprint() -> None:
    """Show the engine's words, which a node that joins has to show as well."""
    click.echo(_format_fingerprint())


@main.command("list")
def list_all() -> None:
    """Show them all, without the codes themselves, which nobody knows any more."""
    now = time.time()
    approvals = observed(lambda tx: tx.of(Preapproval).list())
    clusters = {one.id: one.name for one in observed(lambda tx: tx.of(Cluster).list())}
    hosts = {node.id: node.name for node in observed(lambda tx: tx.nodes.list())}
    for one in approvals:
        what = one.value if one.kind is PreapprovalKind.SERIAL else ""
        used = f"by host {hosts.get(one.node_id, one.node_id)} at {_time(one.used_at)}" if one.used_at else ""
        until = f"until {_time(one.expires_at)}" if not one.used_at else ""
        parts = (one.id, one.kind.value, one.state(now).value, clusters.get(one.cluster_id, ""), what, used or until)
        click.echo("  ".join(part for part in parts if part))


@main.command("revoke")
@click.argument("id_", metavar="ID")
def revoke(id_: str) -> None:
    """Take one back. A machine that has used it and is not approved yet has to be approved by hand."""
    with transaction() as tx:
        approval = found(tx.of(Preapproval).get(id_), "join code or approved serial number", id_)
        tx.of(Preapproval).remove(id_)
        note(tx, f"The {approval.label} was revoked")
    click.echo(f"The {approval.label} was revoked.")


def _format_fingerprint() -> str:
    return format_proquints(certificate_fingerprint(config.load().certificate.read_text()))


def _cluster_id(tx: Transaction, name: str) -> str:
    if not name:
        return default_cluster_id(tx)
    named = tx.clusters.list(name=name)
    if not named:
        raise NoSuchName(kind="cluster", name=name)
    return named[0].id


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


if __name__ == "__main__":
    main()
