"""What it means that a node is connected, disconnected or non-responsive: for the node and for the VMs on it. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.maintenance import follow
from hosted_engine.engine.nodes.members import members
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.vms.lifecycle import lost, system, unknown, vm_reported
from hosted_engine.engine.vms.model import LAUNCHING, RUNNING, Origin, Vm, VmStatus
from node.api.messages.ha import HaReport
from node.api.messages.machine import Capabilities
from node.api.messages.vms import DownReason, VmReport, VmState

SET_BY_HAND = frozenset({NodeStatus.MAINTENANCE, NodeStatus.PREPARING_FOR_MAINTENANCE})
AT_WORK = frozenset({NodeStatus.UP, NodeStatus.PREPARING_FOR_MAINTENANCE})  # its silence is a failure


def on_connected(
    tx: Transaction,
    node_id: str,
    *,
    capabilities: Capabilities,
    boot_id: str,
    vms: Sequence[VmReport],
    as_of: float,
    now: float,
    ha: HaReport | None = None,
) -> None:
    """The node is there, and `vms` are all it had at `as_of` by its own clock. Whether it is in maintenance `ha` says;
    None: as it was."""
    before = found(tx.nodes.get(node_id), "host", node_id)
    node = replace(before, boot_id=boot_id or before.boot_id, capabilities=capabilities)
    if before.status not in SET_BY_HAND:
        node = replace(node, detail="")
    if before.status not in SET_BY_HAND | {NodeStatus.UP}:
        wanted = NodeStatus.PREPARING_FOR_MAINTENANCE if ha is not None and ha.maintenance else NodeStatus.UP
        node = replace(node, status=wanted, seen_at=now)
    if node != before:
        tx.nodes.update(node)
    if node.status is not before.status and node.status is NodeStatus.UP:
        emit(tx, system(now), EventType.VDS_DETECTED, node=node)
    rebooted = bool(before.boot_id) and node.boot_id != before.boot_id
    _update_vms(tx, node_id, vms, now, as_of=as_of, rebooted=rebooted)
    if ha is not None:
        follow(tx, node_id, ha, now)


def on_disconnected(tx: Transaction, node_id: str, reason: str, now: float) -> None:
    """The connection broke; it may be back in a moment, nothing is said of its VMs yet."""
    node = found(tx.nodes.get(node_id), "host", node_id)
    if node.status not in AT_WORK:
        return
    node = replace(node, status=NodeStatus.CONNECTING, detail=reason, seen_at=now)
    tx.nodes.update(node)
    emit(tx, system(now), EventType.VDS_HOST_NOT_RESPONDING_CONNECTING, node=node)


def mark_non_responsive(tx: Transaction, node_id: str, reason: str, now: float) -> None:
    """It has not spoken for long enough to say so: nobody knows what its VMs do."""
    node = found(tx.nodes.get(node_id), "host", node_id)
    if node.status not in {NodeStatus.MAINTENANCE, NodeStatus.NON_RESPONSIVE}:
        node = replace(node, status=NodeStatus.NON_RESPONSIVE, detail=reason, seen_at=now)
        tx.nodes.update(node)
        emit(tx, system(now), EventType.VDS_HOST_NOT_RESPONDING, node=node)
        emit(tx, system(now), EventType.VDS_FAILURE, node=node, reason=reason)
    for vm in tx.vms.list(node_id=node_id, status=RUNNING - LAUNCHING - {VmStatus.UNKNOWN}):
        if vm.origin is not Origin.MANAGED_HOSTED_ENGINE:  # this very program runs in it
            unknown(tx, vm, now)


def reset_connections(tx: Transaction) -> tuple[Node, ...]:
    """The engine has just started: what it knew of the nodes is old. Returns those of the site."""
    for node in tx.nodes.list(status=AT_WORK):
        tx.nodes.update(replace(node, status=NodeStatus.CONNECTING))
    return tuple(members(tx))


def _update_vms(
    tx: Transaction, node_id: str, vms: Sequence[VmReport], now: float, *, as_of: float, rebooted: bool
) -> None:
    """A VM that started after `as_of` is not lost: its command was faster than the list. A boot ends them all, and may
    set the clock back."""
    reports = {report.id: report for report in vms}
    for vm in tx.vms.list(node_id=node_id, status=RUNNING - LAUNCHING):
        if (rebooted or vm.reported_at <= as_of) and _is_lost(vm, reports.get(vm.id)):
            lost(tx, vm, now, rebooted=rebooted)
    for one in vms:
        vm_reported(tx, node_id, one, now, complete=True)


def _is_lost(vm: Vm, report: VmReport | None) -> bool:
    if vm.origin is Origin.MANAGED_HOSTED_ENGINE:
        return False
    return report is None or (report.state is VmState.DOWN and report.reason in (DownReason.LOST, DownReason.NONE))
