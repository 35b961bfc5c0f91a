"""Gathers for the scheduler what the store and the last readings say of the nodes."""

from hosted_engine.engine.affinitylabels.entity import NodeLabel, binding_labels
from hosted_engine.engine.nodes.readings import Reading, Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.scheduler.model import Candidate
from hosted_engine.engine.vms.model import LAUNCHING, RUNNING, Vm, VmStatus

STARTING = LAUNCHING | {VmStatus.POWERING_UP}


def candidates(tx: Transaction, readings: Readings, cluster_id: str) -> tuple[Candidate, ...]:
    running = tx.vms.list(status=RUNNING)
    nodes = tx.nodes.list(cluster_id=cluster_id)
    labels = binding_labels(tx, NodeLabel, [node.id for node in nodes])
    return tuple(
        Candidate(
            node,
            reading,
            sum(vm.memory_bytes for vm in running if vm.node_id == node.id and _unseen(vm, reading)),
            labels.get(node.id, frozenset()),
        )
        for node in nodes
        for reading in (readings.of(node.id),)
    )


def _unseen(vm: Vm, reading: Reading) -> bool:
    """Whether the node's free memory does not show the VM yet."""
    return vm.status in STARTING or (vm.started_at or 0.0) >= reading.at
