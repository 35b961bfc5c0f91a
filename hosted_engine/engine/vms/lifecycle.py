"""What the word of a node does to a VM: the only place where its run changes by itself."""

from dataclasses import replace

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.stateless import end_run
from hosted_engine.engine.users.model import SYSTEM
from hosted_engine.engine.vmpools.members import release
from hosted_engine.engine.vms.model import LAUNCHING, RUNNING, Origin, Vm, VmStatus
from hosted_engine.engine.vms.next_run import with_next_run
from node.api.messages.vms import DownReason, IoError, VmReport, VmState

STATUS = {
    VmState.STARTING: VmStatus.POWERING_UP,
    VmState.UP: VmStatus.UP,
    VmState.PAUSED: VmStatus.PAUSED,
    VmState.SHUTTING_DOWN: VmStatus.POWERING_DOWN,
    VmState.REBOOTING: VmStatus.REBOOT_IN_PROGRESS,
    VmState.SAVING: VmStatus.SAVING_STATE,
}

PAUSED_FOR = {IoError.EIO: EventType.VM_PAUSED_EIO, IoError.ENOSPC: EventType.VM_PAUSED_ENOSPC}

CLEAN_ENDS = frozenset({DownReason.SHUTDOWN, DownReason.DESTROYED, DownReason.NONE})

EXIT_MESSAGES = {
    DownReason.SHUTDOWN: "User shut down from within the guest",
    DownReason.DESTROYED: "Admin shut down from the engine",
    DownReason.CRASHED: "The guest's process ended unexpectedly",
    DownReason.FAILED: "It could not be started",
    DownReason.SAVED: "It was suspended",
    DownReason.LOST: "Its host no longer runs it",
    DownReason.NONE: "No reason is known",
}


def system(now: float) -> Context:
    """What happens without a command happens on the system's behalf."""
    return Context(caller=SYSTEM, job_id="", correlation_id="", now=now)


def set_up(tx: Transaction, vm: Vm, report: VmReport) -> Vm:
    """The VM as a node that runs it reports it."""
    status = STATUS.get(report.state, vm.status)
    if vm.status is VmStatus.POWERING_DOWN and status is VmStatus.UP and report.since <= vm.reported_at:
        status = VmStatus.POWERING_DOWN  # said before its guest was asked to shut down
    if vm.status is VmStatus.RESTORING_STATE and status is VmStatus.POWERING_UP:
        status = VmStatus.RESTORING_STATE
    screen = report.graphics[0] if report.graphics else None
    changed = replace(
        vm,
        status=status,
        detail=report.io_error.value if status is VmStatus.PAUSED else report.detail,  # oVirt's words
        reported_at=report.since,
        display_address=screen.address if screen else "",
        display_port=screen.port if screen else None,
    )
    if changed != vm:
        tx.vms.update(changed)
    return changed


def set_down(tx: Transaction, vm: Vm, report: VmReport, now: float) -> Vm:
    """The VM after its end on the node that ran it; tells why, once. One that was suspended is not down."""
    if report.reason is DownReason.SAVED and vm.saved_memory is not None:
        return _is_suspended(tx, vm, report)
    message = report.detail or EXIT_MESSAGES[report.reason]
    end_run(tx, vm.id)
    node = tx.nodes.get(vm.node_id) if vm.node_id else None
    down = replace(
        with_next_run(vm),
        status=VmStatus.DOWN,
        node_id=None,
        detail="" if report.reason in CLEAN_ENDS else message,
        stop_reason=report.reason,
        stopped_at=now,
        reported_at=report.since,
        display_address="",
        display_port=None,
        current_cd_disk_id=None,
        run_once=False,
    )
    tx.vms.update(down)
    release(tx, down)
    type_ = EventType.VM_DOWN if report.reason in CLEAN_ENDS else EventType.VM_DOWN_ERROR
    emit(tx, system(now), type_, vm=down, node=node, reason=message)
    return down


def _is_suspended(tx: Transaction, vm: Vm, report: VmReport) -> Vm:
    """What changes with its next run waits for its end."""
    suspended = replace(
        vm,
        status=VmStatus.SUSPENDED,
        node_id=None,
        detail="",
        stop_reason=report.reason,
        reported_at=report.since,
        display_address="",
        display_port=None,
    )
    tx.vms.update(suspended)
    return suspended


