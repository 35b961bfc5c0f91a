"""What stands in the way of registering what lies on a storage domain, each with its refusal. Pure."""

from collections.abc import Sequence

from hosted_engine.engine.disks.checks import domain_for_disks
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.macpools.pool import check_unused, pool_of
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.ovf.model import OvfDisk, OvfEntity
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NameTaken, NotThere, WrongState, found
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.templates.checks import base_of
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.unregistered.model import Unregistered, UnregisteredKind, unregistered_id
from hosted_engine.engine.vms.checks import check_name_free, check_runs_vms, check_vm
from hosted_engine.engine.vms.model import Vm


def usable_domain(tx: Transaction, domain_id: str) -> StorageDomain:
    """The storage domain, when it is attached and active."""
    return domain_for_disks(tx, domain_id)


def the_found(tx: Transaction, domain_id: str, entity_id: str, kind: UnregisteredKind) -> Unregistered:
    there = tx.of(Unregistered).get(unregistered_id(domain_id, entity_id))
    if there is None or there.kind is not kind:
        raise NotThere(kind=f"unregistered {kind.value}", id=entity_id)
    return there


def check_registrable(tx: Transaction, entity: OvfEntity, nics: Sequence[Nic]) -> None:
    """`entity` and `nics` as they are to be here. Raises Refused."""
    item = entity.item
    check_vm(item)
    if isinstance(item, Vm):
        _check_vm(tx, item)
    else:
        _check_template(tx, item)
    pool = pool_of(tx, str(item.cluster_id))
    for nic in nics:
        check_unused(tx, pool, nic)
    for disk in entity.disks:
        _check_disk(tx, item, disk)


def _check_vm(tx: Transaction, vm: Vm) -> None:
    if (there := tx.vms.get(vm.id)) is not None:
        raise _refused(vm, f"it is VM {there.name} here", "Remove that one first")
    check_name_free(tx, vm.name, vm.id)
    check_runs_vms(found(tx.clusters.get(vm.cluster_id), "cluster", vm.cluster_id))
    if vm.template_id != BLANK_TEMPLATE_ID and tx.templates.get(vm.template_id) is None:
        raise _refused(vm, f"its template {vm.template_id} is not there", "Register the template first")


def _check_template(tx: Transaction, template: Template) -> None:
    if (there := tx.templates.get(template.id)) is not None:
        raise _refused(template, f"it is template {there.name} here", "Remove that one first")
    if base_of(template) != template.id and tx.templates.get(base_of(template)) is None:
        raise _refused(template, "its first version is not there", "Register that one first")
    if any(base_of(one) != base_of(template) for one in tx.templates.list(name=template.name)):
        raise NameTaken(name=template.name, kind="template")
    entity_of("templates").check_unique(tx, template)


def _check_disk(tx: Transaction, item: Vm | Template, one: OvfDisk) -> None:
    there = tx.disks.get(one.disk.id)
    if there is not None and not (there.shareable and one.disk.shareable):
        raise _refused(item, f"its disk {one.disk.name} is disk {there.name} here", "Remove that one first")
    base = one.disk.template_disk_id
    if base is not None and tx.disks.get(base) is None:
        raise _refused(item, f"its disk {one.disk.name} stands on a template's disk", "Register the template first")


def _refused(item: Vm | Template, reason: str, mend: str) -> WrongState:
    kind = "template" if isinstance(item, Template) else "VM"
    return WrongState(action="register", kind=kind, name=item.name, reason=reason, mend=mend)
