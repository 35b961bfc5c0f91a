"""libvirt's states in the contract's words; pure. The numbers are libvirt's (virDomainState and its reasons)."""

from node.api.messages.vms import DownReason, VmState

NO_STATE, RUNNING, BLOCKED, PAUSED, SHUTDOWN, SHUT_OFF, CRASHED, SUSPENDED = range(8)
PAUSED_BY_USER, PAUSED_FOR_MIGRATION, PAUSED_BY_STORAGE, PAUSED_STARTING_UP = 1, 2, 5, 11
PAUSED_TO_SAVE, PAUSED_FOR_SNAPSHOT = 3, 9

_STATES = {
    NO_STATE: VmState.UNKNOWN,
    RUNNING: VmState.UP,
    BLOCKED: VmState.UP,
    PAUSED: VmState.PAUSED,
    SHUTDOWN: VmState.SHUTTING_DOWN,
    CRASHED: VmState.DOWN,
    SUSPENDED: VmState.PAUSED,
}

_IN_PROGRESS = {
    PAUSED_TO_SAVE: VmState.SAVING,
    PAUSED_FOR_SNAPSHOT: VmState.SAVING,
    PAUSED_STARTING_UP: VmState.STARTING,
}

_PAUSED_FOR = {
    PAUSED_BY_USER: "it waits to be resumed",
    PAUSED_FOR_MIGRATION: "its move to another node was cut off",
    4: "the core of the VM is being dumped",
    PAUSED_BY_STORAGE: "its storage does not answer (I/O error)",
    6: "a watchdog fired",
    10: "the guest crashed",
    12: "a migration to another node went wrong half way",
}


FULL = "its storage is full"


def state_of(state: int, reason: int) -> tuple[VmState, DownReason, str]:
    """State of a domain that is there, reason of an end, and what to say beside it."""
    if state == CRASHED:
        return VmState.DOWN, DownReason.CRASHED, ""
    if state == PAUSED and reason in _IN_PROGRESS:
        return _IN_PROGRESS[reason], DownReason.NONE, ""
    if state == PAUSED:
        return VmState.PAUSED, DownReason.NONE, _PAUSED_FOR.get(reason, "")
    return _STATES.get(state, VmState.UNKNOWN), DownReason.NONE, ""
