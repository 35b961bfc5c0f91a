"""The drives of VMs and templates in the API, each has one; and the ISO disks of a storage domain as its files."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.model import DiskContentType
from hosted_engine.engine.entity.commands import UpdateEntity
from hosted_engine.engine.entity.declaration import Entity, Link, Options, Values
from hosted_engine.engine.entity.field import Field
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.entity.reported import Reported, Shown
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.vms.cdroms.discs import check_disc
from hosted_engine.engine.vms.checks import changeable_vm
from hosted_engine.engine.vms.commands.change_cd import ChangeCd
from hosted_engine.engine.vms.model import RUNNING, Vm

CDROM_ID = "00000000-0000-0000-0000-000000000000"  # oVirt's: there is one
KIND = "CD-ROM"
FILE = {"disk_id": Field("file.id")}


def _cdroms(
    owner: str, table: str, tx: Transaction, readings: Readings, ids: Mapping[str, str], options: Options
) -> Mapping[str, Shown]:
    """With `current` what is in the drive of a running VM now."""
    entity: Entity[Any] = entity_of(table)
    item = found(tx.of(entity.model).get(ids[owner]), entity.kind, ids[owner])
    is_current = isinstance(item, Vm) and bool(options.boolean("current")) and item.status in RUNNING
    disk_id = item.current_cd_disk_id if is_current else item.cd_disk_id
    return {CDROM_ID: {"file.id": disk_id, owner: Link(table, ids[owner])}}


def _change(tx: Transaction, ids: Mapping[str, str], given: Values, options: Options) -> Command | None:
    """Without `current` it counts from the next start on."""
    if options.boolean("current"):
        return ChangeCd(id=ids["vm"], disk_id=given.get("disk_id") or None)
    return _set(tx, ids["vm"], given)


def _add(tx: Transaction, ids: Mapping[str, str], given: Values) -> tuple[Command | None, str]:
    """The drive is there already: it gets the disc, as in oVirt."""
    return _set(tx, ids["vm"], given), CDROM_ID


def _set(tx: Transaction, vm_id: str, given: Values) -> Command | None:
    vm, disk_id = changeable_vm(tx, vm_id, "change the CD of"), given.get("disk_id") or None
    check_disc(tx, disk_id)
    entity: Entity[Any] = entity_of("vms")
    after = entity.change(tx, vm, {"cd_disk_id": disk_id})
    return UpdateEntity.of(entity, vm, after) if after != vm else None


def _files(tx: Transaction, readings: Readings, ids: Mapping[str, str], options: Options) -> Mapping[str, Shown]:
    domain = found(tx.storage_domains.get(ids["storage_domain"]), "storage domain", ids["storage_domain"])
    discs = tx.disks.list(storage_domain_id=domain.id, content_type=DiskContentType.ISO)
    link = Link("storage_domains", domain.id)
    return {
        disk.id: {"name": disk.name, "type": DiskContentType.ISO.value, "storage_domain": link}
        for disk in sorted(discs, key=lambda one: one.name)
    }


CDROMS = (
    Reported(
        KIND,
        ("VmCdroms", "VmCdrom"),
        frozenset({"vm"}),
        partial(_cdroms, "vm", "vms"),
        inputs=FILE,
        add=_add,
        update=_change,
    ),
    Reported(
        KIND,
        ("TemplateCdroms", "TemplateCdrom"),
        frozenset({"template"}),
        partial(_cdroms, "template", "templates"),
    ),
    Reported("file", ("Files", "File"), frozenset({"storage_domain"}), _files),
)