def vm_reported(tx: Transaction, node_id: str, report: VmReport, now: float, *, complete: bool = False) -> None:
    """Take note of one VM as its node reports it. `complete` marks the report of all VMs that a node begins with: only
    that may bring a VM back that is down here. A VM that is not known here is left alone."""
    vm = tx.vms.get(report.id)
    if vm is None or report.state is VmState.UNKNOWN or _stale(vm, node_id, report):
        return
    if vm.origin is Origin.MANAGED_HOSTED_ENGINE:
        if report.state is not VmState.DOWN:
            set_up(tx, _moved(tx, vm, node_id), report)
    elif report.state is VmState.DOWN:
        _reported_down(tx, vm, node_id, report, now)
    elif vm.node_id == node_id:
        _reported_up(tx, vm, report, now)
    elif vm.status is VmStatus.UNKNOWN or (complete and vm.status is VmStatus.DOWN):
        _reported_up(tx, _moved(tx, vm, node_id), report, now)


def _stale(vm: Vm, node_id: str, report: VmReport) -> bool:
    return vm.node_id in (node_id, None) and 0 < report.since < vm.reported_at


def lost(tx: Transaction, vm: Vm, now: float, *, rebooted: bool) -> None:
    """Its node is back and does not have it."""
    if rebooted:
        node = tx.nodes.get(vm.node_id) if vm.node_id else None
        type_ = EventType.VM_WAS_SET_DOWN_DUE_TO_HOST_REBOOT_OR_MANUAL_FENCE
        emit(tx, system(now), type_, vm=vm, node=node)
    set_down(tx, vm, VmReport(id=vm.id, name=vm.name, state=VmState.DOWN, reason=DownReason.LOST), now)


def unknown(tx: Transaction, vm: Vm, now: float) -> None:
    """Its node is silent: it may run or not."""
    changed = replace(vm, status=VmStatus.UNKNOWN)
    tx.vms.update(changed)
    node = tx.nodes.get(vm.node_id) if vm.node_id else None
    emit(tx, system(now), EventType.VM_SET_TO_UNKNOWN_STATUS, vm=changed, node=node)


def _reported_up(tx: Transaction, vm: Vm, report: VmReport, now: float) -> None:
    was_unsure = vm.status in (VmStatus.UNKNOWN, VmStatus.DOWN)
    changed = set_up(tx, vm, report)
    if (vm.status, changed.status) == (VmStatus.POWERING_DOWN, VmStatus.UP):
        node = tx.nodes.get(vm.node_id) if vm.node_id else None
        emit(tx, system(now), EventType.VM_POWER_DOWN_FAILED, vm=changed, node=node)
    if changed.status is not vm.status or changed.detail != vm.detail:
        _emit_pause(tx, vm, changed, report, now)
    if was_unsure and changed.status is not vm.status:
        node = tx.nodes.get(vm.node_id) if vm.node_id else None
        emit(tx, system(now), EventType.VM_STATUS_RESTORED, vm=changed, node=node, status=changed.status.value)


def _emit_pause(tx: Transaction, before: Vm, vm: Vm, report: VmReport, now: float) -> None:
    """That it stands still, and why; and that it goes on after its storage had paused it."""
    node, was = tx.nodes.get(vm.node_id) if vm.node_id else None, before.status is VmStatus.PAUSED
    if vm.status is VmStatus.PAUSED:
        if not was:
            emit(tx, system(now), EventType.VM_PAUSED, vm=vm, node=node)
        if report.io_error in PAUSED_FOR:
            emit(tx, system(now), PAUSED_FOR[report.io_error], vm=vm, node=node)
    elif was and vm.status is VmStatus.UP and before.detail in PAUSED_FOR:
        emit(tx, system(now), EventType.VM_RECOVERED_FROM_PAUSE_ERROR, vm=vm, node=node)


def _reported_down(tx: Transaction, vm: Vm, node_id: str, report: VmReport, now: float) -> None:
    """Of a VM that waits for its launch that is the end of an earlier run: the command that starts it decides."""
    if vm.node_id == node_id and vm.status in RUNNING - LAUNCHING:
        set_down(tx, vm, report, now)


def _moved(tx: Transaction, vm: Vm, node_id: str) -> Vm:
    if vm.node_id == node_id:
        return vm
    moved = replace(vm, node_id=node_id)
    tx.vms.update(moved)
    return moved
