"""Removes from a storage domain what lies there and is not this engine's: its OVF, and its disks there."""

from collections.abc import Collection, Sequence
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.images import remove_or_wipe
from hosted_engine.engine.disks.layers import frozen, tops_first
from hosted_engine.engine.disks.model import Disk, DiskImage
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.unregistered.checks import the_found, usable_domain
from hosted_engine.engine.unregistered.images import DiskImages
from hosted_engine.engine.unregistered.model import TABLES, Unregistered, UnregisteredKind, unregistered_id
from hosted_engine.engine.unregistered.notes import as_disk, entity_in
from node.api.messages.images import ImageRef
from node.steps import Step

_TABLES = {**TABLES, UnregisteredKind.DISK: "disks"}
_SUCCESS = {
    UnregisteredKind.VM: EventKind("IMPORTEXPORT_REMOVE_VM", "VM {name} was removed from {domain}"),
    UnregisteredKind.TEMPLATE: EventKind("IMPORTEXPORT_REMOVE_TEMPLATE", "Template {name} was removed from {domain}"),
    UnregisteredKind.DISK: EventKind(
        "USER_FINISHED_REMOVE_DISK", "Disk {name} was successfully removed from domain {domain} (User {user})."
    ),
}
_FAILURE = {
    UnregisteredKind.VM: EventKind(
        "IMPORTEXPORT_REMOVE_VM_FAILED", "Failed to remove VM {name} from {domain}: {reason}"
    ),
    UnregisteredKind.TEMPLATE: EventKind(
        "IMPORTEXPORT_REMOVE_TEMPLATE_FAILED", "Failed to remove Template {name} from {domain}: {reason}"
    ),
    UnregisteredKind.DISK: EventKind(
        "USER_FINISHED_FAILED_REMOVE_DISK", "Failed to remove disk {name} (User {user}): {reason}"
    ),
}


class DoomedDisk(DiskImages, frozen=True, kw_only=True):
    """The images that nothing stands on come first."""

    wipe: bool = False


class RemoveUnregistered(Command, frozen=True, kw_only=True):
    """Disks of it that lie elsewhere stay, and so do those that another VM uses. What the storage domain says of itself
    is written anew by the reconciler."""

    doing: ClassVar[str] = "Removing"
    forward_only: ClassVar[bool] = True

    domain_id: str
    entity_id: str
    kind: UnregisteredKind
    disks: tuple[DoomedDisk, ...] = ()

    def check(self, tx: Transaction) -> None:
        usable_domain(tx, self.domain_id)
        there = self._found(tx)
        own = {disk.id for disk in self._disks(tx)}
        for other in _others(tx, there):
            if any(disk.template_disk_id in own for disk in _all_disks(other)):
                reason, mend = f"disks of {other.name} stand on its disks", "Remove that one first"
                raise WrongState(action="remove", kind=self._kind, name=there.name, reason=reason, mend=mend)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, disks=self._disks(tx))

    def describe(self, tx: Transaction) -> str:
        return f"Removing {self._kind} {self._found(tx).name} from Storage Domain {self._domain_name(tx)}"

    def locks(self) -> tuple[Lock, ...]:
        return (
            Lock(self._kind, self.entity_id),
            *(Lock("disk", disk.id) for disk in self.disks if disk.id != self.entity_id),
            Lock("storage domain", self.domain_id, shared=True),
        )

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return tuple(_remove_images(dependencies, disk) for disk in self.disks)

    def finish(self, tx: Transaction, context: Context) -> None:
        self._emit(tx, context, _SUCCESS[self.kind])
        tx.of(Unregistered).remove(unregistered_id(self.domain_id, self.entity_id))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """It stays noted, whatever of its disks is gone: it can be removed again."""
        self._emit(tx, context, _FAILURE[self.kind], reason=error)

    @property
    def _kind(self) -> str:
        return entity_of(_TABLES[self.kind]).kind

    def _found(self, tx: Transaction) -> Unregistered:
        return the_found(tx, self.domain_id, self.entity_id, self.kind)

    def _domain_name(self, tx: Transaction) -> str:
        return found(tx.storage_domains.get(self.domain_id), "storage domain", self.domain_id).name

    def _disks(self, tx: Transaction) -> tuple[DoomedDisk, ...]:
        """Raises OvfUnreadable."""
        there = self._found(tx)
        if self.kind is UnregisteredKind.DISK:
            return (_doomed(as_disk(there), ()),)
        shared = {disk.id for other in _others(tx, there) for disk in _all_disks(other)}
        return tuple(
            _doomed(one.disk, one.layers)
            for one in entity_in(there).disks
            if one.disk.storage_domain_id == self.domain_id
            and one.disk.id not in shared
            and tx.disks.get(one.disk.id) is None
        )

    def _emit(self, tx: Transaction, context: Context, kind: EventKind, **values: str) -> None:
        there = self._found(tx)
        item = as_disk(there) if self.kind is UnregisteredKind.DISK else entity_in(there).item
        about = {"domain": self._domain_name(tx), "storage_domain_id": self.domain_id, "cluster_id": None, **values}
        emit_of(tx, context, kind, entity_of(_TABLES[self.kind]), item, **about)


def _others(tx: Transaction, there: Unregistered) -> list[Unregistered]:
    """What else lies on the storage domain and can be read."""
    on_domain = tx.of(Unregistered).list(storage_domain_id=there.storage_domain_id)
    return [one for one in on_domain if one.id != there.id and one.kind is not UnregisteredKind.UNREADABLE]


def _all_disks(one: Unregistered) -> list[Disk]:
    return [as_disk(one)] if one.kind is UnregisteredKind.DISK else [*entity_in(one).images.values()]


def _doomed(disk: Disk, layers: Sequence[DiskImage]) -> DoomedDisk:
    return DoomedDisk(
        id=disk.id,
        name=disk.name,
        storage_domain_id=disk.storage_domain_id,
        image_ids=tuple(image.id for image in tops_first([frozen(disk, ""), *layers])),
        wipe=disk.wipe_after_delete,
    )


def _remove_images(dependencies: Dependencies, disk: DoomedDisk) -> Step:
    async def do() -> None:
        for image_id in disk.image_ids:
            image = ImageRef(storage_domain=disk.storage_domain_id, disk_id=disk.id, image_id=image_id)
            await remove_or_wipe(dependencies, image, wipe=disk.wipe)

    return Step(f"remove:{disk.id}", f"Remove the images of disk {disk.name}", do)
