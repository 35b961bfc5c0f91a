"""A pool's state with what is wrong with it, for programs and for people; pure."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from gluster.diagnosis.decide import problems
from gluster.diagnosis.problem import Health, StateProblem, health
from gluster.state import BrickState, PoolState, VolumeState

WIDTH = 80
EXIT_STATUS = {Health.WHOLE: 0, Health.DEGRADED: 1, Health.UNKNOWN: 2, Health.BROKEN: 2}


@dataclass(frozen=True, slots=True)
class StorageReport:
    """`problems` are decided from `state`, the worst first, `health` from them."""

    health: Health
    problems: tuple[StateProblem, ...]
    state: PoolState


def make_report(state: PoolState, *, volume: str = "") -> StorageReport:
    """Of all of the pool, or of what concerns `volume`."""
    found = tuple(one for one in problems(state) if not volume or one.volume in ("", volume))
    return StorageReport(health(found), found, state)


def format_json(report: StorageReport) -> str:
    return json.dumps(asdict(report))


def format_text(report: StorageReport, *, volume: str = "") -> str:
    """Problems first, with what to do; no line is wider than 80 columns unless a path is."""
    lines = [*_problems(report)]
    for one in report.state.volumes:
        if not volume or one.name == volume:
            lines += ["", *_volume(one)]
    lines += ["", *_servers(report.state)] if report.state.answered else []
    return "\n".join(lines)


def format_problem(problem: StateProblem) -> list[str]:
    """Its three sentences, a paragraph each."""
    return [
        *_wrap("! ", f"{problem.what}."),
        *_wrap("    why: ", f"{problem.why}."),
        *_wrap("    do:  ", f"{problem.mend}."),
    ]


def _problems(report: StorageReport) -> Iterator[str]:
    number = len(report.problems)
    yield f"Storage is {report.health}" + (f": {number} problem{'s' * (number != 1)}" if number else "")
    for problem in report.problems:
        yield from format_problem(problem)


def _volume(volume: VolumeState) -> Iterator[str]:
    size = volume.size_bytes
    used = "fill unknown" if volume.used_percent is None else f"{volume.used_percent} % of {_gib(size or 0)} used"
    yield f"volume {volume.name}: {volume.status.value}, {volume.replica} copies, {used}"
    for brick in volume.bricks:
        yield f"  {brick.where}"
        yield f"    {_brick(brick)}"


def _brick(brick: BrickState) -> str:
    runs = {True: f"runs on port {brick.port}", False: "does not run", None: "unknown whether it runs"}[brick.online]
    clients = "unknown" if brick.clients is None else str(sum(brick.clients.values()))
    heals = "unknown" if brick.pending_heals is None else str(brick.pending_heals)
    return f"{runs}, connections: {clients}, to heal: {heals}"


def _servers(state: PoolState) -> Iterator[str]:
    yield f"server {state.server}: this one"
    for peer in state.peers:
        connected = "connected" if peer.connected else "not connected"
        yield f"server {state.servers[peer.uuid]}: {connected}, {peer.state.value}"


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 30):.1f} GiB"


def _wrap(lead: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
