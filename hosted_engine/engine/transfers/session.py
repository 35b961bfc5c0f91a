"""Watches a transfer until its client, its user or the system has ended it: the long step of its command."""

import logging
from dataclasses import replace

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NoNode
from hosted_engine.engine.transfers.checks import choose_node
from hosted_engine.engine.transfers.decide import noted, phase_when_unresponsive
from hosted_engine.engine.transfers.events import (
    CANCELED_ON_TIMEOUT,
    MISSING_HOST,
    NO_TICKET,
    PAUSED_ON_TIMEOUT,
    emit_transfer,
)
from hosted_engine.engine.transfers.model import (
    LIVE,
    PAUSED,
    RENEW_S,
    ImageTransfer,
    TransferPhase,
)
from hosted_engine.engine.transfers.opening import (
    close_image,
    close_proxy,
    open_image,
    read,
    renew,
    the_transfer,
)
from hosted_engine.engine.vms.lifecycle import system
from node.api.messages.transfers import TransferReport
from node.api.problems import Problem, RemoteRefused

log = logging.getLogger(__name__)

INTERVAL_S = 1.0


class Session:
    """What it does is by what the store says of the transfer, and safe to repeat from its begin."""

    def __init__(self, dependencies: Dependencies, transfer_id: str) -> None:
        self._dependencies = dependencies
        self._id = transfer_id

    async def run(self) -> None:
        while (transfer := read(self._dependencies, self._id)).phase in LIVE:
            await self._turn(transfer)
            await self._dependencies.poller.clock.sleep(INTERVAL_S)

    async def _turn(self, transfer: ImageTransfer) -> None:
        if transfer.phase in PAUSED:
            if transfer.ready:
                await self._close()
        elif transfer.phase is TransferPhase.RESUMING:
            await self._resume(transfer)
        else:
            await self._observe(transfer)

    async def _close(self) -> None:
        """Tried again with the next turn where the node does not answer."""
        try:
            await close_image(self._dependencies, self._id)
        except Problem as err:
            log.info("transfer %s: %s", self._id, err)

    async def _resume(self, transfer: ImageTransfer) -> None:
        """With a ticket of its own; through another host where the one that it had is not up. The old one gave the
        image free, or has lost its power, or keeps its lock: then the other cannot open it."""
        with self._dependencies.store.transaction() as tx:
            node = tx.nodes.get(transfer.node_id or "")
            anywhere = replace(transfer, node_id=None)
            kept = node is not None and node.status is NodeStatus.UP
            try:
                node_id = transfer.node_id if kept else choose_node(tx, self._dependencies.readings, anywhere)
            except NoNode as err:
                self._pause_in(tx, MISSING_HOST, str(err))
                return
            tx.of(ImageTransfer).update(replace(transfer, node_id=node_id, ticket=new_id()))
        await close_proxy(self._dependencies, transfer)
        await self._open()

    async def _open(self) -> None:
        try:
            await open_image(self._dependencies, self._id)
        except Problem as err:
            self._pause(NO_TICKET, str(err))

    async def _observe(self, transfer: ImageTransfer) -> None:
        try:
            report = await self._report(transfer)
        except Problem as err:
            self._pause(MISSING_HOST, str(err))
            return
        if report is None:
            await self._open()  # the node or its daemon was started anew: the same ticket opens it again
            return
        with self._dependencies.store.transaction() as tx:
            before = the_transfer(tx, self._id)
            transfer, now = noted(before, report), self._dependencies.clock()
            silent = phase_when_unresponsive(transfer, report, now)
            if silent is not None and transfer.phase is TransferPhase.TRANSFERRING:
                transfer = replace(transfer, phase=silent)
                kind = PAUSED_ON_TIMEOUT if silent is TransferPhase.PAUSED_SYSTEM else CANCELED_ON_TIMEOUT
                emit_transfer(tx, system(now), kind, transfer)
            if transfer != before:
                tx.of(ImageTransfer).update(transfer)

    async def _report(self, transfer: ImageTransfer) -> TransferReport | None:
        if self._dependencies.clock() - transfer.renewed_at >= RENEW_S:
            try:
                return await renew(self._dependencies, transfer)
            except RemoteRefused as err:
                if err.text.status != 404:
                    raise
                return None
        node = await self._dependencies.fleet.node(transfer.node_id or "")
        return await node.transfer(transfer.id)

    def _pause(self, kind: EventKind, reason: str) -> None:
        with self._dependencies.store.transaction() as tx:
            self._pause_in(tx, kind, reason)

    def _pause_in(self, tx: Transaction, kind: EventKind, reason: str) -> None:
        transfer = the_transfer(tx, self._id)
        if transfer.phase in (TransferPhase.TRANSFERRING, TransferPhase.RESUMING):
            transfer = replace(transfer, phase=TransferPhase.PAUSED_SYSTEM)
            tx.of(ImageTransfer).update(transfer)
            emit_transfer(tx, system(self._dependencies.clock()), kind, transfer, reason=reason)
