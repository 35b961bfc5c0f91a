"""`trivet ha status`, `why`, `history`, `maintenance`: the state of high availability on a node's terminal."""

import time
from datetime import datetime
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from hosted_engine.ha.command_arguments import as_json_option, asked
from hosted_engine.ha.engine_vm_choice import format_state, state_of
from hosted_engine.ha.failover import Cause, Failover, timeline
from hosted_engine.ha.host_watchdog import NO_WATCHDOG, has_watchdog
from hosted_engine.ha.records import Entry
from hosted_engine.ha.site_reader import NoDaemon, ObservedSite, SiteReader
from hosted_engine.ha.states import Fencing
from hosted_engine.ha.whiteboard import BadBlock, ClusterBlock, HostBlock
from node import config
from node.api.engine_vm import has_failed, shape_of, why_failed
from node.api.messages.ha import EngineVmReport
from node.system.process import run

NO_FAILOVER = "No failover has been measured"
CAUSES: dict[str, str] = {
    Cause.HOST_LOST: "the host was lost",
    Cause.VM_ENDED: "the engine VM ended",
    Cause.MAINTENANCE: "the host went into maintenance",
}
FULL = (
    "Volume engine is full: an engine that pauses for it goes on when there is room, and is not restarted. "
    "See what fills it: trivet gluster status"
)


@click.command()
@as_json_option
def status(as_json: bool) -> None:
    """Show every host: its state, its score, and where the engine is.

    Reads the whiteboard on the engine volume; whether a host lives is what this node's daemon has seen, and whether
    there is a watchdog is said of this node alone.
    """
    site = SiteReader(config.load())
    found, daemon, watchdog = asked(site.site), _daemon(site), has_watchdog(run)
    silent = _unseen_s(daemon)
    monitors = daemon.get("monitors", {})
    if as_json:
        more = {"monitors": monitors, "watchdog_here": watchdog}
        click.echo(msgspec.json.encode(format_status(found, silent) | more))
    else:
        _show(found, silent)
        _show_monitors(monitors)
        for text in daemon.get("troubles", ()):
            click.echo(text)
        if watchdog is False:
            click.echo(NO_WATCHDOG)


@click.command()
@as_json_option
def why(as_json: bool) -> None:
    """Say what this host does about the engine right now, and why; its score and what it lost points for."""
    found = asked(SiteReader(config.load()).daemon)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    decision, troubles = found["decision"], {n: m["error"] for n, m in found["monitors"].items() if m["error"]}
    click.echo(f"{decision['state']}: {decision['reason']} ({_age(found['at'])} ago)")
    if decision["action"] != "none":
        click.echo(f"does: {decision['action']}")
    click.echo(f"engine VM here: {decision['vm']}, health: {decision['health']}, lease: {decision['lease']}")
    click.echo(f"score {decision['score']}")
    for penalty in found["penalties"]:
        click.echo(f"  -{penalty['points']:<5} {penalty['reason']}: {penalty['why']}")
    for name, error in troubles.items():
        click.echo(f"trouble: {name}: {error}")
    for text in found.get("troubles", ()):
        click.echo(f"trouble: {text}")
    for peer in found.get("peers", ()):
        if peer.get("fencing") == Fencing.FAILED:
            name = peer["block"].get("name") or f"host {peer['host_id']}"
            click.echo(f"trouble: the fence device of {name} does not answer: trivet ha fence test {name}")
    if found.get("storage", {}).get("full"):
        click.echo(f"trouble: {FULL}")
    if (bad := found.get("cluster_block")) not in ("good", "", None):
        click.echo(f"trouble: {format_cluster_block(bad)}")


@click.command()
@click.option("--lines", "-n", default=50, show_default=True, help="How many of the last changes.")
@click.option("--failover", is_flag=True, help="The last failover of the site with its timeline; with --json all.")
@as_json_option
def history(lines: int, failover: bool, as_json: bool) -> None:
    """List what changed on this host: states, decisions with their reasons, how actions ended."""
    site = SiteReader(config.load())
    if failover:
        found = asked(site.failovers)
        click.echo(msgspec.json.encode(found) if as_json else format_timeline(found[-1]) if found else NO_FAILOVER)
        return
    entries = site.history()[-lines:]
    if as_json:
        click.echo(msgspec.json.encode(entries))
        return
    for entry in entries:
        click.echo(format_entry(entry))


