"""The memory that a snapshot keeps beside the disks: whether there can be one, and what becomes of it."""

from collections.abc import Iterable
from dataclasses import replace

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.snapshots.config import disks_in, nics_in
from hosted_engine.engine.snapshots.model import MemoryVolume, Snapshot, memory_image
from hosted_engine.engine.vms.model import Vm, VmStatus
from hosted_engine.engine.vms.spec import active_disks
from node.api.messages.images import ImageRef
from node.api.messages.vms import MemoryLink
from node.steps import Step

TAKE = "take a snapshot with the memory of"
WITHOUT = "take it with persist_memorystate=false"


def why_no_memory(tx: Transaction, vm: Vm, taken: Iterable[Disk]) -> str | None:
    """A reason why a snapshot of these disks cannot have the VM's memory, which knows all that it writes to."""
    if vm.status not in (VmStatus.UP, VmStatus.PAUSED):
        return f"it is {vm.status.value}, and has none to keep"
    ids = {disk.id for disk in taken}
    left_out = [disk.name for one, disk in active_disks(tx, vm.id) if disk.id not in ids and not one.read_only]
    return f"disk {left_out[0]} is not part of the snapshot" if left_out else None


def check_memory(tx: Transaction, vm: Vm, taken: Iterable[Disk]) -> None:
    if (reason := why_no_memory(tx, vm, taken)) is not None:
        raise WrongState(action=TAKE, kind="VM", name=vm.name, reason=reason, mend=WITHOUT.capitalize())


def memory_of(tx: Transaction, snapshot_id: str) -> MemoryVolume | None:
    return next(iter(tx.of(MemoryVolume).list(snapshot_id=snapshot_id)), None)


def check_restorable(tx: Transaction, snapshot: Snapshot) -> MemoryVolume:
    """Its memory, when the VM can be all that this memory knows it to be."""
    volume, reason = memory_of(tx, snapshot.id), ""
    if volume is None:
        reason = "it was taken without"
    for attachment, disk in disks_in(snapshot):
        held = tx.disk_images.list(disk_id=disk.id, snapshot_id=snapshot.id)
        if attachment.active and not attachment.read_only and not held:
            reason = f"disk {disk.name} is not in it any more"
    for nic in nics_in(snapshot):
        if nic.mac and any(other.owner_id != snapshot.vm_id for other in tx.nics.list(mac=nic.mac)):
            reason = f"the address of NIC {nic.name} is used by another VM"
    if volume is None or reason:
        raise WrongState(
            action="restore the memory of",
            kind="snapshot",
            name=repr(snapshot.description),
            reason=reason,
            mend="Leave restore_memory out: the VM boots then",
        )
    return volume


def new_link(volume: MemoryVolume) -> ImageRef:
    """One more name for it, which a VM goes on from once."""
    return memory_image(volume.storage_domain_id, new_id())


def link_memory(dependencies: Dependencies, vm_id: str, source: ImageRef, link: ImageRef) -> Step:
    """Taken back as long as it is not the VM's."""

    async def do() -> None:
        await (await dependencies.fleet.carrier(link.storage_domain)).link_memory(link, MemoryLink(source=source))

    async def undo() -> None:
        with dependencies.store.transaction() as tx:
            vm = tx.vms.get(vm_id)
        if vm is None or vm.saved_memory != link:
            await (await dependencies.fleet.carrier(link.storage_domain)).remove_image(link)

    return Step(link_key(link), "Have the memory of the snapshot ready for the VM", do, undo)


def link_key(link: ImageRef) -> str:
    return f"link-memory-{link.disk_id}"


def abandon_memory(tx: Transaction, snapshot_id: str) -> None:
    """Nobody needs it any more, and it is removed soon; its snapshot, if that stays, is one without memory."""
    for volume in tx.of(MemoryVolume).list(snapshot_id=snapshot_id):
        tx.of(MemoryVolume).update(replace(volume, snapshot_id=""))
    snapshot = tx.of(Snapshot).get(snapshot_id)
    if snapshot is not None and snapshot.persist_memorystate:
        tx.of(Snapshot).update(replace(snapshot, persist_memorystate=False))


def abandon_file(tx: Transaction, memory: ImageRef) -> None:
    """As `abandon_memory`, of one that was no snapshot's."""
    volume = MemoryVolume(id=memory.disk_id, storage_domain_id=memory.storage_domain, snapshot_id="")
    if tx.of(MemoryVolume).get(volume.id) is None:
        tx.of(MemoryVolume).add(volume)


async def remove_memory(dependencies: Dependencies, volume_id: str) -> None:
    """The file, and its row with it. Safe to repeat."""
    with dependencies.store.transaction() as tx:
        volume = tx.of(MemoryVolume).get(volume_id)
    if volume is None:
        return
    await (await dependencies.fleet.carrier(volume.storage_domain_id)).remove_image(volume.image)
    with dependencies.store.transaction() as tx:
        if tx.of(MemoryVolume).get(volume_id) is not None:
            tx.of(MemoryVolume).remove(volume_id)
