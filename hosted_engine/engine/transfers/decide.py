"""What becomes of a transfer: after a look at its node, when its client is silent, when it has ended. Pure."""

from dataclasses import replace

from hosted_engine.engine.transfers.model import ImageTransfer, TimeoutPolicy, TransferPhase
from node.api.messages.transfers import TransferDirection, TransferReport

SUCCEEDED_S = 900.0  # oVirt's SucceededImageTransferCleanupTimeInMinutes
FAILED_S = 1800.0  # oVirt's FailedImageTransferCleanupTimeInMinutes

_AFTER = {
    TransferPhase.FINALIZING_SUCCESS: TransferPhase.FINISHED_SUCCESS,
    TransferPhase.FINALIZING_FAILURE: TransferPhase.FINISHED_FAILURE,
}


def noted(transfer: ImageTransfer, report: TransferReport) -> ImageTransfer:
    """With what the node says. Its count begins anew with each ticket: the greatest is shown."""
    transferred = max(transfer.transferred_bytes, report.transferred_bytes)
    return replace(transfer, transferred_bytes=transferred, active=report.active)


def phase_when_unresponsive(transfer: ImageTransfer, report: TransferReport, now: float) -> TransferPhase | None:
    """Where it goes because its client has asked for nothing for too long; None where that is not so."""
    if report.active:
        return None
    if min(report.idle_s, now - transfer.extended_at) < transfer.inactivity_timeout_s:
        return None
    policy = transfer.timeout_policy
    is_paused = policy is TimeoutPolicy.PAUSE or (
        policy is TimeoutPolicy.LEGACY and transfer.direction is TransferDirection.UPLOAD
    )
    return TransferPhase.PAUSED_SYSTEM if is_paused else TransferPhase.CANCELLED_SYSTEM


def last_phase(phase: TransferPhase) -> TransferPhase:
    """In which it ends that was in `phase` when all was done."""
    return _AFTER.get(phase, TransferPhase.FINISHED_CLEANUP)


def is_past(transfer: ImageTransfer, now: float) -> bool:
    """Nobody is shown it any more."""
    if transfer.ended_at is None:
        return False
    return transfer.ended_at < now - (SUCCEEDED_S if transfer.phase is TransferPhase.FINISHED_SUCCESS else FAILED_S)


def address_url(address: str, port: int) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"https://{host}:{port}"


def image_url(base: str, ticket: str) -> str:
    return f"{base}/images/{ticket}"
