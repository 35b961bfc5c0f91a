"""What has to hold before an image is transferred."""

from hosted_engine.engine.disks.checks import belongs_to_template, domain_for_disks, domain_with_space, usable_disk
from hosted_engine.engine.disks.model import Disk, DiskContentType, DiskFormat
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NoNode, WrongState, found
from hosted_engine.engine.transfers.model import LIVE, ImageTransfer
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.transfers import TransferDirection


def check_transfer(tx: Transaction, transfer: ImageTransfer) -> None:
    disk = usable_disk(tx, transfer.disk_id, "transfer")
    is_upload = transfer.direction is TransferDirection.UPLOAD
    (domain_with_space if is_upload else domain_for_disks)(tx, disk.storage_domain_id)
    if reason := why_not_transferable(tx, disk, transfer.direction):
        mend = "Stop what uses it, or choose another disk"
        raise WrongState(action=str(transfer.direction), kind="disk", name=disk.name, reason=reason, mend=mend)
    _check_format(disk, transfer)
    if transfer.node_id is not None:
        node = found(tx.nodes.get(transfer.node_id), "host", transfer.node_id)
        if node.status is not NodeStatus.UP:
            reason, mend = f"it is {node.status.value}", "Bring it up, or name no host"
            raise WrongState(action="transfer an image through", kind="host", name=node.name, reason=reason, mend=mend)


def why_not_transferable(tx: Transaction, disk: Disk, direction: TransferDirection) -> str:
    """A reason, or nothing."""
    if disk.content_type is DiskContentType.HOSTED_ENGINE:
        return "the engine runs from it"
    for attachment in tx.disk_attachments.list(disk_id=disk.id, active=True):
        vm = tx.vms.get(attachment.owner_id)
        if vm is not None and vm.status is not VmStatus.DOWN:
            return f"VM {vm.name} has it, which is {vm.status.value}"
    readers = tx.vms.list(current_cd_disk_id=disk.id)
    if readers and direction is TransferDirection.UPLOAD:
        return f"VM {readers[0].name} has it in its CD-ROM drive"
    if direction is TransferDirection.UPLOAD and belongs_to_template(tx, disk.id):
        return "it belongs to a template"
    return ""


def choose_node(tx: Transaction, readings: Readings, transfer: ImageTransfer) -> str:
    """The host that was asked for, else of those that have the storage the one with the fewest transfers. Raises
    NoNode."""
    disk = found(tx.disks.get(transfer.disk_id), "disk", transfer.disk_id)
    domain = found(tx.storage_domains.get(disk.storage_domain_id), "storage domain", disk.storage_domain_id)
    reasons, fit = [], []
    for node in tx.nodes.list():
        if transfer.node_id not in (None, node.id):
            continue
        if node.status is not NodeStatus.UP:
            reasons.append(f"{node.name}: it is {node.status.value}")
        elif not readings.of(node.id).mounted(domain.id):
            reasons.append(f"{node.name}: it has not mounted {domain.name}")
        else:
            fit.append(node)
    if not fit:
        raise NoNode(action=f"transfer disk {disk.name}", reasons="; ".join(reasons) or "there is no such host")
    live = [one.node_id for one in tx.of(ImageTransfer).list(phase=LIVE)]
    return min(fit, key=lambda node: (live.count(node.id), node.name)).id


def _check_format(disk: Disk, transfer: ImageTransfer) -> None:
    wanted, is_upload = transfer.format, transfer.direction is TransferDirection.UPLOAD
    reason = ""
    if wanted is DiskFormat.COW and disk.format is DiskFormat.RAW:
        reason = "the disk has the format raw"
    elif wanted is DiskFormat.COW and is_upload and disk.template_disk_id is not None:
        reason = "the disk stands on that of a template; what is uploaded as raw is written over it"
    if reason:
        raise BadValue(value=DiskFormat.COW.value, field="image_transfer.format", reason=reason)
    if transfer.shallow and (is_upload or wanted is not DiskFormat.RAW):
        reason = "only a download as raw can leave out what the image stands on"
        raise BadValue(value="true", field="image_transfer.shallow", reason=reason)
