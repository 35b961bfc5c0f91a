"""The engine VM on this host as libvirt shows it, in trivet-ha's words. Pure."""

from hosted_engine.ha.states import VmState
from node.vms.hypervisor import Domain, Move
from node.vms.states import (
    BLOCKED,
    CRASHED,
    NO_STATE,
    PAUSED,
    PAUSED_STARTING_UP,
    RUNNING,
    SHUT_OFF,
    SHUTDOWN,
    SUSPENDED,
)


def vm_state(domain: Domain | None) -> VmState:
    """A VM that waits for its lease while it starts is neither here nor absent."""
    if domain is None:
        return VmState.ABSENT
    if domain.move is not Move.NONE:
        return VmState.OUTGOING if domain.move is Move.OUT else VmState.INCOMING
    match domain.state:
        case s if s in (RUNNING, BLOCKED):
            return VmState.RUNNING
        case s if s in (PAUSED, SUSPENDED):
            return _paused(domain.reason)
        case s if s == SHUTDOWN:
            return VmState.STOPPING
        case s if s in (SHUT_OFF, CRASHED):
            return VmState.ABSENT
        case s if s == NO_STATE:
            return VmState.UNKNOWN
    return VmState.UNKNOWN


def booted_at(started_at: float | None, rebooted_at: float | None) -> float | None:
    """When the guest began to boot last: with its process, or again in it. A reboot of an earlier process is past."""
    if started_at is None or rebooted_at is None:
        return started_at
    return max(started_at, rebooted_at)


def _paused(reason: int) -> VmState:
    return VmState.UNKNOWN if reason == PAUSED_STARTING_UP else VmState.PAUSED
