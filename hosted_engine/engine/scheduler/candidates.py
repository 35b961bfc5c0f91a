"""Gathers for the scheduler what the store and the last readings say of the nodes."""

from collections import Counter

from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.scheduler.model import Candidate
from hosted_engine.engine.vms.model import VmStatus

STARTING = (VmStatus.WAIT_FOR_LAUNCH, VmStatus.POWERING_UP)


def candidates(tx: Transaction, readings: Readings, cluster_id: str) -> tuple[Candidate, ...]:
    starting: Counter[str] = Counter()
    for vm in tx.vms.list(status=STARTING):
        starting[vm.node_id or ""] += vm.memory_bytes
    return tuple(
        Candidate(node, readings.of(node.id), starting[node.id]) for node in tx.nodes.list(cluster_id=cluster_id)
    )
