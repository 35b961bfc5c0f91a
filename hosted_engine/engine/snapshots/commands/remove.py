"""Removes a snapshot: what the VM was then is merged with what was written since, from wherever in the chain it is."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.disks.layers import abandoned, back_on, tops_first
from hosted_engine.engine.disks.model import Disk, DiskImage, DiskStatus
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.snapshots.checks import (
    check_disks_usable,
    check_not_previewed,
    still_vm,
    the_snapshot,
    usable_snapshot,
)
from hosted_engine.engine.snapshots.commands.on_vm import OnSnapshots
from hosted_engine.engine.snapshots.images import Doomed, doomed, remove_layer
from hosted_engine.engine.snapshots.live import merge_image
from hosted_engine.engine.snapshots.memory import abandon_memory
from hosted_engine.engine.snapshots.model import Snapshot, SnapshotStatus
from hosted_engine.engine.snapshots.stateless import check_not_stateless
from hosted_engine.engine.vms.checks import the_vm
from node.api.messages.images import ImageRebase, ImageRef
from node.steps import Step


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """`upper` is written into `lower`, which takes its place; `above` is what stands on `upper`, empty where that is
    what the disk is written to."""

    disk_id: str
    storage_domain_id: str
    lower: str
    upper: str
    above: str = ""

    def image(self, image_id: str) -> ImageRef:
        return ImageRef(storage_domain=self.storage_domain_id, disk_id=self.disk_id, image_id=image_id)


class RemoveSnapshot(OnSnapshots, frozen=True, kw_only=True):
    """The VM's disks read the same at every moment. From the first merge on the snapshot is no more what it was: a
    removal that failed half-way can be repeated, and nothing else be done with the snapshot."""

    forward_only: ClassVar[bool] = True

    snapshot_id: str
    merges: tuple[Merge, ...] = ()
    images: tuple[Doomed, ...] = ()

    def check(self, tx: Transaction) -> None:
        vm = still_vm(tx, self.vm_id, "remove a snapshot of")
        check_not_previewed(tx, vm, "remove a snapshot of")
        check_not_stateless(tx, vm, "remove a snapshot of")
        snapshot = usable_snapshot(tx, self.snapshot_id, "remove")
        check_disks_usable(tx, [disk.id for disk in self.disks(tx, snapshot)], "remove a snapshot of")

    def disks(self, tx: Transaction, snapshot: Snapshot) -> list[Disk]:
        """Those that it holds and that are there still."""
        return list(tx.disks.find(sorted(one["disk"]["id"] for one in snapshot.disks)).values())

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        disks = self.disks(tx, the_snapshot(tx, self.snapshot_id))
        disk_ids = tuple(disk.id for disk in disks)
        return msgspec.structs.replace(
            self,
            disk_ids=disk_ids,
            merges=tuple(merge for disk in disks for merge in _merges(tx, disk, self.snapshot_id)),
            images=doomed(tx, tops_first(abandoned(tx, disk_ids))),
        )

    def describe(self, tx: Transaction) -> str:
        snapshot = the_snapshot(tx, self.snapshot_id)
        return f"Removing Snapshot {snapshot.description} of VM {the_vm(tx, self.vm_id).name}"

    def begin(self, tx: Transaction, context: Context) -> None:
        vm, snapshot = self.lock_rows(tx), the_snapshot(tx, self.snapshot_id)
        tx.of(Snapshot).update(replace(snapshot, status=SnapshotStatus.LOCKED))
        emit(tx, context, EventType.USER_REMOVE_SNAPSHOT, vm=vm, snapshot=snapshot.description)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        """What nobody needs stands in the way of a merge: it goes first."""
        steps = [remove_layer(dependencies, image) for image in self.images]
        for merge in self.merges:
            steps.append(_merge(dependencies, self.vm_id, merge))
            if merge.above:
                steps.append(_rebase(dependencies, merge))
            upper = Doomed(disk_id=merge.disk_id, storage_domain_id=merge.storage_domain_id, image_id=merge.upper)
            steps += [_take_place(dependencies, merge), remove_layer(dependencies, upper)]
        return tuple(steps)

    def finish(self, tx: Transaction, context: Context) -> None:
        snapshot, vm = tx.of(Snapshot).get(self.snapshot_id), self.unlock_rows(tx)
        if snapshot is not None:
            tx.of(Snapshot).remove(snapshot.id)
            abandon_memory(tx, snapshot.id)
            kind = EventType.USER_REMOVE_SNAPSHOT_FINISHED_SUCCESS
            emit(tx, context, kind, vm=vm, snapshot=snapshot.description)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        snapshot, vm = the_snapshot(tx, self.snapshot_id), self.unlock_rows(tx)
        tx.of(Snapshot).update(replace(snapshot, status=SnapshotStatus.OK))
        kind = EventType.USER_REMOVE_SNAPSHOT_FINISHED_FAILURE
        emit(tx, context, kind, vm=vm, snapshot=snapshot.description, reason=error)


class RemoveDiskSnapshot(RemoveSnapshot, frozen=True, kw_only=True):
    """One disk alone: the snapshot holds the others as before, and no memory any more, which knows all disks."""

    disk_id: str

    def disks(self, tx: Transaction, snapshot: Snapshot) -> list[Disk]:
        return [disk for disk in super().disks(tx, snapshot) if disk.id == self.disk_id]

    def describe(self, tx: Transaction) -> str:
        disk = found(tx.disks.get(self.disk_id), "disk", self.disk_id)
        return f"Removing Disk {disk.name} from Snapshot {the_snapshot(tx, self.snapshot_id).description}"

    def begin(self, tx: Transaction, context: Context) -> None:
        self.lock_rows(tx)
        snapshot = the_snapshot(tx, self.snapshot_id)
        tx.of(Snapshot).update(replace(snapshot, status=SnapshotStatus.LOCKED))
        self._emit(tx, context, EventType.USER_REMOVE_DISK_SNAPSHOT, snapshot)

    def finish(self, tx: Transaction, context: Context) -> None:
        self.unlock_rows(tx)
        snapshot = the_snapshot(tx, self.snapshot_id)
        left = tuple(one for one in snapshot.disks if one["disk"]["id"] != self.disk_id)
        tx.of(Snapshot).update(replace(snapshot, status=SnapshotStatus.OK, disks=left))
        abandon_memory(tx, snapshot.id)
        self._emit(tx, context, EventType.USER_REMOVE_DISK_SNAPSHOT_FINISHED_SUCCESS, snapshot)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        self.unlock_rows(tx)
        snapshot = the_snapshot(tx, self.snapshot_id)
        tx.of(Snapshot).update(replace(snapshot, status=SnapshotStatus.OK))
        self._emit(tx, context, EventType.USER_REMOVE_DISK_SNAPSHOT_FINISHED_FAILURE, snapshot, error)

    def _emit(self, tx: Transaction, context: Context, kind: EventType, snapshot: Snapshot, reason: str = "") -> None:
        vm, disk = the_vm(tx, self.vm_id), tx.disks.get(self.disk_id)
        emit(tx, context, kind, vm=vm, disk=disk, snapshot=snapshot.description, reason=reason)


def _merges(tx: Transaction, disk: Disk, snapshot_id: str) -> list[Merge]:
    merges = []
    for lower in tx.disk_images.list(disk_id=disk.id, snapshot_id=snapshot_id):
        others = [image for image in tx.disk_images.list(disk_id=disk.id, parent_id=lower.id) if image.snapshot_id]
        upper = others[0].id if others else disk.image_id
        above = [image.id for image in tx.disk_images.list(disk_id=disk.id, parent_id=upper) if image.snapshot_id]
        if not above and upper != disk.image_id:
            above = [disk.image_id]
        merges.append(
            Merge(
                disk_id=disk.id,
                storage_domain_id=disk.storage_domain_id,
                lower=lower.id,
                upper=upper,
                above=above[0] if above else "",
            )
        )
    return merges


def _merge(dependencies: Dependencies, vm_id: str, merge: Merge) -> Step:
    key = f"merge-{merge.upper}"

    async def do() -> None:
        with dependencies.store.transaction() as tx:
            lower = found(tx.disk_images.get(merge.lower), "image", merge.lower)
            tx.disk_images.update(replace(lower, status=DiskStatus.ILLEGAL))
        image = merge.image(merge.upper)
        await merge_image(dependencies, vm_id, image, key)

    return Step(key, "Merge two images of a disk", do)


def _rebase(dependencies: Dependencies, merge: Merge) -> Step:
    async def do() -> None:
        above, lower = merge.image(merge.above), merge.image(merge.lower)
        node = await dependencies.fleet.carrier(above.storage_domain)
        await node.rebase_image(above, ImageRebase(backing=lower))

    return Step(f"rebase-{merge.above}", "Let an image stand on the merged one", do)


def _take_place(dependencies: Dependencies, merge: Merge) -> Step:
    """Safe to repeat: the lower one has the place once the upper one is nobody's."""

    async def do() -> None:
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(merge.disk_id), "disk", merge.disk_id)
            lower = tx.disk_images.get(merge.lower)
            if disk.image_id == merge.upper and lower is not None:
                _become_active(tx, disk, lower)
                return
            upper = tx.disk_images.get(merge.upper)
            if upper is None or lower is None or not upper.snapshot_id:
                return
            _become(tx, lower, upper)
            if merge.above == disk.image_id:
                tx.disks.update(replace(disk, parent_image_id=lower.id))
            elif (above := tx.disk_images.get(merge.above)) is not None:
                tx.disk_images.update(replace(above, parent_id=lower.id))

    return Step(f"take-place-{merge.lower}", "Put the merged image in the place of both", do)


def _become_active(tx: Transaction, disk: Disk, lower: DiskImage) -> None:
    size = max(disk.provisioned_size_bytes, lower.provisioned_size_bytes)
    tx.disk_images.remove(lower.id)
    tx.disks.update(replace(back_on(disk, lower), provisioned_size_bytes=size))
    tx.disk_images.add(
        DiskImage(id=disk.image_id, disk_id=disk.id, snapshot_id="", parent_id=lower.id, status=DiskStatus.ILLEGAL)
    )


def _become(tx: Transaction, lower: DiskImage, upper: DiskImage) -> None:
    tx.disk_images.update(
        replace(
            lower,
            snapshot_id=upper.snapshot_id,
            status=upper.status,
            provisioned_size_bytes=max(lower.provisioned_size_bytes, upper.provisioned_size_bytes),
        )
    )
    tx.disk_images.update(replace(upper, snapshot_id="", status=DiskStatus.ILLEGAL))
