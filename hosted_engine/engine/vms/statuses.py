"""In which statuses of a VM what is done to it is carried out: oVirt's rules, said here once. Pure.

From the commands of oVirt's engine (StopVmCommandBase, HibernateVmCommand, RebootVmCommand …) at commit 0111fc6.
"""

from collections.abc import Mapping
from enum import StrEnum

from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.vms.model import Vm, VmStatus

S = VmStatus


class VmAction(StrEnum):
    """By the API's names; of plugging, which is part of other requests, by libvirt's."""

    START = "start"
    STOP = "stop"
    SHUTDOWN = "shutdown"
    SUSPEND = "suspend"
    REBOOT = "reboot"
    RESET = "reset"
    TICKET = "ticket"
    REMOVE = "remove"
    FREEZE = "freeze_filesystems"
    THAW = "thaw_filesystems"
    PLUG_DISK = "plug_disk"
    PLUG_NIC = "plug_nic"
    SNAPSHOT = "snapshot"
    PREVIEW = "preview_snapshot"
    COMMIT = "commit_snapshot"
    UNDO = "undo_snapshot"
    CLONE = "clone"
    DETACH = "detach"
    CHANGE_CD = "change_cd"


_ENDING = frozenset(
    {
        S.UP,
        S.POWERING_UP,
        S.PAUSED,
        S.MIGRATING,
        S.NOT_RESPONDING,
        S.WAIT_FOR_LAUNCH,
        S.REBOOT_IN_PROGRESS,
        S.SUSPENDED,
        S.POWERING_DOWN,
    }
)

ALLOWED: Mapping[VmAction, frozenset[VmStatus]] = {
    VmAction.START: frozenset({S.DOWN, S.PAUSED, S.SUSPENDED}),
    VmAction.STOP: _ENDING,
    VmAction.SHUTDOWN: _ENDING,
    VmAction.SUSPEND: frozenset({S.UP}),
    VmAction.REBOOT: frozenset({S.UP, S.POWERING_UP}),
    VmAction.RESET: frozenset({S.UP, S.POWERING_UP, S.MIGRATING, S.REBOOT_IN_PROGRESS, S.POWERING_DOWN}),
    VmAction.TICKET: frozenset({S.UP, S.POWERING_UP, S.PAUSED, S.REBOOT_IN_PROGRESS, S.POWERING_DOWN}),
    VmAction.REMOVE: frozenset({S.DOWN}),
    VmAction.FREEZE: frozenset({S.UP}),
    VmAction.THAW: frozenset({S.UP}),
    VmAction.PLUG_DISK: frozenset({S.DOWN, S.UP, S.PAUSED}),
    VmAction.CHANGE_CD: frozenset({S.UP, S.POWERING_UP, S.PAUSED, S.REBOOT_IN_PROGRESS, S.POWERING_DOWN}),
    VmAction.PLUG_NIC: frozenset({S.DOWN, S.UP, S.POWERING_UP}),
    VmAction.SNAPSHOT: frozenset({S.DOWN, S.UP, S.PAUSED}),
    VmAction.PREVIEW: frozenset({S.DOWN}),
    VmAction.COMMIT: frozenset({S.DOWN, S.SUSPENDED}),
    VmAction.UNDO: frozenset({S.DOWN, S.SUSPENDED}),
    VmAction.CLONE: frozenset({S.DOWN}),
    VmAction.DETACH: frozenset({S.DOWN}),
}

_MEND = {
    S.UNKNOWN: "Bring its host back, or wait for it",
    S.DOWN: "Start it first",
    S.SUSPENDED: "Start it, or stop it, which gives its memory up",
}


def check_allowed(vm: Vm, action: VmAction, verb: str) -> None:
    """Raises WrongState, which names the status; `verb` is what is done to the VM in words."""
    if vm.status in ALLOWED[action]:
        return
    reason = f"it is {vm.status.value}"
    mend = _MEND.get(vm.status) or f"Try again when it is {' or '.join(sorted(ALLOWED[action]))}"
    if vm.status is S.UNKNOWN:
        reason += ": its node is silent, nobody knows whether it runs"
    raise WrongState(action=verb, kind="VM", name=vm.name, reason=reason, mend=mend)
