"""Opens the image of a transfer on its node and in the engine's proxy, and closes it again; each is safe to repeat."""

import logging
from dataclasses import replace

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.engine.transfers.decide import address_url, image_url, noted
from hosted_engine.engine.transfers.events import NO_PROXY, emit_transfer
from hosted_engine.engine.transfers.model import TICKET_S, ImageTransfer, TransferPhase
from hosted_engine.engine.vms.lifecycle import system
from node.api.messages.transfers import TransferDirection, TransferRenewal, TransferReport, TransferRequest
from node.api.problems import Problem

log = logging.getLogger(__name__)

QCOW_OVERHEAD = 1.1  # oVirt's: what the tables of a full qcow2 image take at most
QCOW_LEAST_BYTES = 1 << 20


def the_transfer(tx: Transaction, transfer_id: str) -> ImageTransfer:
    return found(tx.of(ImageTransfer).get(transfer_id), "image transfer", transfer_id)


def read(dependencies: Dependencies, transfer_id: str) -> ImageTransfer:
    with dependencies.store.transaction() as tx:
        return the_transfer(tx, transfer_id)


async def open_image(dependencies: Dependencies, transfer_id: str) -> None:
    """It is transferring then, unless it was cancelled meanwhile. Raises what the node raises."""
    with dependencies.store.transaction() as tx:
        transfer = the_transfer(tx, transfer_id)
        disk = found(tx.disks.get(transfer.disk_id), "disk", transfer.disk_id)
        node = found(tx.nodes.get(transfer.node_id or ""), "host", transfer.node_id or "")
        request = _request(transfer, disk)
    report = await (await dependencies.fleet.node(node.id)).open_transfer(request)
    host_url = address_url(node.address, report.port)
    proxied = await _open_proxy(dependencies, transfer, image_url(host_url, transfer.ticket), report)
    now = dependencies.clock()
    with dependencies.store.transaction() as tx:
        transfer = replace(
            noted(the_transfer(tx, transfer_id), report),
            ready=True,
            host_url=host_url,
            proxy_url=dependencies.proxy.url if proxied else "",
            renewed_at=now,
            extended_at=now,
        )
        if transfer.phase in (TransferPhase.INITIALIZING, TransferPhase.RESUMING):
            transfer = replace(transfer, phase=TransferPhase.TRANSFERRING)
        tx.of(ImageTransfer).update(transfer)


async def close_image(dependencies: Dependencies, transfer_id: str) -> None:
    """Nobody can use its ticket then. Raises what the node raises. A host that is no more has nothing open."""
    transfer = read(dependencies, transfer_id)
    if transfer.node_id is not None:
        try:
            node = await dependencies.fleet.node(transfer.node_id)
        except NotThere:
            log.info("transfer %s: its host is no more", transfer_id)
        else:
            await node.close_transfer(transfer_id)
    await close_proxy(dependencies, transfer)
    with dependencies.store.transaction() as tx:
        tx.of(ImageTransfer).update(replace(the_transfer(tx, transfer_id), ready=False, proxy_url="", active=False))


async def close_proxy(dependencies: Dependencies, transfer: ImageTransfer) -> None:
    """One that cannot be asked has lost its tickets, or they end by themselves when nobody renews them: then the node's
    is no more, either."""
    try:
        await dependencies.proxy.remove(transfer.ticket)
    except Problem as err:
        log.warning("transfer %s: %s", transfer.id, err)


async def renew(dependencies: Dependencies, transfer: ImageTransfer) -> TransferReport:
    """The proxy may have been started anew: then it does not know the ticket any more."""
    node = await dependencies.fleet.node(transfer.node_id or "")
    report = await node.renew_transfer(transfer.id, TransferRenewal(timeout_s=TICKET_S))
    proxied = False
    if transfer.proxy_url:
        try:
            proxied = await dependencies.proxy.renew(transfer.ticket)
        except Problem as err:
            log.warning("transfer %s: %s", transfer.id, err)
    with dependencies.store.transaction() as tx:
        proxy_url = dependencies.proxy.url if proxied else ""
        now = replace(the_transfer(tx, transfer.id), renewed_at=dependencies.clock(), proxy_url=proxy_url)
        tx.of(ImageTransfer).update(now)
    return report


async def _open_proxy(dependencies: Dependencies, transfer: ImageTransfer, url: str, report: TransferReport) -> bool:
    try:
        await dependencies.proxy.add(
            ticket=transfer.ticket,
            transfer_id=transfer.id,
            url=url,
            size_bytes=report.size_bytes,
            inactivity_timeout_s=transfer.inactivity_timeout_s,
        )
    except Problem as err:
        log.warning("transfer %s: %s", transfer.id, err)
        with dependencies.store.transaction() as tx:
            emit_transfer(tx, system(dependencies.clock()), NO_PROXY, transfer, reason=str(err))
        return False
    return True


def _request(transfer: ImageTransfer, disk: Disk) -> TransferRequest:
    is_upload = transfer.direction is TransferDirection.UPLOAD
    return TransferRequest(
        id=transfer.id,
        image=disk.image,
        direction=transfer.direction,
        format=transfer.format.image_format,
        ticket=transfer.ticket,
        timeout_s=TICKET_S,
        inactivity_timeout_s=transfer.inactivity_timeout_s,
        size_bytes=file_bytes(disk) if is_upload else None,
        shallow=transfer.shallow,
        sparse=disk.sparse,
        file_name="" if is_upload else disk.name,
    )


def file_bytes(disk: Disk) -> int:
    """So much an uploaded file may have at most."""
    return max(int(disk.provisioned_size_bytes * QCOW_OVERHEAD) + QCOW_LEAST_BYTES, disk.initial_size_bytes)
