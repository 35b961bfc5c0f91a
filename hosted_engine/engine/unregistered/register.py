"""Makes a VM or a template that lies on a storage domain one of this engine; of its disks nothing is copied."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.model import DiskAttachment, DiskImage, DiskStatus
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ovf.model import OvfDisk, OvfEntity
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found, listed
from hosted_engine.engine.snapshots.model import Snapshot, SnapshotType, active_of
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.unregistered.checks import check_registrable, the_found, usable_domain
from hosted_engine.engine.unregistered.choices import RegistrationOptions, cluster_for, new_macs, nics_for, scrubbed
from hosted_engine.engine.unregistered.images import DiskImages, check_images, images_of
from hosted_engine.engine.unregistered.model import TABLES, Unregistered, UnregisteredKind, unregistered_id
from hosted_engine.engine.unregistered.notes import entity_in, forget_entity
from hosted_engine.engine.vms.model import Vm
from node.steps import Step

REGISTERED = {
    "vms": EventKind(
        "VM_IMPORT_FROM_CONFIGURATION_EXECUTED_SUCCESSFULLY",
        "VM {name} has been successfully imported from the given configuration.",
    ),
    "templates": EventKind(
        "TEMPLATE_IMPORT_FROM_CONFIGURATION_SUCCESS",
        "Template {name} has been successfully imported from the given configuration.",
    ),
}
NOT_REGISTERED = {
    "vms": EventKind("IMPORTEXPORT_IMPORT_VM_FAILED", "Failed to register VM {name} for {user}: {reason}"),
    "templates": EventKind(
        "TEMPLATE_IMPORT_FROM_CONFIGURATION_FAILED", "Failed to register Template {name} for {user}: {reason}"
    ),
}
PARTLY = {
    "vms": EventKind(
        "IMPORTEXPORT_PARTIAL_VM_MISSING_ENTITIES", "VM {name} was registered without these disks: {disks}"
    ),
    "templates": EventKind(
        "IMPORTEXPORT_PARTIAL_TEMPLATE_MISSING_ENTITIES", "Template {name} was registered without these disks: {disks}"
    ),
}


class RegisterEntity(Command, frozen=True, kw_only=True):
    """`macs` are the addresses of those NICs, by their ids, that get others; `active_id` is the id of the snapshot that
    stands for a VM as it is, where its OVF has none."""

    doing: ClassVar[str] = "Registering"

    domain_id: str
    entity_id: str
    kind: UnregisteredKind
    options: RegistrationOptions = RegistrationOptions()
    cluster_id: str = ""
    macs: dict[str, str] = msgspec.field(default_factory=dict)
    disks: tuple[DiskImages, ...] = ()
    active_id: str = msgspec.field(default_factory=new_id)

    @property
    def table(self) -> str:
        return TABLES[self.kind]

    def check(self, tx: Transaction) -> None:
        domain = usable_domain(tx, self.domain_id)
        entity = self._entity(tx)
        cluster = cluster_for(tx, domain, entity, self.options)
        macs = new_macs(tx, cluster, entity) if self.options.reassign_bad_macs else {}
        check_registrable(tx, self._wanted(tx, entity, cluster.id), nics_for(tx, cluster, entity, self.options, macs))

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        entity = self._entity(tx)
        cluster = cluster_for(tx, usable_domain(tx, self.domain_id), entity, self.options)
        macs = new_macs(tx, cluster, entity) if self.options.reassign_bad_macs else {}
        return msgspec.structs.replace(self, cluster_id=cluster.id, macs=macs, disks=images_of(entity))

    def describe(self, tx: Transaction) -> str:
        return f"Registering {entity_of(self.table).kind} {self._found(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        domains = {self.domain_id, *(disk.storage_domain_id for disk in self.disks)}
        return (
            Lock(entity_of(self.table).kind, self.entity_id),
            *(Lock("disk", disk.id) for disk in self.disks),
            *(Lock("storage domain", domain, shared=True) for domain in domains),
        )

    def creates(self) -> tuple[tuple[str, str], ...]:
        return ((self.table, self.entity_id),)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        partial, found_id = self.options.allow_partial_import, unregistered_id(self.domain_id, self.entity_id)
        return tuple(check_images(dependencies, found_id, disk, partial=partial) for disk in self.disks)

    def finish(self, tx: Transaction, context: Context) -> None:
        there = self._found(tx)
        entity = self._entity(tx)
        cluster = found(tx.clusters.get(self.cluster_id), "cluster", self.cluster_id)
        item = self._wanted(tx, entity, cluster.id).item
        tx.of(type(item)).add(item)
        for disk in entity.disks:
            if disk.disk.id not in there.missing_disks:
                _add_disk(tx, disk)
        for nic in nics_for(tx, cluster, entity, self.options, self.macs):
            tx.nics.add(nic)
        if isinstance(item, Vm):
            self._add_snapshots(tx, entity, context.now)
        forget_entity(tx, self.entity_id)
        emit_of(tx, context, REGISTERED[self.table], entity_of(self.table), item)
        if names := [one.disk.name for one in entity.disks if one.disk.id in there.missing_disks]:
            emit_of(tx, context, PARTLY[self.table], entity_of(self.table), item, disks=listed(names))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        item = self._wanted(tx, self._entity(tx), self.cluster_id).item
        emit_of(tx, context, NOT_REGISTERED[self.table], entity_of(self.table), item, reason=error)

    def _found(self, tx: Transaction) -> Unregistered:
        return the_found(tx, self.domain_id, self.entity_id, self.kind)

    def _entity(self, tx: Transaction) -> OvfEntity:
        return entity_in(self._found(tx))

    def _wanted(self, tx: Transaction, entity: OvfEntity, cluster_id: str) -> OvfEntity:
        """As it will be here."""
        item: Vm | Template = replace(entity.item, cluster_id=cluster_id, name=self.options.name or entity.item.name)
        return replace(entity, item=scrubbed(tx, item))

    def _add_snapshots(self, tx: Transaction, entity: OvfEntity, now: float) -> None:
        for snapshot in entity.snapshots:
            tx.of(Snapshot).add(snapshot)
        if not any(one.type is SnapshotType.ACTIVE for one in entity.snapshots):
            tx.of(Snapshot).add(active_of(self.entity_id, self.active_id, now))


def _add_disk(tx: Transaction, one: OvfDisk) -> None:
    """One that several VMs share comes with the first of them."""
    if tx.disks.get(one.disk.id) is None:
        tx.disks.add(replace(one.disk, status=DiskStatus.OK))
        for layer in one.layers:
            tx.of(DiskImage).add(layer)
    tx.of(DiskAttachment).add(one.attachment)
