"""The commands that change the network: apply, confirm, rollback."""

import json
import sys
from collections.abc import Sequence
from typing import IO

import click

from netconf import text
from netconf.change_store import ChangeStore
from netconf.command.environment import Environment, as_json, backend, network, network_of_pending, run_to_end
from netconf.command.proofs import KeyPressed, asked, default_proofs
from netconf.command.showing import format_warnings, previewed, report_preview
from netconf.document import parse
from netconf.errors import Refused
from netconf.facade import WITHIN_S
from netconf.model import Change, Checkpoint
from netconf.proofs.proof import Proof
from netconf.proven import change_proven

_CONFIRM_BY = "gateway, peer=ADDRESS[:PORT], site, engine, name=HOST, key, nothing; more with commas. Usually key on a"
_CONFIRM_BY += " terminal, else gateway, whoever this machine talks to, and the name servers."
_ONLY_KERNEL = (
    "NetworkManager does not run, so the next boot forgets this: trivet-node gives it to NetworkManager as soon as that"
)
_ONLY_KERNEL += " is there, and `trivet net start` makes it again where neither is."
_WITHIN = "Everything is back after so long unless it is confirmed."


class NothingWaits(Refused):
    what = "There is nothing to confirm"
    why = "{reason}"
    mend = "Ask for the change again (`trivet net apply`) and confirm it in time"


@click.command()
@click.argument("document", type=click.File(encoding="utf-8"), default="-")
@click.option("--within", type=click.IntRange(5, 600), default=WITHIN_S, show_default=True, metavar="S", help=_WITHIN)
@click.option("--confirm-by", metavar="PROOF", help=_CONFIRM_BY)
@click.option("--dry-run", is_flag=True, help="Say what would be changed and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before it begins.")
@as_json
@backend
def apply(
    document: IO[str], within: int, confirm_by: str | None, dry_run: bool, yes: bool, as_json: bool, backend: str | None
) -> None:
    """Make the network as DOCUMENT (YAML or JSON; standard input without it) describes it.

    It is kept only when what --confirm-by names is true over the changed network. Else everything is back when the
    time is over, whatever dies meanwhile. Ends with 0 when it is kept (or, with `nothing`, waits to be), with 1 when
    the earlier configuration is back.

    \b
    gateway              every default gateway answers packets as large as the MTU
    peer=ADDRESS[:PORT]  that machine answers a ping, or takes a connection at PORT
    site                 one of the site's other nodes answers
    engine               the site's engine answers
    name=HOST            that name can be resolved
    key                  you press Enter
    nothing              it waits for `trivet net confirm`

    Without a terminal and without --confirm-by the gateway has to answer, and every machine that this one has an open
    TCP connection with, as far as it answers right before the change: a ping, or at the connection's port; whoever asks
    over SSH also by acknowledging what they are told. Where a name server answers right before the change, one has to
    after it. A change that leaves one of them behind on purpose needs --confirm-by.
    """
    desired = document.read()
    on_terminal = sys.stderr.isatty()
    proofs: tuple[Proof, ...] | None = (KeyPressed(),) if on_terminal else None
    if confirm_by is not None:
        proofs = asked(confirm_by)
    found = run_to_end(previewed(desired, backend))
    if dry_run or not found.steps:
        report_preview(found, as_json=as_json)
        return
    _report(
        "\n".join(
            (
                "This will be changed:",
                *(f"  {step.description}" for step in found.steps),
                *format_warnings(found.warnings),
            )
        )
    )
    if on_terminal and not yes and not any(isinstance(proof, KeyPressed) for proof in proofs or ()):
        click.confirm("Change it?", abort=True, err=True)
    if proofs is None:
        proofs = run_to_end(default_proofs(parse(text.read(desired)), network(backend).name_servers, _report))
    _report(f"Changing. Everything is back after {within} s unless it is confirmed")
    change, by = run_to_end(_changed(desired, proofs, within, backend))
    _report_end(change, confirmed=bool(proofs), as_json=as_json)
    if by == "kernel":
        _report(_ONLY_KERNEL)


@click.command()
@click.argument("checkpoint", required=False)
@backend
def confirm(checkpoint: str | None, backend: str | None) -> None:
    """Keep the change that waits to be confirmed, over reboots too. CHECKPOINT, as `apply` named it, makes sure that it
    is that one."""
    run_to_end(_confirmed(checkpoint, backend))
    click.echo("The change is kept")


@click.command()
@backend
def rollback(backend: str | None) -> None:
    """Take back the change that waits to be confirmed, if there is one."""
    click.echo(run_to_end(_rolled_back(backend)))


@click.command()
@backend
def start(backend: str | None) -> None:
    """Make the network as it was last confirmed: at the boot of a machine without NetworkManager, which does it by
    itself."""
    change = run_to_end(_started(backend))
    click.echo("\n".join(change.descriptions) if change.descriptions else "The network is already so")


async def _started(backend: str | None) -> Change:
    return await network(backend).apply_confirmed()


async def _changed(document: str, proofs: Sequence[Proof], within_s: int, backend: str | None) -> tuple[Change, str]:
    host = network(backend)
    return await change_proven(host, text.read(document), proofs, within_s=within_s, report=_report), host.backend


async def _confirmed(wanted: str | None, backend: str | None) -> None:
    pending = ChangeStore(Environment.here().folder).pending()
    host = network_of_pending(backend)
    if wanted is not None:
        await host.confirm(Checkpoint(wanted))
    elif pending is not None and pending.checkpoint is not None:
        await host.confirm(pending.checkpoint)
    elif pending is not None:
        raise NothingWaits(reason="the change is still being made")
    else:
        last = host.last()
        raise NothingWaits(reason="no change waits" if last is None else f"the last one has ended: {last.why}")


async def _rolled_back(backend: str | None) -> str:
    pending = ChangeStore(Environment.here().folder).pending()
    host = network_of_pending(backend)
    if pending is None or pending.checkpoint is None:
        await host.roll_back_unconfirmed()
        return "No change waited to be confirmed" if pending is None else "The earlier configuration is back"
    await host.roll_back(pending.checkpoint)
    return "The earlier configuration is back"


def _report(message: str) -> None:
    """To people: standard output is for what comes of it."""
    click.echo(message, err=True)


def _report_end(change: Change, *, confirmed: bool, as_json: bool) -> None:
    checkpoint = change.checkpoint.id if change.checkpoint is not None else None
    if as_json:
        found = {"changed": change.changed, "kept": confirmed, "checkpoint": checkpoint, "says": change.descriptions}
        found["warnings"] = change.warnings
        click.echo(json.dumps(found, indent=2))
    elif confirmed or checkpoint is None:
        click.echo("The change is kept" if change.changed else "The network is already so")
    else:
        click.echo(f"The change waits to be confirmed: trivet net confirm {checkpoint}")
