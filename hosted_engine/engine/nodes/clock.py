"""Says when a host's clock and the engine's are far apart: certificates and logs go by them. Pure."""

from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.lifecycle import system

MOST_S = 300.0  # as oVirt's HostTimeDriftInSec


def is_far(drift_s: float) -> bool:
    """`drift_s`: how far the host's clock is ahead of the engine's."""
    return abs(drift_s) > MOST_S


def report_drift(tx: Transaction, node: Node, drift_s: float, now: float) -> None:
    actual, maximum = f"{abs(drift_s):.0f}", f"{MOST_S:.0f}"
    emit(tx, system(now), EventType.VDS_TIME_DRIFT_ALERT, node=node, actual=actual, maximum=maximum)
