"""Whether the engine's clock is right, and whether this host's may be the measure of it. Pure."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from hosted_engine.ha.board import BoardState
from hosted_engine.ha.monitor import Sample
from hosted_engine.ha.states import VmState
from hosted_engine.ha.whiteboard import ClusterBlock, HostBlock
from node.api.problems import Failed

AGREE_S = 60.0  # hosts whose clocks are closer than this agree
TOLERATED_S = 5.0  # the engine's clock may be off by so much: an answer's date is of whole seconds
LONGEST_ASK_S = 2.0  # an answer that took longer says nothing of a clock


class EngineClockWrong(Failed):
    what = "The engine's clock is wrong"
    why = "it says {engine}, and this host's says {host}: to the engine, certificates of nodes may be out of their time"
    mend = "Nothing: this host sets it{trouble}"


class HostClockWrong(Failed):
    what = "The clock of this host is wrong"
    why = "it says {host}, and those of {others} other hosts differ from it by {differs}"
    mend = (
        "Set it (timedatectl), and see what should keep it right; until then this host does not set the engine's clock"
    )


def offset_s(date: str | None, asked_at: float, answered_at: float) -> float | None:
    """How far ahead of this host's clock an answer's `Date` is, in seconds; None when that cannot be told.

    `asked_at`, `answered_at`: by this host's clock, the time of day.
    """
    if date is None or not 0 <= answered_at - asked_at <= LONGEST_ASK_S:
        return None
    try:
        said = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    return said + 0.5 - (asked_at + answered_at) / 2


def offsets_of_hosts(observations: Sequence[Sample[BoardState]], behind_s: float) -> tuple[float, ...]:
    """How far ahead of this host's clock those of the other hosts are that were seen to write.

    `behind_s`: what to add to the monotonic clock of the samples for the time of day. A host that was not seen to
    write is left out: its last word is of any age.
    """
    observed: dict[int, HostBlock] = {}
    offsets: dict[int, float] = {}
    for site in observations:
        for host_id, block in site.value.blocks if site.value is not None else ():
            if not isinstance(block, HostBlock):
                continue
            if host_id in observed and observed[host_id].sequence != block.sequence:
                offsets[host_id] = block.written_at - (site.at + behind_s)
            observed[host_id] = block
    return tuple(offsets.values())


def why_not_trusted(now: float, others: Collection[float]) -> HostClockWrong | None:
    """This host's clock, at `now`, is trusted while most hosts that are seen agree with it, itself among them."""
    differing = sorted(abs(one) for one in others if abs(one) > AGREE_S)
    if 2 * len(differing) < len(others) + 1:
        return None
    return HostClockWrong(host=spelled(now), others=len(differing), differs=duration(differing[0]))


def is_cared_for(vm: VmState, board: BoardState | None) -> bool:
    """Whether the engine VM runs here, and nobody has said that it is to be left alone."""
    left_alone = board is not None and isinstance(board.cluster, ClusterBlock) and board.cluster.global_maintenance
    return vm is VmState.RUNNING and not left_alone


def spelled(at: float) -> str:
    """The time of day `at`, as people read it, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: float) -> str:
    """Roughly, in the largest unit that fits."""
    for unit, name in ((86400.0 * 365.25, "years"), (86400.0, "days"), (3600.0, "hours")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.0f} s"
