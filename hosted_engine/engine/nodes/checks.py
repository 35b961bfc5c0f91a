"""The questions before a node goes into maintenance or comes back from it, each with its refusal in oVirt's words."""

from gluster.diagnosis.quorum import would_lose_quorum
from gluster.report import StorageReport
from hosted_engine.engine.nodes.maintenance import vms_on
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.model import Origin
from node.api.messages.ha import HaReport
from node.api.problems import Refused

CAN_BE_DEACTIVATED = frozenset({NodeStatus.UP, NodeStatus.MAINTENANCE, NodeStatus.PREPARING_FOR_MAINTENANCE})
CAN_BE_ACTIVATED = frozenset({NodeStatus.MAINTENANCE, NodeStatus.PREPARING_FOR_MAINTENANCE})


class NotToMaintenance(Refused):
    what = "Cannot switch Host {node} to Maintenance mode"


class HostNotOperational(NotToMaintenance):
    why = "Host is not operational: it is {status}, and the host itself has to keep its maintenance in mind"
    mend = "Bring the host back first"


class HostHasVms(NotToMaintenance):
    why = "it includes VMs that cannot be migrated: {vms}. Moving VMs to other hosts is not there yet"
    mend = "Shut these VMs down first"


class NoAlternateHost(NotToMaintenance):
    why = "There are no available hosts capable of running the engine VM ({reasons})"
    mend = "Bring another host up first, with a score above 0 in `trivet ha status`"


class EngineStays(NotToMaintenance):
    why = "the engine VM runs on it and nothing would move it: {reason}"
    mend = "{mend}"


class QuorumLost(NotToMaintenance):
    why = "{reason}"
    mend = "{mend}; or, when the host stays on, say force"


class MaintenanceEnded(NotToMaintenance):
    why = "it is {status} meanwhile: somebody has activated it, or it does not respond any more"
    mend = "Look at its events, and try again"


class NotActivated(Refused):
    what = "Cannot activate Host {node}"
    why = "{reason}"
    mend = "{mend}"


def check_deactivable(tx: Transaction, node: Node) -> None:
    if node.status not in CAN_BE_DEACTIVATED:
        raise HostNotOperational(node=node.name, status=node.status.value)
    vms = [vm.name for vm in vms_on(tx, node.id) if vm.origin is not Origin.MANAGED_HOSTED_ENGINE]
    if vms:
        raise HostHasVms(node=node.name, vms=", ".join(sorted(vms)))


def check_engine_survives(tx: Transaction, node: Node, readings: Readings) -> None:
    """Another node has to be able to run the engine, and what moves it has to be at work where it runs here."""
    others = {other.name: why_not_for_engine(other, readings) for other in tx.nodes.list() if other.id != node.id}
    if all(others.values()):
        reasons = "; ".join(f"{name} {reason}" for name, reason in sorted(others.items())) or "there are no other hosts"
        raise NoAlternateHost(node=node.name, reasons=reasons)
    own = readings.of(node.id).ha
    if any(vm.origin is Origin.MANAGED_HOSTED_ENGINE for vm in vms_on(tx, node.id)):
        if own is None or not (own.configured and own.active):
            mend = "See that it runs there: systemctl status trivet-ha"
            raise EngineStays(node=node.name, reason="trivet-ha does not run there", mend=mend)
        if own.global_maintenance:
            mend = "End that first: trivet ha maintenance none, on any host"
            raise EngineStays(node=node.name, reason="the cluster is in global maintenance", mend=mend)


def why_not_for_engine(node: Node, readings: Readings) -> str | None:
    """Why `node` could not take the engine VM, as the rest of a sentence that begins with its name."""
    if node.status is not NodeStatus.UP:
        return f"is {node.status.value}"
    report: HaReport | None = readings.of(node.id).ha
    if report is None or not (report.configured and report.active) or report.score is None:
        return "has no trivet-ha at work"
    return None if report.score > 0 else "has a score of 0"


def check_quorum(node: Node, report: StorageReport | None) -> None:
    """Bricks run on in a maintenance. But it is what somebody does before he switches a host off."""
    if report is None or not report.state.answered:
        mend = "Try again in a minute, or look at `trivet gluster status` on a host"
        raise QuorumLost(node=node.name, reason="nobody can say how the Gluster volumes are", mend=mend)
    lost = [volume.name for volume in report.state.volumes if would_lose_quorum(report.state, volume, node.hostname)]
    if lost:
        reason = f"without its bricks Gluster quorum will be lost for the following Volumes: {', '.join(lost)}"
        raise QuorumLost(node=node.name, reason=reason, mend="Bring the bricks of the other hosts back first")


def is_in_maintenance(node: Node) -> bool:
    """False while it prepares for it. Raises MaintenanceEnded where it does not any more."""
    if node.status not in (NodeStatus.MAINTENANCE, NodeStatus.PREPARING_FOR_MAINTENANCE):
        raise MaintenanceEnded(node=node.name, status=node.status.value)
    return node.status is NodeStatus.MAINTENANCE


def check_activable(node: Node) -> None:
    if node.status is NodeStatus.UP:
        raise NotActivated(node=node.name, reason="Host is already up", mend="Nothing has to be done")
    if node.status not in CAN_BE_ACTIVATED:
        reason = f"it is {node.status.value}, not in Maintenance mode"
        raise NotActivated(node=node.name, reason=reason, mend="Check its power and its network")