@click.command()
@click.argument("mode", type=click.Choice(["global", "local", "none"]))
@click.option("--force", is_flag=True, help="Write over a block of the cluster that a later version wrote.")
@click.option("--reason", default="", help="Of a local maintenance; the engine's API shows it with the host.")
@as_json_option
def maintenance(mode: str, force: bool, reason: str, as_json: bool) -> None:
    """Begin a maintenance, beside one that is there: `global` (no host starts, stops or moves the engine) or `local`
    (this host gives the engine away and takes none). `none` ends both, of other hosts only the global one.

    `global` and `none` make the cluster's block anew when it is damaged. The engine's API shows a local maintenance as
    the host's status `maintenance`, and begins and ends the same one.
    """
    if reason and mode != "local":
        raise click.UsageError("--reason goes with a local maintenance only")
    settings = config.load()
    site = SiteReader(settings)
    if mode != "global":
        asked(lambda: site.set_local_maintenance(mode == "local", reason))
    if mode != "local":
        asked(lambda: site.set_global_maintenance(mode == "global", settings.node_name, force=force))
    click.echo(msgspec.json.encode({"maintenance": mode}) if as_json else f"Maintenance: {mode}")


@click.command()
@as_json_option
def restart(as_json: bool) -> None:
    """Stop the engine VM that runs on this node and start it again, on whatever node is the fittest.

    Its guest is asked first. It starts with the memory and the processors that were asked for last. Returns at once:
    see `trivet ha status`.
    """
    asked(SiteReader(config.load()).ask_for_restart)
    click.echo(msgspec.json.encode({"restart": "asked"}) if as_json else "The engine VM is being restarted")


def format_status(found: ObservedSite, unseen_s: dict[int, float]) -> dict[str, Any]:
    """The site for machines. `silent_s`: how long this node has not seen the host write; null of itself."""
    cluster = found.cluster
    hosts = [
        {
            "name": node.name,
            "host_id": node.host_id,
            "silent_s": unseen_s.get(node.host_id),
            **_format_block(found.blocks[node.host_id]),
        }
        for node in found.site.nodes
    ]
    known = isinstance(cluster, ClusterBlock)
    return {
        "site": found.site.name,
        "global_maintenance": cluster.global_maintenance if isinstance(cluster, ClusterBlock) else None,
        "cluster_block": "good" if known else str(cluster),
        "storage_full": found.full,
        "engine_vm": _format_engine_vm(found.engine_vm) if found.engine_vm is not None else None,
        "last_failover": msgspec.to_builtins(found.failovers[-1]) if found.failovers else None,
        "hosts": hosts,
    }


def _format_engine_vm(files: EngineVmReport) -> dict[str, Any]:
    """`state`: see engine_vm_choice.state_of."""
    found = {"wanted": files.wanted, "good": files.good, "tried": files.tried.config if files.tried else None}
    shapes = {name: msgspec.to_builtins(shape_of(one)) if one is not None else None for name, one in found.items()}
    return {"state": state_of(files), "why": why_failed(files) if has_failed(files) else "", **shapes}


def format_cluster_block(bad: str) -> str:
    newer = bad == BadBlock.FUTURE_VERSION
    what = (
        "A later version wrote the cluster's block" if newer else f"Both copies of the cluster's block are bad ({bad})"
    )
    return (
        f"{what}: nobody knows whether there is global maintenance. Hosts go by what they read last; one that never "
        f"read it starts nothing. Write it anew: trivet ha maintenance none{' --force' if newer else ''}, or global"
    )


def format_entry(entry: Entry) -> str:
    action = f" [{entry.action}]" if entry.action != "none" else ""
    outcome = f"; {entry.outcome}" if entry.outcome else ""
    return f"{_at(entry.at)} {entry.state}{action} {entry.reason} (score {entry.score}, lease {entry.lease}{outcome})"


