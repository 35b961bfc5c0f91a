"""Transfers that are over are shown for as long as oVirt shows them."""

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.transfers.decide import is_past
from hosted_engine.engine.transfers.model import FINISHED, ImageTransfer


def forget_past(tx: Transaction, now: float) -> None:
    for transfer in tx.of(ImageTransfer).list(phase=FINISHED):
        if is_past(transfer, now):
            tx.of(ImageTransfer).remove(transfer.id)
