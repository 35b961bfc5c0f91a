"""The VMs and templates on a storage domain in the API: those that are registered, and those that can be."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Options, View
from hosted_engine.engine.entity.field import Field, Reference, name_rule
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.entity.reported import AsItWas, Reported, ReportedAction, Shown
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotSupported
from hosted_engine.engine.storage.checks import the_domain
from hosted_engine.engine.storage.leaving import owners_on
from hosted_engine.engine.unregistered.checks import the_found
from hosted_engine.engine.unregistered.choices import RegistrationOptions
from hosted_engine.engine.unregistered.mappings import cluster_mappings, profile_mappings
from hosted_engine.engine.unregistered.model import TABLES, Unregistered, UnregisteredKind
from hosted_engine.engine.unregistered.notes import entity_in
from hosted_engine.engine.unregistered.register import RegisterEntity
from hosted_engine.engine.unregistered.remove import RemoveUnregistered


def _vms(tx: Transaction, readings: Readings, ids: Mapping[str, str], options: Options) -> Mapping[str, Shown]:
    return _items(tx, readings, ids, options, UnregisteredKind.VM)


def _templates(tx: Transaction, readings: Readings, ids: Mapping[str, str], options: Options) -> Mapping[str, Shown]:
    return _items(tx, readings, ids, options, UnregisteredKind.TEMPLATE)


def _items(
    tx: Transaction, readings: Readings, ids: Mapping[str, str], options: Options, kind: UnregisteredKind
) -> Mapping[str, Shown]:
    """Those that are registered, or with `unregistered` those that are not; one by its id may be either."""
    domain, entity = the_domain(tx, ids["storage_domain"]), entity_of(TABLES[kind])
    found = {one.entity_id: one for one in tx.of(Unregistered).list(storage_domain_id=domain.id, kind=kind)}
    there: dict[str, Any] = {identity: entity_in(one).item for identity, one in found.items()}
    here: dict[str, Any] = {one.id: one for one in owners_on(tx, domain.id) if isinstance(one, entity.model)}
    asked = there if options.boolean("unregistered") else here | (there if kind.value in ids else {})
    gathered = entity.gather(View(tx, readings, options, entity.places[0]), tuple(asked.values()))
    return {
        identity: AsItWas(entity.table, item, gathered, _as_found(found[identity]) if identity in found else {})
        for identity, item in asked.items()
    }


def _as_found(one: Unregistered) -> Mapping[str, Any]:
    """Its cluster is another engine's. oVirt shows the OVF where a VM's configuration stands."""
    return {"cluster": None, "initialization": {"configuration": {"data": one.data, "type": "ovf"}}}


def _register(
    tx: Transaction, ids: Mapping[str, str], given: Mapping[str, Any], kind: UnregisteredKind, entity_id: str
) -> Command:
    domain = the_domain(tx, ids["storage_domain"])
    the_found(tx, domain.id, entity_id, kind)
    if given.get("clone"):
        reason = "its disks stay where they are, so that they can be one VM's alone"
        raise NotSupported(value="true", field="action.clone", reason=reason)
    options = RegistrationOptions(
        cluster_id=given.get("cluster_id") or "",
        name=given.get("name") or "",
        allow_partial_import=bool(given.get("allow_partial_import")),
        reassign_bad_macs=bool(given.get("reassign_bad_macs")),
        profiles=profile_mappings(tx, domain, given),
        clusters=cluster_mappings(given),
    )
    return RegisterEntity(domain_id=domain.id, entity_id=entity_id, kind=kind, options=options)


def _register_vm(tx: Transaction, ids: Mapping[str, str], given: Mapping[str, Any]) -> Command:
    return _register(tx, ids, given, UnregisteredKind.VM, ids["vm"])


def _register_template(tx: Transaction, ids: Mapping[str, str], given: Mapping[str, Any]) -> Command:
    return _register(tx, ids, given, UnregisteredKind.TEMPLATE, ids["template"])


def _remove_vm(tx: Transaction, ids: Mapping[str, str]) -> Command:
    domain = the_domain(tx, ids["storage_domain"])
    return RemoveUnregistered(domain_id=domain.id, entity_id=ids["vm"], kind=UnregisteredKind.VM)


def _remove_template(tx: Transaction, ids: Mapping[str, str]) -> Command:
    domain = the_domain(tx, ids["storage_domain"])
    return RemoveUnregistered(domain_id=domain.id, entity_id=ids["template"], kind=UnregisteredKind.TEMPLATE)


_INPUTS = {
    "cluster_id": Reference("cluster", to="clusters"),
    "clone": Field("clone"),
    "allow_partial_import": Field("allow_partial_import"),
    "vnic_profile_mappings": Field("vnic_profile_mappings"),
    "cluster_mappings": Field("registration_configuration.cluster_mappings"),
    "registration_vnic_profile_mappings": Field("registration_configuration.vnic_profile_mappings"),
}
_NAME = name_rule()

STORAGE_DOMAIN_VMS = Reported(
    "VM",
    ("StorageDomainVms", "StorageDomainVm"),
    frozenset({"storage_domain"}),
    _vms,
    remove=_remove_vm,
    actions={
        "register": ReportedAction(
            _register_vm,
            inputs={
                **_INPUTS,
                "name": Field("vm.name", length=64, rule=_NAME),
                "reassign_bad_macs": Field("reassign_bad_macs"),
            },
        )
    },
)
STORAGE_DOMAIN_TEMPLATES = Reported(
    "template",
    ("StorageDomainTemplates", "StorageDomainTemplate"),
    frozenset({"storage_domain"}),
    _templates,
    remove=_remove_template,
    actions={
        "register": ReportedAction(
            _register_template,
            inputs={**_INPUTS, "name": Field("template.name", length=255, rule=_NAME)},
        )
    },
)
