"""What VMs and templates have disks on a storage domain, with all that belongs to them. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskImage
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.ovf.model import OvfDisk, OvfEntity, OvfNic
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.vms.model import Vm
from hosted_engine.engine.vms.next_run import with_next_run


def entities_on(tx: Transaction, domain_id: str) -> list[OvfEntity]:
    """As they will be when they are down, in the order of their ids."""
    disk_ids = [disk.id for disk in tx.disks.list(storage_domain_id=domain_id)]
    owners = {one.owner_id for one in tx.disk_attachments.list(disk_id=disk_ids)} if disk_ids else set()
    return collect(tx, owners)


def collect(tx: Transaction, owner_ids: Collection[str]) -> list[OvfEntity]:
    if not owner_ids:
        return []
    vms, templates = tx.vms.find(owner_ids), tx.templates.find(owner_ids)
    items: dict[str, Vm | Template] = {vm.id: replace(with_next_run(vm), next_run={}) for vm in vms.values()}
    items |= templates
    rows = _Rows.of(tx, tuple(items))
    clusters = tx.clusters.find({item.cluster_id for item in items.values() if item.cluster_id})
    named = {item.template_id for item in items.values() if isinstance(item, Vm)}
    names = {template.id: template.name for template in tx.templates.find(named).values()}
    return [
        OvfEntity(
            item=item,
            cluster=clusters[item.cluster_id].name if item.cluster_id else "",
            template=names.get(item.template_id, "") if isinstance(item, Vm) else "",
            disks=rows.disks_of(item.id),
            nics=rows.nics_of(item.id),
            snapshots=tuple(rows.snapshots[item.id]),
        )
        for item in sorted(items.values(), key=lambda one: one.id)
    ]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What belongs to several owners, asked for at once."""

    attachments: Mapping[str, list[DiskAttachment]]
    disks: Mapping[str, Disk]
    layers: Mapping[str, list[DiskImage]]
    bases: Mapping[str, Disk]
    nics: Mapping[str, list[Nic]]
    profiles: Mapping[str, tuple[str, str]]
    snapshots: Mapping[str, list[Snapshot]]

    @classmethod
    def of(cls, tx: Transaction, owner_ids: tuple[str, ...]) -> "_Rows":
        attachments = tx.disk_attachments.list(owner_id=owner_ids)
        disks = tx.disks.find({one.disk_id for one in attachments})
        profiles = tx.vnic_profiles.list()
        networks = tx.networks.find({profile.network_id for profile in profiles})
        return cls(
            attachments=_grouped(attachments, "owner_id"),
            disks=disks,
            layers=_grouped(tx.disk_images.list(disk_id=tuple(disks)), "disk_id") if disks else defaultdict(list),
            bases=tx.disks.find({disk.template_disk_id for disk in disks.values() if disk.template_disk_id}),
            nics=_grouped(tx.nics.list(owner_id=owner_ids), "owner_id"),
            profiles={one.id: (networks[one.network_id].name, one.name) for one in profiles},
            snapshots=_grouped(tx.of(Snapshot).list(vm_id=owner_ids), "vm_id"),
        )

    def disks_of(self, owner_id: str) -> tuple[OvfDisk, ...]:
        return tuple(
            self._disk(self.disks[one.disk_id], one)
            for one in sorted(self.attachments[owner_id], key=lambda one: one.id)
        )

    def _disk(self, disk: Disk, attachment: DiskAttachment) -> OvfDisk:
        """Images that nobody needs any more stay behind."""
        base = self.bases.get(disk.template_disk_id or "")
        kept = [layer for layer in self.layers[disk.id] if layer.snapshot_id]
        return OvfDisk(
            disk=disk,
            attachment=replace(attachment, logical_name=""),
            layers=tuple(sorted(kept, key=lambda layer: layer.id)),
            template_image_id=base.image_id if base is not None else "",
        )

    def nics_of(self, owner_id: str) -> tuple[OvfNic, ...]:
        nics = sorted(self.nics[owner_id], key=lambda nic: nic.name)
        named = ((nic, self.profiles.get(nic.vnic_profile_id or "", ("", ""))) for nic in nics)
        return tuple(OvfNic(nic=nic, network=network, profile=profile) for nic, (network, profile) in named)


def _grouped(items: Iterable[Any], by: str) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        groups[getattr(item, by)].append(item)
    return groups
