"""What users do to a transfer: each changes its phase, and the transfer's own command does what follows."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar

from hosted_engine.engine.command import Command, Context, Lock
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.transfers.events import CANCELLED, PAUSED_BY_USER, RESUMED_BY_USER, emit_transfer
from hosted_engine.engine.transfers.model import LIVE, PAUSED, ImageTransfer, TransferPhase
from hosted_engine.engine.transfers.opening import the_transfer

USABLE = PAUSED | {TransferPhase.TRANSFERRING}


class ChangeTransfer(Command, frozen=True, kw_only=True):
    """`doing` begins its description, `allowed` are the phases in which it may be done, `phase` is the one after it."""

    action: ClassVar[str]
    doing: ClassVar[str]
    allowed: ClassVar[Collection[TransferPhase]]
    phase: ClassVar[TransferPhase]
    event: ClassVar[EventKind | None] = None

    id: str

    def check(self, tx: Transaction) -> None:
        transfer = the_transfer(tx, self.id)
        if transfer.phase not in self.allowed:
            mend = "Begin another transfer" if transfer.phase not in LIVE else "Try again when it has gone on"
            reason = f"it is {transfer.phase.value}"
            raise WrongState(action=self.action, kind="image transfer", name=self.id, reason=reason, mend=mend)

    def describe(self, tx: Transaction) -> str:
        return f"{self.doing} the transfer of Disk {the_transfer(tx, self.id).disk_name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("image transfer", self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        transfer = self.after(the_transfer(tx, self.id), context)
        tx.of(ImageTransfer).update(transfer)
        if self.event is not None:
            emit_transfer(tx, context, self.event, transfer)

    def after(self, transfer: ImageTransfer, context: Context) -> ImageTransfer:
        return replace(transfer, phase=self.phase)


class FinalizeTransfer(ChangeTransfer, frozen=True, kw_only=True):
    action: ClassVar[str] = "finalize"
    doing: ClassVar[str] = "Finalizing"
    allowed: ClassVar[Collection[TransferPhase]] = USABLE
    phase: ClassVar[TransferPhase] = TransferPhase.FINALIZING_SUCCESS


class CancelTransfer(ChangeTransfer, frozen=True, kw_only=True):
    """The disk of an upload is removed with what has come of it."""

    action: ClassVar[str] = "cancel"
    doing: ClassVar[str] = "Cancelling"
    allowed: ClassVar[Collection[TransferPhase]] = LIVE
    phase: ClassVar[TransferPhase] = TransferPhase.CANCELLED_USER
    event: ClassVar[EventKind | None] = CANCELLED


class PauseTransfer(ChangeTransfer, frozen=True, kw_only=True):
    action: ClassVar[str] = "pause"
    doing: ClassVar[str] = "Pausing"
    allowed: ClassVar[Collection[TransferPhase]] = frozenset({TransferPhase.TRANSFERRING})
    phase: ClassVar[TransferPhase] = TransferPhase.PAUSED_USER
    event: ClassVar[EventKind | None] = PAUSED_BY_USER


class ResumeTransfer(ChangeTransfer, frozen=True, kw_only=True):
    action: ClassVar[str] = "resume"
    doing: ClassVar[str] = "Resuming"
    allowed: ClassVar[Collection[TransferPhase]] = PAUSED
    phase: ClassVar[TransferPhase] = TransferPhase.RESUMING
    event: ClassVar[EventKind | None] = RESUMED_BY_USER


class ExtendTransfer(ChangeTransfer, frozen=True, kw_only=True):
    """Its client is given its whole time of inactivity anew."""

    action: ClassVar[str] = "extend"
    doing: ClassVar[str] = "Extending"
    allowed: ClassVar[Collection[TransferPhase]] = frozenset({TransferPhase.TRANSFERRING})
    phase: ClassVar[TransferPhase] = TransferPhase.TRANSFERRING

    def after(self, transfer: ImageTransfer, context: Context) -> ImageTransfer:
        """Renewed at the next look, too: its ticket lives as long as the transfer does."""
        return replace(transfer, extended_at=context.now, renewed_at=0.0)
