"""Reboot and power off: refused, with the reason, while the storage would lose its quorum or VMs would be cut off."""

from collections.abc import Callable, Sequence

from gluster.diagnosis.quorum import would_lose_quorum
from gluster.state import PoolState
from hosted_engine.deploy.decisions import ENGINE_VM
from hosted_engine.deploy.here import within
from installer.console.dependencies import Dependencies
from installer.console.form import FormPage
from installer.console.menu import Entry
from installer.console.operator import Operator
from installer.console.pages import MenuPage
from installer.console.status_part import describe
from installer.console.status_parts import STORAGE_S, is_member
from netconf.screens.controls import Row, TextLine
from node.system.process import CommandFailed, Run

ASKED_S = 15.0
REBOOT, POWER_OFF = "reboot", "poweroff"
_LABELS = {REBOOT: "Reboot", POWER_OFF: "Power off"}


async def reboot(operator: Operator) -> None:
    await _end(operator, REBOOT)


async def power_off(operator: Operator) -> None:
    await _end(operator, POWER_OFF)


async def _end(operator: Operator, verb: str) -> None:
    deps = operator.dependencies
    name = deps.settings().node_name
    reasons = await operator.threaded("Looking at storage and VMs ...", lambda: why_not_off(deps))
    title = f"{_LABELS[verb]} {name}"
    if reasons:
        if await operator.ask(_insisting_page(title, name, reasons)) is None:
            return
    elif await operator.ask(MenuPage(title, _fine(deps), [Entry("Y", f"Yes, {title.lower()}", "now")])) is None:
        return
    await operator.threaded(f"{title} ...", lambda: deps.run("systemctl", verb, timeout_s=60))


def _fine(deps: Dependencies) -> str:
    if not is_member(deps.settings()):
        return "This node is in no site, and no VM runs here."
    return "No volume loses its quorum without this node, and no VM runs here."


def why_not_off(deps: Dependencies) -> list[str]:
    """Each reason as a sentence; blocks for a minute at most. Empty on a node of no site."""
    reasons = []
    if is_member(deps.settings()) and (reason := why_not_without(_observed(deps.observe_pool))) is not None:
        reasons.append(reason)
    return [*reasons, *_running(deps.run)]


def why_not_without(state: PoolState) -> str | None:
    """Why the storage cannot do without this server, as gluster decides it; pure."""
    if not state.answered:
        return f"Nobody can say how the storage is, so it may lose its quorum: {state.reason.removesuffix('.')}."
    lost = [one.name for one in state.volumes if would_lose_quorum(state, one, state.server)]
    if lost:
        return (
            f"Without this node Gluster quorum will be lost for {', '.join(lost)}: every VM on it stands still. "
            f"Bring the bricks of the other nodes back first."
        )
    return None


def _observed(observe: Callable[[], PoolState]) -> PoolState:
    def ask() -> PoolState:
        try:
            return observe()
        except Exception as err:  # noqa: BLE001 - the outermost of a thread; whatever it is, nothing is known then
            return PoolState("", answered=False, reason=describe(err))

    late = PoolState("", answered=False, reason=f"it gave no answer within {STORAGE_S:.0f} s")
    return within(STORAGE_S, ask) or late


def _running(run: Run) -> list[str]:
    try:
        vms = run("virsh", "--readonly", "list", "--name", timeout_s=ASKED_S).split()
    except CommandFailed as err:
        return [] if err.exit_status is None and "not installed" in err.text.why else [_unknown(err)]
    if not vms:
        return []
    mend = "Move them in the API first"
    if ENGINE_VM in vms:
        mend += f"; {ENGINE_VM}, the engine's, goes away by Maintenance"
    return [f"VMs run here and would be shut down: {', '.join(vms)}. {mend}."]


def _unknown(err: CommandFailed) -> str:
    return f"Nobody can say which VMs run here: {err.text.why.removesuffix('.')}."


def _insisting_page(title: str, name: str, reasons: Sequence[str]) -> FormPage:
    note = "\n\n".join((f"{title}: refused.", *reasons, "Who knows better types the name of this node. Esc goes back."))
    return FormPage(
        title,
        note,
        {"name": Row("Name of this node", TextLine(""))},
        lambda typed: {} if typed["name"] == name else {"name": f"that is not {name}: nothing is done"},
    )
