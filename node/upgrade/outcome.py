"""What the last upgrade came to; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from node.upgrade.plan import find_waiting
from node.upgrade.records import BootHealth, LastUpgrade
from node.upgrade.slots import System


class UpgradeState(StrEnum):
    NONE = "none"
    WAITING = "waiting"  # written, not started yet
    TRIED = "tried"  # started, not proven good
    GOOD = "good"
    FELL_BACK = "fell_back"
    ROLLED_BACK = "rolled_back"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`why` is a sentence where there is something to say."""

    state: UpgradeState
    why: str = ""


def outcome(last: LastUpgrade | None, system: System, boots: Sequence[BootHealth]) -> Outcome:
    """`boots` are those that were written down, the latest last."""
    if last is None:
        return Outcome(UpgradeState.NONE)
    kernel, tried = system.kernel_of(last.version), _tries(last, boots)
    if last.dropped_at is not None:
        return Outcome(UpgradeState.ROLLED_BACK)
    if kernel is None:
        return Outcome(UpgradeState.UNKNOWN, f"the kernel of {last.version} is gone")
    if system.version == last.version:
        return Outcome(UpgradeState.GOOD if kernel.is_good else UpgradeState.TRIED, _why(tried))
    if kernel.is_bad:
        return Outcome(UpgradeState.FELL_BACK, _why(tried) or _NEVER_CHECKED)
    if kernel.is_good:
        return Outcome(UpgradeState.GOOD, f"and {system.version} was started instead of it")
    is_next = find_waiting(system) == last.version
    state = UpgradeState.TRIED if kernel.done else UpgradeState.WAITING
    return Outcome(state, _why(tried) if is_next else f"{system.version} is started before it")


_NEVER_CHECKED = "it never came as far as looking at its health: it did not start, or stopped on the way"


def _tries(last: LastUpgrade, boots: Sequence[BootHealth]) -> list[BootHealth]:
    return [boot for boot in boots if boot.version == last.version]


def _why(tried: Sequence[BootHealth]) -> str:
    """Of the last try: empty where it was healthy."""
    return tried[-1].why if tried else ""
