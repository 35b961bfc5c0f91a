"""`trivet node recover-certificates`: the way back for a node whose certificates have run out, at its own console."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from hosted_engine.authority import validity
from hosted_engine.deploy import recovery
from hosted_engine.deploy.certificate_recovery import find_recovery_file, make_claim
from hosted_engine.deploy.folder import DEFAULT_FOLDER
from hosted_engine.deploy.here import NoSite
from hosted_engine.deploy.recovering import ask_code
from node import config
from node.api.messages.identity import Claim
from node.api.problems import Problem, Refused
from node.clock import Clock, SystemClock
from node.config import Config
from node.observe.addresses import own_addresses
from node.registration.credentials import request_pem, why_not_certificate
from node.registration.membership import Membership
from node.system.files import write_durable
from node.system.process import CommandFailed, run

AGENT = "trivet-node.service"
RESTART_S = 300


class NotConfirmed(Refused):
    what = "No certificate was made"
    why = "nobody has confirmed that this node's clock is right ({now})"
    mend = "Set the clock (timedatectl), then say --yes: certificates begin with the time at which they are made"


class KeyDamaged(Refused):
    what = "No certificate was made"
    why = "this node's own key cannot be used: {reason}"
    mend = "Remove the host in the engine with force, install the machine anew and let it join"


@click.command("recover-certificates")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="The recovery file, from elsewhere.")
@click.option("--code-fd", type=int, metavar="N", help="Read the recovery code from this file descriptor.")
@click.option("--yes", is_flag=True, help="This node's clock is right.")
@click.option("--folder", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, hidden=True)
def recover_certificates(file: Path | None, code_fd: int | None, yes: bool, folder: Path) -> None:
    """Make this node's certificates anew, with the site's recovery code. Needs root.

    For a site whose certificates have run out while it was off, or whose clocks have jumped, so that no engine renews
    them; also where the node's own certificate files are damaged. Set the clocks right first. Run it on each node:
    Gluster, and with it the engine, comes back when the nodes trust each other again, and the engine renews the rest.
    """
    try:
        settings = config.load()
        clock = SystemClock()
        _confirm_clock(clock.now(), yes=yes)
        claim = recover(settings, file, folder, clock, code_fd=code_fd)
    except Problem as err:
        raise click.ClickException(str(err)) from err
    click.echo(f"This node's certificate is valid until {_until(claim.certificate_pem)}.")
    try:
        run("systemctl", "restart", AGENT, timeout_s=RESTART_S)
    except CommandFailed as err:
        text = f"The agent was not started anew: {err.text.why}. Run: systemctl restart {AGENT}"
        raise click.ClickException(text) from err
    click.echo("The agent was started anew. Run this on the other nodes as well, then look at: trivet gluster status")


def recover(
    settings: Config,
    file: Path | None,
    folder: Path,
    clock: Clock,
    *,
    code_fd: int | None,
    addresses: Callable[[], Sequence[str]] = own_addresses,
) -> Claim:
    """What a member of a site has from now on; the agent has to be started anew. The same again makes it anew. Raises
    Problem."""
    own = settings.own_folder
    membership = Membership(
        own, settings.node_name, clock=clock, addresses=addresses, on_membership_changed=_nobody, trusts=()
    )
    if not membership.claimed:
        raise NoSite
    try:
        request = request_pem(membership.key(), settings.node_name, addresses())
    except (OSError, ValueError) as err:
        raise KeyDamaged(reason=str(err)) from err
    path, text = (file, file.read_bytes()) if file is not None else find_recovery_file(settings, folder)
    click.echo(f"The recovery file of site {recovery.site_of(text)}: {path}", err=True)
    content = recovery.unseal(text, ask_code(code_fd))
    known = membership.authority_file.read_text(errors="replace")
    is_known = why_not_certificate(known) is None
    claim = make_claim(content, known if is_known else None, request, settings.node_name, addresses(), now=clock.now())
    if not is_known:
        write_durable(membership.authority_file, claim.authority_pem, mode=0o644)
    membership.claim(claim)
    return claim


def _confirm_clock(now: float, *, yes: bool) -> None:
    """Raises NotConfirmed."""
    shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if yes:
        return
    if not sys.stdin.isatty() or not click.confirm(f"This node's clock says {shown}. Is that right?", default=False):
        raise NotConfirmed(now=shown)


def _until(certificate_pem: str) -> str:
    return datetime.fromtimestamp(validity(certificate_pem)[1], UTC).strftime("%Y-%m-%d")


def _nobody() -> None:
    """The agent is another process: it is started anew."""
