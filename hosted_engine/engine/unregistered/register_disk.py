"""Makes a disk that lies on a storage domain, and belongs to no VM there, one of this engine."""

from collections.abc import Collection
from dataclasses import replace
from typing import Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.unregistered.checks import the_found, usable_domain
from hosted_engine.engine.unregistered.images import DiskImages, check_images
from hosted_engine.engine.unregistered.model import UnregisteredKind, unregistered_id
from hosted_engine.engine.unregistered.notes import as_disk, forget_entity
from node.steps import Step

REGISTERED = EventKind("USER_REGISTER_DISK_FINISHED_SUCCESS", "Disk {name} has been successfully registered.")
NOT_REGISTERED = EventKind("USER_REGISTER_DISK_FINISHED_FAILURE", "Failed to register Disk {name} for {user}: {reason}")


class RegisterDisk(Command, frozen=True, kw_only=True):
    """`name` and `description` where it is to have others."""

    domain_id: str
    id: str
    name: str | None = None
    description: str | None = None
    images: tuple[DiskImages, ...] = ()

    def check(self, tx: Transaction) -> None:
        usable_domain(tx, self.domain_id)
        disk = self.wanted(tx)
        if (there := tx.disks.get(disk.id)) is not None:
            reason = f"it is disk {there.name} here"
            mend = "Remove that one first"
            raise WrongState(action="register", kind="disk", name=disk.name, reason=reason, mend=mend)
        if disk.template_disk_id is not None and tx.disks.get(disk.template_disk_id) is None:
            reason, mend = "it stands on a template's disk, which is not there", "Register the template first"
            raise WrongState(action="register", kind="disk", name=disk.name, reason=reason, mend=mend)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        disk = self.wanted(tx)
        images = DiskImages(
            id=disk.id, name=disk.name, storage_domain_id=disk.storage_domain_id, image_ids=(disk.image_id,)
        )
        return msgspec.structs.replace(self, images=(images,))

    def describe(self, tx: Transaction) -> str:
        return f"Registering Disk {self.wanted(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("disk", self.id), Lock("storage domain", self.domain_id, shared=True))

    def creates(self) -> tuple[tuple[str, str], ...]:
        return (("disks", self.id),)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        found_id = unregistered_id(self.domain_id, self.id)
        return tuple(check_images(dependencies, found_id, disk, partial=False) for disk in self.images)

    def finish(self, tx: Transaction, context: Context) -> None:
        disk = self.wanted(tx)
        tx.disks.add(disk)
        forget_entity(tx, disk.id)
        emit_of(tx, context, REGISTERED, entity_of("disks"), disk)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        emit_of(tx, context, NOT_REGISTERED, entity_of("disks"), self.wanted(tx), reason=error)

    def wanted(self, tx: Transaction) -> Disk:
        """As it will be here. Raises NotThere."""
        disk = as_disk(the_found(tx, self.domain_id, self.id, UnregisteredKind.DISK))
        name = disk.name if self.name is None else self.name
        return replace(disk, name=name, description=disk.description if self.description is None else self.description)
