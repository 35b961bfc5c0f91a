"""libvirt's states in the contract's words; pure. The numbers are libvirt's (virDomainState and its reasons)."""

from node.api.messages.vms import DownReason, VmState

NO_STATE, RUNNING, BLOCKED, PAUSED, SHUTDOWN, SHUT_OFF, CRASHED, SUSPENDED = range(8)
PAUSED_BY_USER, PAUSED_FOR_MIGRATION, PAUSED_BY_STORAGE = 1, 2, 5

_STATES = {
    NO_STATE: VmState.UNKNOWN,
    RUNNING: VmState.UP,
    BLOCKED: VmState.UP,
    PAUSED: VmState.PAUSED,
    SHUTDOWN: VmState.SHUTTING_DOWN,
    SHUT_OFF: VmState.DOWN,
    CRASHED: VmState.DOWN,
    SUSPENDED: VmState.PAUSED,
}

_SHUT_OFF_REASONS = {
    1: DownReason.SHUTDOWN,
    2: DownReason.DESTROYED,
    3: DownReason.CRASHED,
    4: DownReason.SHUTDOWN,  # migrated away
    5: DownReason.SHUTDOWN,  # saved
    6: DownReason.FAILED,
    7: DownReason.SHUTDOWN,  # from a snapshot
    8: DownReason.FAILED,  # the daemon could not keep it
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


def state_of(state: int, reason: int) -> tuple[VmState, DownReason, str]:
    """State, reason of an end, and what to say beside it. NONE as reason of DOWN: libvirt does not remember."""
    if state == CRASHED:
        return VmState.DOWN, DownReason.CRASHED, ""
    if state == SHUT_OFF:
        return VmState.DOWN, _SHUT_OFF_REASONS.get(reason, DownReason.NONE), ""
    if state == PAUSED:
        return VmState.PAUSED, DownReason.NONE, _PAUSED_FOR.get(reason, "")
    return _STATES.get(state, VmState.UNKNOWN), DownReason.NONE, ""
