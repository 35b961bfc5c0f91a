"""What of a VM a snapshot keeps, and how a VM becomes that again."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from hosted_engine.engine.disks.layers import layer_in
from hosted_engine.engine.disks.model import Disk, DiskAttachment
from hosted_engine.engine.macpools.pool import free_macs, pool_of
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.vms.model import HANDED_ON, Vm

_STORED = (*HANDED_ON, "initialized")  # whether a guest has been told who it is stands on its disks


def stored_config(tx: Transaction, vm: Vm) -> Mapping[str, Any]:
    """The fields of a snapshot that hold it."""
    attachments = tx.disk_attachments.list(owner_id=vm.id)
    disks = tx.disks.find([attachment.disk_id for attachment in attachments])
    whole = msgspec.to_builtins(vm)
    return {
        "vm": {name: whole[name] for name in _STORED},
        "nics": tuple(msgspec.to_builtins(nic) for nic in tx.nics.list(owner_id=vm.id)),
        "disks": tuple(
            {"attachment": msgspec.to_builtins(one), "disk": msgspec.to_builtins(disks[one.disk_id])}
            for one in attachments
        ),
    }


def disks_in(snapshot: Snapshot) -> list[tuple[DiskAttachment, Disk]]:
    """As they were attached, and as they were."""
    return [
        (msgspec.convert(one["attachment"], DiskAttachment), msgspec.convert(one["disk"], Disk))
        for one in snapshot.disks
    ]


def nics_in(snapshot: Snapshot) -> list[Nic]:
    return [msgspec.convert(one, Nic) for one in snapshot.nics]


def disk_then(tx: Transaction, snapshot: Snapshot, disk: Disk) -> Disk:
    """With the image that it was on."""
    image = layer_in(tx, disk.id, snapshot.id)
    if image is None:
        return tx.disks.get(disk.id) or disk
    return replace(
        disk,
        image_id=image.id,
        parent_image_id=image.parent_id,
        format=image.format,
        sparse=image.sparse,
        provisioned_size_bytes=image.provisioned_size_bytes,
        actual_size_bytes=image.actual_size_bytes,
        status=image.status,
    )


def restore(tx: Transaction, vm: Vm, snapshot: Snapshot) -> Vm:
    """The VM's rows as they were; disks that came since float, those that were removed since stay away."""
    as_it_was = msgspec.convert(msgspec.to_builtins(vm) | snapshot.vm, Vm)
    tx.vms.update(as_it_was)
    for nic in tx.nics.list(owner_id=vm.id):
        tx.nics.remove(nic.id)
    for nic in _usable(tx, vm, nics_in(snapshot)):
        tx.nics.add(nic)
    for attachment in tx.disk_attachments.list(owner_id=vm.id):
        tx.disk_attachments.remove(attachment.id)
    for attachment, disk in disks_in(snapshot):
        there = tx.disks.get(disk.id)
        if there is not None and (there.shareable or not tx.disk_attachments.count(disk_id=disk.id)):
            tx.disk_attachments.add(attachment)
    return as_it_was


def _usable(tx: Transaction, vm: Vm, nics: Iterable[Nic]) -> list[Nic]:
    """Another VM may have got the address meanwhile, and the vNIC profile may be gone."""
    pool, usable = pool_of(tx, vm.cluster_id), []
    for nic in nics:
        if nic.vnic_profile_id and tx.vnic_profiles.get(nic.vnic_profile_id) is None:
            nic = replace(nic, vnic_profile_id=None)
        if nic.mac and not pool.allow_duplicates and tx.nics.count(mac=nic.mac):
            nic = replace(nic, mac=free_macs(tx, pool, 1)[0])
        usable.append(nic)
    return usable


def was_at(tx: Transaction, snapshot: Snapshot) -> Mapping[str, Any]:
    """The fields that a new VM takes from it."""
    vm = found(tx.vms.get(snapshot.vm_id), "VM", snapshot.vm_id)
    then = msgspec.convert(msgspec.to_builtins(vm) | snapshot.vm, Vm)
    original = vm.original_template_id or vm.template_id
    return {name: getattr(then, name) for name in _STORED} | {"original_template_id": original}
