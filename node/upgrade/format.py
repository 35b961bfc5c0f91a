"""How upgrades and the versions on a node are said: to people, and as JSON; pure."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from node.clock import Clock
from node.steps import Mark, Progress
from node.upgrade.outcome import Outcome, UpgradeState
from node.upgrade.plan import Rollback, Upgrade
from node.upgrade.records import BootHealth, Finding, LastUpgrade
from node.upgrade.slots import Kernel, Slot, System

_STATES = {
    UpgradeState.WAITING: "waits for the reboot",
    UpgradeState.TRIED: "is being tried",
    UpgradeState.GOOD: "is good",
    UpgradeState.FELL_BACK: "fell back",
    UpgradeState.ROLLED_BACK: "was taken back",
    UpgradeState.UNKNOWN: "nobody knows",
}


def format_status(
    system: System, counted: Kernel | None, boot: BootHealth | None, last: LastUpgrade | None, came_to: Outcome
) -> str:
    """`boot` is how this boot went, None where nobody has looked; `counted` the kernel that it is a try of."""
    lines = [f"Trivet {system.version} runs from {system.slot.device}: {_kernel(system.kernel)}"]
    lines += [f"Other slot {_slot(system, slot)}" for slot in system.others]
    if (following := system.next) is not None and following.version != system.version:
        lines.append(f"The next boot starts {following.version}")
    lines.append(f"This boot {_boot(boot)}{', and is counted as a try' if counted else ''}")
    if last is None:
        return "\n".join([*lines, "No upgrade was made on this node"])
    why = f": {came_to.why}" if came_to.why else ""
    done = f"Last upgrade: {last.previous} to {last.version}, {format_time(last.at)}"
    return "\n".join([*lines, f"{done}, {_STATES.get(came_to.state, '')}{why}"])


def status_json(
    system: System, counted: Kernel | None, boot: BootHealth | None, last: LastUpgrade | None, came_to: Outcome
) -> dict[str, Any]:
    following = system.next
    return {
        "running": {"version": system.version, "slot": system.slot.device, **kernel_json(system.kernel)},
        "others": [
            {"version": slot.version, "slot": slot.device, **kernel_json(system.kernel_of(slot.version or ""))}
            for slot in system.others
        ],
        "next": following.version if following else None,
        "counted": counted is not None,
        "blessed": system.kernel is not None and system.kernel.is_good,
        "boot": boot,
        "upgrade": None
        if last is None
        else {
            "version": last.version,
            "previous": last.previous,
            "at": last.at,
            "state": came_to.state,
            "why": came_to.why,
        },
    }


def kernel_json(kernel: Kernel | None) -> dict[str, Any]:
    """`state` is good, trial or bad; none without a kernel."""
    if kernel is None:
        return {"state": "none", "tries_left": None}
    return {"state": "good" if kernel.is_good else "bad" if kernel.is_bad else "trial", "tries_left": kernel.left}


def upgrade_json(upgrade: Upgrade) -> dict[str, Any]:
    return {
        "version": upgrade.version,
        "running": upgrade.running,
        "slot": upgrade.slot.device,
        "gone": upgrade.gone,
        "lines": upgrade.lines,
    }


def rollback_json(rollback: Rollback) -> dict[str, Any]:
    versions = list(dict.fromkeys(kernel.version for kernel in rollback.marked))
    return {"bad": versions, "target": rollback.target, "lines": rollback.lines, "reboots": rollback.reboots}


def format_findings(findings: Sequence[Finding]) -> str:
    return "\n".join(f"{'ok ' if one.is_good else 'BAD'} {one.what}{_because(one)}" for one in findings)


def format_time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _because(finding: Finding) -> str:
    return f": {finding.why}" if finding.why else ""


def _slot(system: System, slot: Slot) -> str:
    if slot.version is None:
        return f"{slot.device}: empty"
    return f"{slot.device}: {slot.version}, {_kernel(system.kernel_of(slot.version))}"


def _kernel(kernel: Kernel | None) -> str:
    if kernel is None:
        return "without a kernel, so that nothing starts it"
    if kernel.is_good:
        return "good"
    tries = "1 more time" if kernel.left == 1 else f"{kernel.left} more times"
    return "marked bad" if kernel.is_bad else f"not proven yet, is started {tries} at most"


def _boot(boot: BootHealth | None) -> str:
    if boot is None:
        return "was not looked at"
    return "is healthy" if boot.is_healthy else f"is not healthy ({boot.why})"


class ProgressLines:
    """Says steps as they begin, with how far they are every few seconds; `echo` takes a line."""

    AGAIN_AFTER_S = 5.0

    def __init__(self, echo: Callable[[str], None], clock: Clock) -> None:
        self._echo, self._clock = echo, clock
        self._line, self._printed_at = "", clock.monotonic()

    def report(self, progress: Progress) -> None:
        if progress.mark is Mark.STARTED:
            self._printed_at = self._clock.monotonic()
            self.print_line(f"[{progress.number}/{progress.total}] {progress.step.description}")

    def report_bytes(self, done: int, of: int) -> None:
        if self._clock.monotonic() - self._printed_at >= self.AGAIN_AFTER_S and of:
            self._printed_at = self._clock.monotonic()
            self._echo(f"{self._line}: {100 * done // of} %")

    def print_line(self, line: str) -> None:
        self._line = line
        self._echo(line)
