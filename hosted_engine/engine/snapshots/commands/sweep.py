"""Removes the images of a disk that nobody needs any more: what a stateless run wrote, what a removal left."""

from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Dependencies, Lock
from hosted_engine.engine.disks.checks import domain_for_disks, usable_disk
from hosted_engine.engine.disks.layers import abandoned
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.snapshots.images import Doomed, doomed, remove_layer
from node.steps import Step


class SweepDisk(Command, frozen=True, kw_only=True):
    """Its VM may run meanwhile: nothing that it reads stands on these images."""

    forward_only: ClassVar[bool] = True

    disk_id: str
    images: tuple[Doomed, ...] = ()

    def check(self, tx: Transaction) -> None:
        domain_for_disks(tx, usable_disk(tx, self.disk_id, "sweep").storage_domain_id)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, images=doomed(tx, abandoned(tx, [self.disk_id])))

    def describe(self, tx: Transaction) -> str:
        return f"Removing unused images of disk {found(tx.disks.get(self.disk_id), 'disk', self.disk_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("disk", self.disk_id),)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return tuple(remove_layer(dependencies, image) for image in self.images)
