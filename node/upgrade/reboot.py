"""What stands against rebooting this node now: VMs that run here, storage that cannot do without it."""

from collections.abc import Callable, Iterator

from gluster.diagnosis.quorum import is_unreachable, would_lose_quorum
from gluster.model import VolumeStatus
from gluster.state import PoolState, VolumeState
from node.config import Config
from node.registration.credentials import AUTHORITY
from node.system.process import CommandFailed, Run

_ASKED_S = 15.0
Observe = Callable[[], PoolState]


def why_not_reboot(settings: Config, run: Run, observe: Observe) -> tuple[str, ...]:
    """Each reason as a sentence. Blocks as long as `observe` does, which a node of no site is spared."""
    is_member = (settings.own_folder / AUTHORITY).exists()
    return (*_running_vms(run), *(why_not_without(_observed(observe)) if is_member else ()))


def why_not_without(state: PoolState) -> tuple[str, ...]:
    """Why the storage cannot do without this server, as it sees it; pure."""
    if not state.answered:
        return (f"Nobody can say how the storage is, so it may lose its quorum: {state.reason}",)
    return tuple(reason for volume in state.volumes for reason in _of_volume(state, volume))


def _of_volume(state: PoolState, volume: VolumeState) -> Iterator[str]:
    if volume.status is not VolumeStatus.STARTED or all(one.where.server != state.server for one in volume.bricks):
        return
    if would_lose_quorum(state, volume, state.server):
        yield f"Without this node volume {volume.name} loses its quorum, and VMs on it stand still"
    counted = [one for one in volume.bricks if not is_unreachable(state, one) and not one.arbiter]
    pending = sum(one.pending_heals or 0 for one in counted)
    if pending:
        yield f"Volume {volume.name} has {pending} entries that wait to be healed: their copies are fewer until then"
    elif volume.replica > 1 and any(one.pending_heals is None and one.online is not False for one in counted):
        yield f"Nobody can say what of volume {volume.name} waits to be healed"


def _running_vms(run: Run) -> tuple[str, ...]:
    """The engine's is one of them."""
    try:
        said = run("virsh", "--readonly", "--connect", "qemu:///system", "list", "--name", timeout_s=_ASKED_S)
    except CommandFailed as err:
        return (f"Nobody can say which VMs run here: {err.text.why}",)
    names = said.split()
    return (f"VMs run here and would be shut down: {', '.join(names)}",) if names else ()


def _observed(observe: Observe) -> PoolState:
    try:
        return observe()
    except Exception as err:  # noqa: BLE001 - whatever it is, nothing is known then
        return PoolState("", answered=False, reason=str(err) or type(err).__name__)
