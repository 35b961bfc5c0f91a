"""`trivet node …`: the versions of Trivet on this node and how healthy it is, on the command line."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import msgspec

from node import config
from node.api.problems import Problem
from node.clock import SystemClock
from node.observe.addresses import own_addresses
from node.system.process import run
from node.upgrade.format import (
    ProgressLines,
    format_findings,
    format_status,
    rollback_json,
    status_json,
    upgrade_json,
)
from node.upgrade.health import NodeHealth
from node.upgrade.node_versions import NodeVersions
from node.upgrade.reboot import Observe
from node.upgrade.saved_addresses import saved_addresses

_DRY = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
_STAY = click.option("--no-reboot", is_flag=True, help="Leave the reboot to somebody else.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


def make_group(observe_pool: Observe, make: Callable[[Observe], NodeVersions] | None = None) -> click.Group:
    """The commands; `observe_pool` looks at the storage as this server sees it."""
    make_versions = make or on_this_machine

    @click.group()
    @click.pass_context
    def node(context: click.Context) -> None:
        """The versions of Trivet on this node, and its health. Needs root."""
        context.obj = lambda: make_versions(observe_pool)

    for command in (upgrade, rollback, status, health, bless):
        node.add_command(command)
    return node


def on_this_machine(observe_pool: Observe) -> NodeVersions:
    settings = config.load()
    observe_health = NodeHealth(settings, run, wanted=saved_addresses, present=own_addresses).observe
    return NodeVersions(settings, run, SystemClock(), observe_pool=observe_pool, observe_health=observe_health)


@click.command()
@click.argument("source", metavar="FILE|URL", required=False)
@_DRY
@_STAY
@click.option(
    "--why-not",
    is_flag=True,
    help="Say what stands against rebooting this node now, and do nothing; exit status 1 when something does.",
)
@_JSON
@click.pass_obj
def upgrade(
    make: Callable[[], NodeVersions], source: str | None, dry_run: bool, no_reboot: bool, why_not: bool, as_json: bool
) -> None:
    """Upgrade this node to the version on a medium: FILE is its ISO, URL is where it is fetched from, https:// alone.

    It is written to the other slot of the system disk, compared bit by bit, and started by a reboot, as soon as storage
    and VMs can do without this node; if they cannot, the upgrade waits for a reboot and says why. A version that is
    not healthy (`trivet node health`) after three boots is given up by itself for the one that runs now. Until then it
    is the only one to go back to. What a power cut interrupts goes on with the same command.
    """
    with _problems(as_json):
        versions = make()
        if why_not:
            _print_why_not(versions.why_not_reboot(), as_json)
            return
        if source is None:
            raise click.UsageError("Give the ISO of the version, or its https:// address.")
        lines = ProgressLines(lambda line: click.echo(line, err=as_json), SystemClock())
        with versions.plan_upgrade(source, lines) as (plan, folder):
            if dry_run:
                _echo(upgrade_json(plan), "\n".join(plan.lines), as_json)
                return
            for line in plan.lines:
                lines.print_line(line)
            asyncio.run(versions.upgrade(plan, folder, lines))
        versions.forget_download()
        _reboot(versions, no_reboot, f"Trivet {plan.version} is written", upgrade_json(plan), as_json)


@click.command()
@_DRY
@_STAY
@_JSON
@click.pass_obj
def rollback(make: Callable[[], NodeVersions], dry_run: bool, no_reboot: bool, as_json: bool) -> None:
    """Go back to the version in the other slot: the running one is marked bad, the node reboots as after an upgrade.

    An upgrade that waits for its reboot is dropped, without one. Refused when there is no other good version.
    """
    with _problems(as_json):
        versions = make()
        if dry_run:
            plan = versions.plan_rollback()
            _echo(rollback_json(plan), "\n".join(plan.lines), as_json)
            return
        plan = versions.roll_back()
        if not plan.reboots:
            _echo(rollback_json(plan), plan.lines[0], as_json)
            return
        _reboot(versions, no_reboot, plan.lines[0], rollback_json(plan), as_json)


@click.command()
@_JSON
@click.pass_obj
def status(make: Callable[[], NodeVersions], as_json: bool) -> None:
    """Say which version runs, what is in the other slot, and what the last upgrade came to."""
    with _problems(as_json):
        found = make().status()
        _echo(status_json(*found), format_status(*found), as_json)


@click.command()
@click.option("--within", "within_s", type=click.FloatRange(0), default=0.0, metavar="S", help="Wait so many seconds.")
@click.option("--boot", "of_boot", is_flag=True, help="Write it down as how this boot went (trivet-health.service).")
@_JSON
@click.pass_obj
def health(make: Callable[[], NodeVersions], within_s: float, of_boot: bool, as_json: bool) -> None:
    """Say whether this node is healthy: agent, Gluster, libvirt, addresses. The exit status is 1 when it is not."""
    with _problems(as_json):
        versions = make()
        found = asyncio.run(versions.health(within_s))
        if of_boot:
            versions.remember(found)
        _echo(msgspec.to_builtins(found) | {"healthy": found.is_healthy}, format_findings(found.findings), as_json)
        if not found.is_healthy:
            sys.exit(1)


@click.command(hidden=True)
@click.pass_obj
def bless(make: Callable[[], NodeVersions]) -> None:
    """Call the version good that this boot is a try of (trivet-bless.service)."""
    with _problems(as_json=False):
        click.echo(make().bless())


def _reboot(versions: NodeVersions, no_reboot: bool, done: str, fields: dict[str, Any], as_json: bool) -> None:
    reasons = () if no_reboot else versions.why_not_reboot()
    will = not no_reboot and not reasons
    text = f"{done}, and this node reboots now" if will else f"{done} and waits for a reboot of this node"
    if reasons:
        text += _against(reasons)
    _echo(fields | {"reboots_now": will, "why_not": reasons}, text, as_json)
    if will:
        versions.reboot()


def _print_why_not(reasons: tuple[str, ...], as_json: bool) -> None:
    text = f"Not now{_against(reasons)}" if reasons else "Nothing stands against rebooting this node now"
    _echo({"why_not": reasons}, text, as_json)
    if reasons:
        sys.exit(1)


def _against(reasons: tuple[str, ...]) -> str:
    listed = "".join(f"\n- {reason}" for reason in reasons)
    return f". Against rebooting now:{listed}\n`trivet node upgrade --why-not` says when nothing does, then reboot"


def _echo(fields: dict[str, Any], text: str, as_json: bool) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(fields)) if as_json else text)


@contextmanager
def _problems(as_json: bool) -> Iterator[None]:
    try:
        yield
    except Problem as err:
        if not as_json:
            raise click.ClickException(str(err)) from err
        click.echo(msgspec.json.format(msgspec.json.encode({"problem": err.text})))
        sys.exit(1)
    except OSError as err:
        raise click.ClickException(f"{err.filename or 'A file'}: {err.strerror or err}") from err
