"""The maintenance of a node as the engine shows it: what the node itself says decides, whoever began it there. Pure.

trivet-ha keeps to it while no engine runs, so that the one truth is the node's. The engine moves in the middle of it:
what it shows afterwards comes from the same place.
"""

from collections.abc import Sequence
from dataclasses import replace

from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.vms.lifecycle import system
from hosted_engine.engine.vms.model import RUNNING, Vm
from node.api.messages.ha import HaReport

UP, PREPARING, MAINTENANCE = NodeStatus.UP, NodeStatus.PREPARING_FOR_MAINTENANCE, NodeStatus.MAINTENANCE
CONNECTED = frozenset({UP, PREPARING, MAINTENANCE})


def status_by(report: HaReport, vms: Sequence[Vm]) -> tuple[NodeStatus, str]:
    """The status of a node that is connected, and the words for it. `vms` are those that run on it."""
    if not report.maintenance:
        return UP, ""
    if not vms:
        return MAINTENANCE, report.reason
    names = ", ".join(sorted(vm.name for vm in vms))
    return PREPARING, "; ".join(filter(None, (report.reason, f"it waits for these VMs to leave it: {names}")))


def follow(tx: Transaction, node_id: str, report: HaReport, now: float) -> None:
    """Bring the node, which is connected, to the status that `report` calls for, and tell of it."""
    node = found(tx.nodes.get(node_id), "host", node_id)
    if node.status not in CONNECTED:
        return
    status, detail = status_by(report, vms_on(tx, node_id))
    if (status, detail) == (node.status, node.detail):
        return
    was_up = node.status is UP
    changed = replace(node, status=status, detail=detail, seen_at=node.seen_at if was_up is (status is UP) else now)
    tx.nodes.update(changed)
    _notify(tx, node, changed, report, now)


def vms_on(tx: Transaction, node_id: str) -> Sequence[Vm]:
    """All that run or start there, or may: of a silent node nobody knows."""
    return tx.vms.list(node_id=node_id, status=RUNNING)


def _notify(tx: Transaction, before: Node, node: Node, report: HaReport, now: float) -> None:
    match before.status, node.status:
        case (_, NodeStatus.UP):
            emit(tx, system(now), EventType.VDS_DETECTED, node=node)
        case (NodeStatus.UP | NodeStatus.PREPARING_FOR_MAINTENANCE, NodeStatus.MAINTENANCE):
            emit(tx, system(now), EventType.VDS_MAINTENANCE, node=node)
        case (NodeStatus.UP, NodeStatus.PREPARING_FOR_MAINTENANCE):
            why = f" (Reason: {report.reason})" if report.reason else ""
            reason = f"Host {node.name} was asked on the host itself to go into Maintenance mode{why}."
            emit(tx, system(now), EventType.EXTERNAL_EVENT_NORMAL, node=node, reason=reason)
