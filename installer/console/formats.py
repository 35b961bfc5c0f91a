"""What the console says of the node, from what was observed; pure."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gluster.diagnosis.problem import Health
from gluster.report import StorageReport
from gluster.state import VolumeState
from hosted_engine.ha.site_reader import ObservedSite
from hosted_engine.ha.whiteboard import ClusterBlock, HostBlock
from installer.console.model import Lines, Own
from netconf.model import MAIN_TABLE, LinkType, NetworkState
from netconf.screens.rows import Observed, rows
from node.fingerprint import format_proquints
from node.registration.join_files import JoinState, JoinStatus, WantedJoin

LABEL = 14
MOST_PROBLEMS = 3
SOON_DAYS = 30


def format_status(parts: Iterable[tuple[str, Lines]], width: int) -> str:
    """The parts below each other, their titles in a column of their own."""
    text: list[str] = []
    for title, lines in parts:
        for number, line in enumerate(lines):
            lead = (title if number == 0 else "").ljust(LABEL)
            text += textwrap.wrap(
                line, width, initial_indent=lead, subsequent_indent=" " * (LABEL + 2), break_on_hyphens=False
            ) or [lead]
    return "\n".join(text)


def format_own(own: Own, version: str) -> Lines:
    if own.site is not None:
        return (f"{own.name}, Trivet {version}, member of site {own.site}", _key(own))
    if not own.fingerprint:
        return (f"{own.name}, Trivet {version}", "! no key yet: the agent has never run on this node")
    code = f"claim code   {own.claim_code}" if own.claim_code else "! no claim code: the agent makes it when it starts"
    return (f"{own.name}, Trivet {version}, in no site yet", _key(own), code)


JOIN_KEYS = "Enter: back, the node goes on asking   C: ask no more"
_JOIN_STATES = {
    JoinState.ASKING: "asks it, and has no answer yet",
    JoinState.PENDING: "waits: an administrator compares this node's words and approves the host",
    JoinState.REFUSED: "! is refused so far, and goes on asking",
    JoinState.ACCEPTED: "was accepted",
    JoinState.REJECTED: "! was turned away: it asks no more",
    JoinState.EXPIRED: "! was not approved in time: it asks no more",
}


def format_join(
    own: Own, wanted: WantedJoin, status: JoinStatus | None, site: str | None
) -> tuple[tuple[str, Lines], ...]:
    """How it goes, for the page of joining. `site` is None until this node is a member of one."""
    engine = ("Engine", (wanted.engine, f"its words    {format_proquints(wanted.fingerprint)}", ""))
    node = ("This node", (own.name, f"its words    {format_proquints(own.fingerprint)}", ""))
    if site is not None:
        return engine, node, ("Now", (f"is a member of site {site}", "the engine goes on with network and storage"))
    return engine, node, ("Now", _join_state(status))


def _join_state(status: JoinStatus | None) -> Lines:
    if status is None:
        return ("has not asked yet",)
    return (_JOIN_STATES[status.state], *((status.detail,) if status.detail else ()))


def format_joining(engine: str, status: JoinStatus | None) -> Lines:
    """For the status: what this node asks for."""
    first, *more = _join_state(status)
    mark = "! " if first.startswith("! ") else ""
    return (f"{mark}joining {engine}: {first.removeprefix('! ')}", *more)


def _key(own: Own) -> str:
    return f"fingerprint  {format_proquints(own.fingerprint)}" if own.fingerprint else "! its certificate is missing"


def format_network(state: NetworkState) -> Lines:
    """Each interface that is up or has an address, in a line; then the way out."""
    taps = {one.name for one in state.interfaces if one.type is LinkType.TUN}
    lines = []
    for name, link, what in rows(Observed(state)):
        kind, *addresses = what.split("\n")
        if name not in taps and (addresses or link != "down"):
            said = ", ".join(addresses) if addresses else kind
            lines.append(f"{name} {link}: {said}")
    gateways = [r.next_hop for r in state.routes or () if r.destination in ("0.0.0.0/0", "::/0") and _is_way_out(r)]
    servers = state.dns.servers if state.dns is not None else ()
    lines.append(f"gateway {', '.join(gateways) or 'none'}, name servers {', '.join(servers) or 'none'}")
    return tuple(lines)


def _is_way_out(route: Any) -> bool:
    return bool(route.next_hop) and route.table == MAIN_TABLE


def format_storage(report: StorageReport) -> Lines:
    """How the storage is, each volume, and the worst problems."""
    lines = [f"{'' if report.health is Health.WHOLE else '! '}storage is {report.health}"]
    lines += [_volume(volume) for volume in report.state.volumes]
    lines += [f"! {problem.what}: {problem.why}" for problem in report.problems[:MOST_PROBLEMS]]
    if (more := len(report.problems) - MOST_PROBLEMS) > 0:
        lines.append(f"! and {more} more: trivet gluster status")
    return tuple(lines)


def _volume(volume: VolumeState) -> str:
    online = sum(brick.online is True for brick in volume.bricks)
    unknown = sum(brick.online is None for brick in volume.bricks)
    said = f", {unknown} unknown" if unknown else ""
    used = "fill unknown" if volume.used_percent is None else f"{volume.used_percent} % used"
    return f"{volume.name}: {volume.status.value}, bricks {online} of {len(volume.bricks)} online{said}, {used}"


def format_engine(found: ObservedSite, daemon: Mapping[str, Any] | None) -> Lines:
    """Where the engine runs, then how this host stands and why."""
    lines = [f"{found.site.engine.name} at {found.site.engine.address}: {_where(found)}"]
    if isinstance(found.cluster, ClusterBlock) and found.cluster.global_maintenance:
        lines.append(f"! global maintenance, set on {found.cluster.set_by}: no host starts, stops or moves it")
    return (*lines, *format_daemon(daemon))


def format_daemon(daemon: Mapping[str, Any] | None) -> Lines:
    if daemon is None:
        return ("! trivet-ha has decided nothing here since the boot: nobody keeps the engine on this host",)
    decision = daemon["decision"]
    lines = [f"this host: {decision['state']}, score {decision['score']}: {decision['reason']}"]
    lines += [f"-{p['points']} {p['reason']}: {p['why']}" for p in daemon["penalties"]]
    lines += [f"! {name}: {m['error']}" for name, m in daemon.get("monitors", {}).items() if m["error"]]
    return tuple(lines)


def _where(found: ObservedSite) -> str:
    names = {node.host_id: node.name for node in found.site.nodes}
    blocks = {names[number]: one for number, one in found.blocks.items() if isinstance(one, HostBlock)}
    here = [f"{one.vm} on {name}, health {one.health}" for name, one in blocks.items() if one.vm.is_here]
    silent = [name for name in names.values() if name not in blocks]
    if here:
        return "; ".join(here)
    return f"on no host that says so{'; nothing is known of ' + ', '.join(silent) if silent else ''}"


def format_certificates(ends: Sequence[tuple[str, datetime]], now: datetime) -> Lines:
    return tuple(_certificate(name, end, now) for name, end in ends)


def _certificate(name: str, end: datetime, now: datetime) -> str:
    days = (end - now).days
    if end <= now:
        return f"! {name}: expired on {end:%Y-%m-%d}"
    return f"{'! ' if days < SOON_DAYS else ''}{name}: until {end:%Y-%m-%d}, {days} days"


def format_agent(answers: bool, why_not: str, unit: str) -> Lines:
    """`unit` is systemd's word for the agent's unit."""
    if answers:
        return ("answers",)
    return (f"! does not answer: {why_not} (trivet-node is {unit})",)


def troubles(parts: Iterable[tuple[str, Lines]]) -> Iterator[str]:
    """The titles of the parts in which something is wrong."""
    return (title for title, lines in parts if any(line.startswith("!") for line in lines))
