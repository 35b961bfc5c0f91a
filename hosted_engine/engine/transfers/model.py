"""A transfer of a disk's image between a client and a node, and the phases that it goes through."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.disks.model import DiskFormat
from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable
from node.api.messages.transfers import TransferDirection

INACTIVITY_S = 60  # oVirt's TransferImageClientInactivityTimeoutInSeconds
TICKET_S = 300  # oVirt's ImageTransferHostTicketValidityInSeconds
RENEW_S = 60.0


class TransferPhase(StrEnum):
    """oVirt's words. CANCELLED is what older engines said of a cancelled one, and never said here."""

    UNKNOWN = "unknown"
    INITIALIZING = "initializing"
    TRANSFERRING = "transferring"
    RESUMING = "resuming"
    PAUSED_SYSTEM = "paused_system"
    PAUSED_USER = "paused_user"
    CANCELLED = "cancelled"
    CANCELLED_SYSTEM = "cancelled_system"
    CANCELLED_USER = "cancelled_user"
    FINALIZING_SUCCESS = "finalizing_success"
    FINALIZING_FAILURE = "finalizing_failure"
    FINALIZING_CLEANUP = "finalizing_cleanup"
    FINISHED_SUCCESS = "finished_success"
    FINISHED_FAILURE = "finished_failure"
    FINISHED_CLEANUP = "finished_cleanup"


PAUSED = frozenset({TransferPhase.PAUSED_SYSTEM, TransferPhase.PAUSED_USER})
CANCELLED = frozenset({TransferPhase.CANCELLED_SYSTEM, TransferPhase.CANCELLED_USER})
LIVE = frozenset({TransferPhase.INITIALIZING, TransferPhase.TRANSFERRING, TransferPhase.RESUMING}) | PAUSED
FINISHED = frozenset({TransferPhase.FINISHED_SUCCESS, TransferPhase.FINISHED_FAILURE, TransferPhase.FINISHED_CLEANUP})


class TimeoutPolicy(StrEnum):
    """What becomes of a transfer that nobody uses: LEGACY pauses an upload and cancels a download."""

    LEGACY = "legacy"
    PAUSE = "pause"
    CANCEL = "cancel"


def _shown(wire: str) -> Field:
    return Field(wire, settable=Settable.NEVER)


def _chosen(wire: str, *, least: int | None = None, most: int | None = None) -> Field:
    return Field(wire, settable=Settable.ON_ADD, least=least, most=most)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTransfer:
    """`disk_name` is for when the disk is gone. `ticket` opens the image; each time that it is opened has its own, and
    `ready` says that the node has it. `host_url` and `proxy_url` are where the node's daemon and the engine's proxy are
    found; empty where the proxy does not have the ticket. `extended_at` is when its client was
    given time last, `renewed_at` when its ticket was; `error` is why it ended badly."""

    id: str
    disk_id: Annotated[
        str, Reference("disk", settable=Settable.ON_ADD, to="disks", on_remove=OnRemove.NO_ACTION, strict=False)
    ] = ""
    direction: Annotated[TransferDirection, _chosen("direction")] = TransferDirection.UPLOAD
    format: Annotated[DiskFormat, _chosen("format")] = DiskFormat.RAW
    phase: Annotated[TransferPhase, _shown("phase")] = TransferPhase.INITIALIZING
    node_id: Annotated[
        str | None, Reference("host", settable=Settable.ON_ADD, to="nodes", on_remove=OnRemove.NO_ACTION, strict=False)
    ] = None
    inactivity_timeout_s: Annotated[int, _chosen("inactivity_timeout", least=1, most=86_400)] = INACTIVITY_S
    timeout_policy: Annotated[TimeoutPolicy, _chosen("timeout_policy")] = TimeoutPolicy.LEGACY
    shallow: Annotated[bool, _chosen("shallow")] = False
    transferred_bytes: Annotated[int, _shown("transferred")] = 0
    active: Annotated[bool, _shown("active")] = False
    disk_name: str = ""
    ticket: str = ""
    ready: bool = False
    host_url: str = ""
    proxy_url: str = ""
    created_at: float = 0.0
    renewed_at: float = 0.0
    extended_at: float = 0.0
    ended_at: float | None = None
    error: str = ""