def format_failover(one: Failover) -> str:
    """In one line."""
    healthy = "not healthy yet" if one.healthy_s is None else f"healthy after {one.healthy_s:.0f} s"
    return (
        f"Last failover: {_at(one.at)}, {one.from_host} to {one.to_host} ({CAUSES.get(one.cause, one.cause)}), "
        f"detected after {one.detected_s:.0f} s, start after {one.started_s:.0f} s, {healthy}"
    )


def format_timeline(one: Failover) -> str:
    failed = f"; {one.failed_starts} starts failed before" if one.failed_starts else ""
    head = f"{_at(one.at)} {one.from_host} to {one.to_host}: {CAUSES.get(one.cause, one.cause)}{failed}"
    return "\n".join([head, *(f"{seconds:>8.1f} s  {what}" for seconds, what in timeline(one))])


def _at(wall: float) -> str:
    return datetime.fromtimestamp(wall).strftime("%Y-%m-%d %H:%M:%S")


def _format_block(block: HostBlock | Any) -> dict[str, Any]:
    if not isinstance(block, HostBlock):
        return {"block": str(block)}
    return {
        "block": "good",
        "state": block.state,
        "score": block.score,
        "vm": block.vm,
        "health": block.health,
        "local_maintenance": block.local_maintenance,
        "written_at": block.written_at,
    }


def _show(found: ObservedSite, unseen_s: dict[int, float]) -> None:
    console = Console(highlight=False)
    table = Table(title=f"High availability of the engine, site {found.site.name}")
    for column in ("host", "id", "state", "score", "engine VM", "health", "seen"):
        table.add_column(column)
    for node in found.site.nodes:
        block = found.blocks[node.host_id]
        observed = f"{unseen_s[node.host_id]:.0f} s ago" if node.host_id in unseen_s else "here"
        if isinstance(block, HostBlock):
            table.add_row(node.name, str(node.host_id), block.state, str(block.score), block.vm, block.health, observed)
        else:
            table.add_row(node.name, str(node.host_id), f"its block is {block}", "", "", "", observed)
    console.print(table)
    if not isinstance(found.cluster, ClusterBlock):
        console.print(format_cluster_block(found.cluster))
    elif found.cluster.global_maintenance:
        console.print(f"Global maintenance, set on {found.cluster.set_by}")
    if found.full:
        console.print(FULL)
    if found.engine_vm is not None and (text := format_state(found.engine_vm)):
        console.print(text)
    console.print(format_failover(found.failovers[-1]) if found.failovers else NO_FAILOVER)


def _show_monitors(monitors: dict[str, dict[str, Any]]) -> None:
    """What this node's daemon asks, how often, how long an answer may take, and how it was in the last minutes."""
    if not monitors:
        return
    table = Table(title="Monitors of this host, the last five minutes; all in seconds")
    for column in ("monitor", "every", "limit", "p50", "max", "failed", "now"):
        table.add_column(column)
    for name, one in monitors.items():
        last = one.get("last_minutes") or {}
        figures = [f"{last[key]:.2f}" if key in last else "" for key in ("p50_s", "max_s")]
        failed = f"{last['failed']} of {last['answers']}" if last else ""
        spans = [f"{one[key]:g}" if key in one else "" for key in ("period_s", "limit_s")]
        table.add_row(name, *spans, *figures, failed, one["error"] or "answers")
    Console(highlight=False).print(table)


def _daemon(site: SiteReader) -> dict[str, Any]:
    """What this node's daemon decided last; empty where it has not run."""
    try:
        return site.daemon()
    except NoDaemon:
        return {}


def _unseen_s(found: dict[str, Any]) -> dict[int, float]:
    """Seconds since this node's daemon saw each of the others write."""
    if not found:
        return {}
    age_s = max(0.0, time.time() - found["at"])
    return {peer["host_id"]: round(peer["silent_s"] + age_s, 1) for peer in found["peers"]}


def _age(at: float) -> str:
    return f"{max(0.0, time.time() - at):.0f} s"
