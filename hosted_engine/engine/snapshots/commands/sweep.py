"""Removes the images of a disk, and memories of VMs, that nobody needs any more: what a stateless run wrote, what a
removal left."""

from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Dependencies, Lock
from hosted_engine.engine.disks.checks import domain_for_disks, usable_disk
from hosted_engine.engine.disks.layers import abandoned
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.snapshots.images import Doomed, doomed, remove_layer
from hosted_engine.engine.snapshots.memory import remove_memory
from hosted_engine.engine.snapshots.model import MemoryVolume
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


class SweepMemory(Command, frozen=True, kw_only=True):
    forward_only: ClassVar[bool] = True

    volume_id: str

    def check(self, tx: Transaction) -> None:
        volume = found(tx.of(MemoryVolume).get(self.volume_id), "memory of a snapshot", self.volume_id)
        domain_for_disks(tx, volume.storage_domain_id)

    def describe(self, tx: Transaction) -> str:
        return f"Removing unused memory {self.volume_id}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("memory", self.volume_id),)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return (Step("remove", "Remove the memory", lambda: remove_memory(dependencies, self.volume_id)),)
