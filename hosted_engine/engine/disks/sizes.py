"""How much room the images take that the deploy made: nobody has asked a node for it when they become known."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from hosted_engine.engine.disks.model import DiskStatus
from hosted_engine.engine.ports import Transaction
from node.api.messages.images import ImageRef, ImageReport


def unmeasured(tx: Transaction, storage_domains: Collection[str]) -> Mapping[str, ImageRef]:
    """By the disk's id, on one of these storage domains."""
    disks = tx.disks.list(actual_size_bytes=0, status=DiskStatus.OK, storage_domain_id=tuple(storage_domains))
    return {disk.id: disk.image for disk in disks}


def note_size(tx: Transaction, disk_id: str, report: ImageReport) -> None:
    disk = tx.disks.get(disk_id)
    if disk is not None:
        tx.disks.update(replace(disk, actual_size_bytes=report.actual_size_bytes))
